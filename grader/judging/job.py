"""What a judge is told before it sees a submission, and its error if it cannot work."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..model.errors import GraderError
from ..model.result import Result
from ..sandbox.guest.layer import Layer

TRIES = 3
"""A fault of ours is tried again twice, and then listed for a person."""


class CannotJudge(GraderError):
    """No submission can be judged: the author's checks or the sandbox do not work."""


@dataclass(frozen=True)
class Job:
    """What a judge needs to know before it sees a submission."""

    solution: Path
    checks: Path
    key: bytes
    layers: list[Layer] | None = None
    """Exactly these isolation layers, for tests; None takes the best that work."""
    unsafe: bool = False


class Task(NamedTuple):
    """A submission that is to be judged; who handed it in, no judge is told."""

    path: Path
    digest: str = ""
    """What the store knows it by: its sha256 or, of a file that was refused, why."""
    kept: tuple[Result, ...] = ()
    """Results that still hold: only the other checks are run."""
    refused: str = ""
    """Why the file was refused on the machine where it lies, if this is another one."""
