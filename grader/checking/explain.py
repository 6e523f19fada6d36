"""Explain a failure by a known mistake: one that ends in the same way when made in the solution.

Equal wrong numbers are called the cause. An equal error or finding without numbers is not, because
many mistakes crash alike: the message then says what is known to end like this.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from itertools import combinations
from pathlib import Path
from typing import Self

from ..compare.record import Record
from ..course.assignment import Assignment
from ..model.message import Message, Text
from ..model.subject import Subject
from .ending import Ending, Run
from .entries import entries
from .example import Worked, examples_of
from .limit import limited
from .mistake import Mistake, mistakes_of
from .solution import Program, Solution

MOST_PAIRED = 14
"""Of a question's mistakes, how many are tried in pairs: 91, at 0.5 to 2 ms each. A number, and no
time limit: a regrade says the same on a slower machine."""
NUMBERS = Message("Hypothesis: {sentence}. That gives exactly your numbers.")
ENDING = Message("Known to end like this: {sentence}. Yours may have another cause.")


@dataclass(frozen=True)
class Hypothesis:
    """Known mistakes that end as the student's code does."""

    sentence: Text
    mistakes: tuple[str, ...]
    """Names of the mistakes: any of them will do; of "a + b" both are needed."""

    by_numbers: bool
    """Whether it gives the same wrong numbers. Otherwise it is one of many possible causes."""
    hints: tuple[str, ...] = ()
    """Of the first of those that will do, where it has some."""

    @property
    def message(self) -> Message:
        """What the student reads."""
        return (NUMBERS if self.by_numbers else ENDING).format(sentence=self.sentence)


class Bank:
    """The known mistakes of an assignment, each made in its solution when it is first needed."""

    def __init__(
        self, assignment: Assignment, mistakes: Sequence[Mistake] = (),
        examples: Sequence[Worked] = (),
    ) -> None:  # fmt: skip
        self.mistakes, self.examples, self.limits = mistakes, examples, assignment.limits
        self._sources = {cell.question: cell.source for cell in assignment.cells}
        self._program = cache(lambda: Program(assignment))
        self.right = cache(lambda: self._program().run())
        self.solution = cache(self._make)
        self.due = cache(lambda worked: worked.due(self.right()))
        self._due = cache(lambda run: self.ending(run).numbers)
        self._known_ending = cache(self._ending_at_first_difference)

    @classmethod
    def read(cls, path: Path, assignment: Assignment) -> Self:
        """Read a mistakes.toml; without one, nothing can be explained. Raises AssignmentError."""
        if not path.exists():
            return cls(assignment)
        tables = entries(path)
        mistakes = mistakes_of(path, tables, assignment)
        return cls(assignment, mistakes, examples_of(path, tables, assignment))

    def _make(self, *mistakes: Mistake) -> Solution:
        """Return the solution with mistakes in one question. Raises ValueError if that cannot be.

        Two mistakes may patch the same place.
        """
        source = self._sources[mistakes[0].question]
        for mistake in mistakes:
            source = mistake.made_in(source)
        try:
            return self._program().run_with(source)
        except Exception as error:
            raise ValueError(f"{' and '.join(m.name for m in mistakes)}: {error}") from error

    def ending(self, run: Run, *mistakes: Mistake, wanted: Record | None = None) -> Ending:
        """Return how a check ends on the solution with these mistakes in it, or with none.

        It may end early where the numbers are not as `wanted`. Raises ValueError where the mistakes
        cannot be made.
        """
        return self._ending(run, mistakes, wanted)

    def _ending(self, run: Run, mistakes: Sequence[Mistake], wanted: Record | None) -> Ending:
        with limited(self._seconds(mistakes)):
            return Ending.of(run, self.solution(*mistakes) if mistakes else self.right(), wanted)

    def _seconds(self, mistakes: Sequence[Mistake]) -> float:
        """Return when mistakes are taken for endless: so late that a slow machine says the same."""
        return self.limits.total

    def _ending_at_first_difference(self, common: Run, *mistakes: Mistake) -> Ending | None:
        """Return how a check ends on inputs that are the same for everybody, so once for all.

        It ends at the first number that is not right. None for mistakes that cannot be made.
        """
        try:
            return self._ending(common, mistakes, self._due(common))
        except ValueError:
            return None

    def explain(
        self,
        question: str,
        student: Subject,
        ended: Ending,
        failed: Run,
        passed: Sequence[Run],
        rest: Sequence[Run],
        common: Run,
    ) -> Hypothesis | None:
        """Return what ends as the student's code does, in a check that they failed.

        `passed` are checks that the student has passed before, and `rest` those of the question
        that have not been run. Wrong numbers must be the same. Where they are right, or there are
        none, because of a crash or a missing parameter, the error must be the same, and the `rest`
        must end alike. It must do so as well where several mistakes give the same numbers.
        `common` runs the failed check on inputs that are the same for everybody: how it ends there
        with each mistake is known after the first submission, and rules out nearly all of them.
        None where no mistake fits, nor, for wrong numbers, two of them together.
        """
        known = [m for m in self.mistakes if m.question == question and not m.equivalent]
        if not known:
            return None
        by_numbers = ended.speaks(self.ending(failed).numbers)
        others = _Others(rest, student, self)
        judged = ended.numbers.judged
        theirs = Ending.of(common, student, self._due(common).judged_at(judged))

        def fits(mistakes: Sequence[Mistake]) -> Ending | None:
            """Return how these end, if it is as the student's code does."""
            known = self._known_ending(common, *mistakes)
            if known is None or not theirs.may_be_of(known, judged, by_numbers):
                return None
            found = self.ending(failed, *mistakes, wanted=ended.numbers)
            alike = ended.equals(found) if by_numbers else ended.is_like(found)
            passes = alike and all(self.ending(run, *mistakes).error is None for run in passed)
            return found if passes else None

        def fitting(candidates: Iterable[tuple[Mistake, ...]]) -> list[tuple[Mistake, ...]]:
            found = [(c, ending) for c in candidates if (ending := fits(c))]
            best = [c for c, e in found if ended.equals_wholly(e)] or [c for c, _ in found]
            if by_numbers and len({together(c) for c in best}) == 1 and len(best[0]) == 1:
                return best
            return [c for c in best if others.end_alike(*c)]

        found = fitting((mistake,) for mistake in known)
        if not found and by_numbers:  # otherwise, the first of two hides the second
            found = fitting(combinations(known[:MOST_PAIRED], 2))
            if len({together(c) for c in found}) > 1:
                return None
        if not found:
            return None
        sentences = dict.fromkeys(map(together, found))
        names = tuple(" + ".join(m.name for m in c) for c in found)
        hints = (tuple(hint for m in c for hint in m.hints) for c in found)
        told = next(filter(None, hints), ())
        return Hypothesis(reduce(_either, sentences), names, by_numbers, told)


def together(mistakes: Sequence[Mistake]) -> Text:
    """Return the sentence of a mistake, or of two."""
    sentences: list[Text] = [mistake.sentence for mistake in mistakes]
    return reduce(lambda one, other: Message("{one}, and {other}", one=one, other=other), sentences)


def _either(one: Text, other: Text) -> Text:
    return Message("{one}, or {other}", one=one, other=other)


class _Others:
    """The checks that were not run: asked only where what was run leaves a doubt."""

    def __init__(self, runs: Sequence[Run], student: Subject, bank: Bank) -> None:
        self._runs, self._bank = runs, bank
        self._ending = cache(lambda run: Ending.of(run, student))

    def end_alike(self, *mistakes: Mistake) -> bool:
        """Tell whether all of them end with these mistakes as they do on the student's code."""
        for run in self._runs:
            theirs = self._ending(run)
            if not theirs.is_like(self._bank.ending(run, *mistakes, wanted=theirs.numbers)):
                return False
            if theirs.is_at_a_limit:
                break  # another one would use up as much
        return True
