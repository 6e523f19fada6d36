"""Our own course, with a key of its own: what is drawn is the same on every machine.

A clone makes itself a key, and with one in 25 float32's gradients are too coarse for one check more
to be carried to other graders.
"""

from pathlib import Path

import pytest

from grader.course.course import Course


class OwnCourse(Course):
    """The course in this repository."""

    def key(self) -> bytes:
        return b"a key"


OURS = OwnCourse(Path(__file__).parents[2])
ALWAYS = "attention"
EACH = [
    pytest.param(name, marks=() if name == ALWAYS else pytest.mark.whole) for name in OURS.names()
]
"""All assignments, as parameters of a test. One is always tested; of another, the result follows
from its files and our code, so it is a proof of that assignment (OF_EACH in tests/proofs.py)."""
