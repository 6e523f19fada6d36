"""A bank of mistakes that records its explanations, and how checks have ended.

All candidates get the same inputs, so a check need not be run again on a mistake for each of them.
"""

from collections.abc import Sequence, Set
from typing import Any

from ..checking.ending import Ending, Run
from ..checking.explain import Bank, Hypothesis
from ..checking.mistake import Mistake
from ..compare.margin import measured
from ..compare.record import Record
from ..course.assignment import Assignment


class Listener(Bank):
    """The known mistakes of an assignment, while explanations are examined."""

    def __init__(self, assignment: Assignment, mistakes: Sequence[Mistake]) -> None:
        super().__init__(assignment, mistakes)
        self._every = mistakes
        self._endings: dict[tuple[Run, tuple[Mistake, ...]], Ending] = {}
        self.listen()

    def listen(self, question: str = "", unknown: Set[str] = frozenset()) -> None:
        """Explain answers to a question from now on, without the `unknown` mistakes."""
        self._question = question
        self.mistakes = [mistake for mistake in self._every if mistake.name not in unknown]
        self.asked = False
        """Whether there was something to explain."""
        self.told: Hypothesis | None = None
        """What students would read."""

    def ending(self, run: Run, *mistakes: Mistake, wanted: Record | None = None) -> Ending:
        """Return how a check ends on these mistakes, the whole of it, from memory if possible."""
        key = run, mistakes
        if key not in self._endings:
            self._endings[key] = self._ending(run, mistakes, None)
        return self._endings[key]

    def _ending_at_first_difference(self, common: Run, *mistakes: Mistake) -> Ending | None:
        """Return the whole of it where that is known already."""
        known = self._endings.get((common, mistakes))
        return known or super()._ending_at_first_difference(common, *mistakes)

    def _seconds(self, mistakes: Sequence[Mistake]) -> float:
        """Return the limit for one request of a submission: an author need not wait any longer."""
        return self.limits.of(mistakes[0].question) if mistakes else self.limits.seconds

    def explain(self, question: str, *how: Any) -> None:
        """Keep what Bank says, and say nothing: results are those of a course without a bank."""
        if question == self._question:
            self.asked = True
            with measured():  # trials show nothing of the candidate
                self.told = super().explain(question, *how)
