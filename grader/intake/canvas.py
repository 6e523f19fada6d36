"""What `grader canvas fetch` has noted of the files that it fetched: when, and in which attempt.

Names are those of Canvas's own download (lms.py), which say neither.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ..csv_table import TableError, rows
from .named import Named, Names
from .platform import Claim, Files

RECEIPTS = "canvas.csv"
COLUMNS = ("file", "submitted", "attempt")


@dataclass(frozen=True)
class Receipt:
    """What Canvas says of a file."""

    moment: float
    """When it was submitted, in seconds since 1970."""
    attempt: int


class Canvas:
    """A download of Canvas, or what was fetched, which has receipts."""

    def __init__(self, names: Names, files: Files) -> None:
        self._names = Named(names, files)
        self._receipts = {
            path.parent / name: receipt
            for path, parts in files
            if parts[-1] == RECEIPTS and len(parts) < 3  # deeper, it may be a student's
            for name, receipt in read_receipts(path).items()
        }

    def claims(self, file: Path, parts: tuple[str, ...]) -> list[Claim]:
        """Return whose file it is by its name, and what its receipt says."""
        claims = self._names.claims(file, parts)
        if receipt := self._receipts.get(file):
            return [
                replace(claim, moment=receipt.moment, attempt=receipt.attempt) for claim in claims
            ]
        return claims


def read_receipts(path: Path) -> dict[str, Receipt]:
    """Return receipts by the names of files; {} where there are none, or none that can be read."""
    try:
        return {
            row["file"]: Receipt(datetime.fromisoformat(row["submitted"]).timestamp(), int(attempt))
            for _, row in rows(path, COLUMNS)
            if (attempt := row["attempt"]).isascii() and attempt.isdigit()
        }
    except (TableError, ValueError, FileNotFoundError):
        return {}
