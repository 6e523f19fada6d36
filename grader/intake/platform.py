"""What a platform says of the files in its export, whichever it is."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

EARLIEST = 20 * 365 * 86_400
"""Seconds since 1970. Archives that keep no time say 1970 or 1980, in whatever zone."""

Files = Sequence[tuple[Path, tuple[str, ...]]]
"""Every file with its path as parts, from the folder that was given."""


class IntakeError(Exception):
    """Nothing can be taken in as it was asked for; the message says why."""


@dataclass(frozen=True)
class Claim:
    """What a platform says of a file: whose it is, and when it was handed in."""

    id: str
    name: str = ""
    """Of the person, or empty where the platform does not tell."""
    inside: str = ""
    """The part of the name that the student has chosen."""
    moment: float | None = None
    """When it was handed in, in seconds since 1970; None where nobody knows."""
    attempt: float = 0
    """Grows with a student's hand-ins, where the platform keeps several; else 0."""
    number: int = 0
    """Grows with a student's files, where the platform counts them; else 0."""
    late: bool = False
    """Whether the platform itself says so."""
    also: str = ""
    """Another id for which the student's part of the name could be taken."""
    receipt: bool = False
    """Whether the platform has written the file itself, about a hand-in."""
    wanted: str = ""
    """The id as the name of a folder, where it is not simply the id made safe."""


class Platform(Protocol):
    """Reads one export."""

    def claims(self, file: Path, parts: tuple[str, ...]) -> list[Claim]:
        """Return who has handed in a file: one, a group, or nobody that its name tells."""


def changed(file: Path) -> float | None:
    """Return when a file was changed; None where its archive has kept no time."""
    moment = os.lstat(file).st_mtime
    return moment if moment > EARLIEST else None
