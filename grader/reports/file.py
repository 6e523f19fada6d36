"""Files that are whole at any moment."""

import os
from collections.abc import Iterable
from pathlib import Path


def replace_file(path: Path, text: str | Iterable[str]) -> None:
    """Write a text or its pieces: whenever the process dies, the file is the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            file.writelines([text] if isinstance(text, str) else text)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
