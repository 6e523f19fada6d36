"""Write files atomically."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from .model.errors import ExitCode, GraderError
from .model.message import Message

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every member of a zip, so that the same files give the same bytes."""


class Unwritable(GraderError):
    """A file cannot be written; the message names the file, the reason and the remedy."""

    exit_code = ExitCode.FILE

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            Message(
                "{file} cannot be written: {why}. Make room, or see to it that files can be "
                "written there, and give the same command again.",
                file=path,
                why=error.strerror or error,
            )
        )


def replace_file(path: Path, content: str | bytes | Iterable[str]) -> None:
    """Write a file atomically: if the process dies, the file is either old or new.

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
