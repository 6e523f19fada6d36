"""A bank of mistakes that records its explanations, and how checks have ended.

All candidates get the same inputs, so a check need not be run again on a mistake for each of them.
"""

from collections.abc import Sequence
from typing import Any

from ..checking.ending import Ending, Run
from ..checking.explain import Bank, Hypothesis
from ..checking.mistake import Mistake
from ..compare.record import Record
from ..course.assignment import Assignment

Told = tuple[str, Hypothesis]
"""A question, and what was said of the answer to it."""


class Listener(Bank):
    """The known mistakes of an assignment, while explanations are examined."""

    def __init__(self, assignment: Assignment, mistakes: Sequence[Mistake]) -> None:
        super().__init__(assignment, mistakes)
        self._endings: dict[tuple[Run, tuple[Mistake, ...]], Ending] = {}
        self._told: list[Told] = []

    def ending(self, run: Run, *mistakes: Mistake, wanted: Record | None = None) -> Ending:
        """Return how a check ends on these mistakes, the whole of it, from memory if possible."""
        key = run, mistakes
        if key not in self._endings:
            self._endings[key] = super().ending(run, *mistakes)
        return self._endings[key]

    def explain(self, question: str, *how: Any) -> Hypothesis | None:
        """Return what Bank does, and keep it."""
        hypothesis = super().explain(question, *how)
        if hypothesis:
            self._told.append((question, hypothesis))
        return hypothesis

    def told(self) -> tuple[Told, ...]:
        """Return what has been told since the last time."""
        told = tuple(self._told)
        self._told.clear()
        return told
