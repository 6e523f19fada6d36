"""What any platform says about the files in its export."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..model.errors import GraderError

EARLIEST = 20 * 365 * 86_400
"""Seconds since 1970. Archives without times say 1970 or 1980, in some zone."""

Files = Sequence[tuple[Path, tuple[str, ...]]]
"""Each file with the parts of its path from the given folder."""


class IntakeError(GraderError):
    """Submissions cannot be read as requested; the message says why."""


@dataclass(frozen=True)
class Claim:
    """What a platform says about a file: its owner and its time of submission."""

    id: str
    name: str = ""
    """Of the person, or empty if the platform does not say."""
    inside: str = ""
    """The part of the name that the student chose."""
    moment: float | None = None
    """Time of submission, in seconds since 1970; None if not known."""
    attempt: float = 0
    """Increases with each submission of a student, if the platform keeps several; else 0."""
    number: int = 0
    """Increases with each file of a student, if the platform counts them; else 0."""
    late: bool = False
    """Whether the platform itself says so."""
    also: str = ""
    """Another id that the student's part of the name could be mistaken for."""
    receipt: bool = False
    """Whether the platform itself wrote the file, about a submission."""
    wanted: str = ""
    """The id as the name of a folder, if that is not simply the safe id."""


class Platform(Protocol):
    """Reads one export."""

    def claims(self, file: Path, parts: tuple[str, ...]) -> list[Claim]:
        """Return who submitted a file: one person, a group, or nobody if its name does not say."""


def changed(file: Path) -> float | None:
    """Return when a file was changed; None if its archive kept no time, or if it is gone."""
    try:
        moment = os.lstat(file).st_mtime
    except FileNotFoundError:  # its name still says whose it was
        return None
    return moment if moment > EARLIEST else None
