"""Files that are whole at any moment."""

import os
from pathlib import Path


def replace_file(path: Path, text: str) -> None:
    """Write a file that is, whenever the process dies, either the old or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(text.encode())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
