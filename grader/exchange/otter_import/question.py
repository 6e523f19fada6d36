"""A question of otter-grader with its tests, and how it shares out points."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

FINEST = 1000
"""Largest denominator of points; a third of a point is written 0.3333."""


@dataclass
class OtterTest:
    """One test cell."""

    question: str
    number: int
    """Counted in its question, from 1."""
    source: str
    """Without its configuration."""
    output: str
    """What a notebook printed below the cell: what a doctest expects."""
    is_function: bool
    hidden: bool
    points: Fraction | None
    sentence: str
    """Its failure message or, without one, its success message."""
    place: str = ""
    """Where it stands, for messages."""
    is_plain: bool = False
    """Whether its statements alone judge: what stands or is printed at its end does not."""

    @property
    def name(self) -> str:
        """Name for messages: q1 - 2, as otter-grader has it."""
        return f"{self.question} - {self.number}" + f" ({self.place})" * bool(self.place)


@dataclass
class Question:
    """One question, and the tests that it has."""

    name: str
    points: Any = None
    manual: bool = False
    all_or_nothing: bool = False
    tests: list[OtterTest] = field(default_factory=list)

    def shares(self) -> list[Fraction]:
        """Return the points of each test, as otter-grader shares them out.

        Raises ValueError where its settings contradict each other.
        """
        tests, total = self.tests, self.points
        if isinstance(total, dict):
            total = fraction(total.get("each", 1)) * len(tests)
        if isinstance(total, list):
            if len(total) != len(tests):
                raise ValueError(f"it has {len(tests)} tests and points for {len(total)}")
            return [fraction(p) for p in total]
        given = [test.points for test in tests]
        known, free = sum((p for p in given if p is not None), Fraction()), given.count(None)
        if total is None:
            share = Fraction(1, free) if free and not known else Fraction()
        else:
            if known > fraction(total):
                raise ValueError(f"its tests have more points than its {total}")
            share = (fraction(total) - known) / free if free else Fraction()
        return [share if p is None else p for p in given]


def fraction(number: Any) -> Fraction:
    """Return a number of points."""
    return Fraction(number).limit_denominator(FINEST)
