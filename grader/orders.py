"""What a judge is told before it sees a submission, and what it answers when it cannot work."""

from dataclasses import dataclass
from pathlib import Path

TRIES = 3
"""A fault of ours is tried again twice, and then listed for a person."""


class CannotJudge(Exception):
    """No submission can be judged: the author's checks or the sandbox do not work."""


@dataclass(frozen=True)
class Orders:
    """What a judge needs to know before it sees a submission."""

    solution: Path
    checks: Path
    key: bytes
    layers: list[str] | None = None
    """Exactly these isolation layers, for tests; None takes the best that work."""
    unsafe: bool = False
