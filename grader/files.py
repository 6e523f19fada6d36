"""Files that are whole at any moment."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of a zip's members, so that the same files give the same bytes."""


class Unwritable(Exception):
    """A file cannot be written; the message says which one, why, and what to do."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            f"{path} cannot be written: {error.strerror or error}. Make room, or see to it that "
            "files can be written there, and give the same command again."
        )


def replace_file(path: Path, content: str | bytes | Iterable[str]) -> None:
    """Write a text, its pieces, or bytes: whenever the process dies, the file is old or new.

    Raises Unwritable.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            partial.write_bytes(content)
        else:
            with partial.open("w", encoding="utf-8", newline="") as file:
                file.writelines([content] if isinstance(content, str) else content)
        os.replace(partial, path)
    except OSError as error:
        raise Unwritable(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
