"""How a check ends on some code: with which numbers, and with which error."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from ..compare.record import Record, Unlike, differing, recorded, same
from ..compare.trial import Failure
from ..model.limits import StudentError
from ..model.result import Status
from ..model.subject import Subject

Run = Callable[[Subject], BaseException | None]
"""Runs a check on somebody's code, on the inputs that it had, and returns what it raised."""


@dataclass(frozen=True)
class Ending:
    """What a check has got from the code, and what it raised."""

    numbers: Record
    error: BaseException | None

    @classmethod
    def of(cls, run: Run, code: Subject, wanted: Record | None = None) -> Self:
        """Run a check on a student's code, or on a solution, as long as numbers are as `wanted`."""
        with recorded(wanted) as numbers:
            error = run(code)
        return cls(numbers, error)

    @property
    def is_cut_short(self) -> bool:
        """Whether a number was not as wanted, so that the rest was spared."""
        return isinstance(self.error, Unlike)

    @property
    def is_at_a_limit(self) -> bool:
        """Whether the code has exceeded its time or memory."""
        error = self.error
        return isinstance(error, StudentError) and error.status is not Status.STUDENT_ERROR

    def speaks(self, due: Record) -> bool:
        """Tell whether wrong numbers show where they come from, given those that are right.

        An error hides them. NaN and infinity show nothing, for many mistakes end there.
        """
        if not isinstance(self.error, Failure):
            return False
        judged = self.numbers.judging(self.numbers.judged)
        right = due.judging(self.numbers.judged)
        if len(right) < len(judged):
            return True  # the check has gone on to ask what it does not ask of right code
        return any(
            bool((have.isfinite() & (have != want if have.shape == want.shape else True)).any())
            for have, want, is_wrong in zip(judged, right, differing(judged, right), strict=True)
            if is_wrong
        )

    def equals(self, other: "Ending") -> bool:
        """Tell whether the numbers that were judged here are the same there, if there are any."""
        if other.is_cut_short:
            return False
        here, there = (r.judging(self.numbers.judged) for r in (self.numbers, other.numbers))
        return same(here, there) if here else not other.numbers.judged

    def equals_wholly(self, other: "Ending") -> bool:
        """Tell whether all numbers are the same, those included that nobody has looked at."""
        return same(self.numbers, other.numbers)

    def is_like(self, other: "Ending") -> bool:
        """Tell whether the numbers that were judged and the error are the same."""
        return self.equals(other) and _described(self.error) == _described(other.error)

    def may_be_of(self, other: "Ending", judged: set[int], by_numbers: bool) -> bool:
        """Tell whether this may come of the code of the `other` one, which may both be cut short.

        Both are of the same inputs, and `judged` are the places that have been looked at. In doubt
        it may: what is said here only spares runs on the inputs that count.
        """
        mine, theirs = self.numbers, other.numbers
        if self.is_at_a_limit:
            return True
        if not self.is_cut_short and len(theirs) > len(mine):
            return False
        places = {place for place in judged if place < len(mine)}
        if not other.is_cut_short and any(place >= len(theirs) for place in places):
            return False
        common = {place for place in places if place < len(theirs)}
        if any(differing(mine.judging(common), theirs.judging(common))):
            return False
        either = self.is_cut_short or other.is_cut_short
        return by_numbers or either or _described(self.error) == _described(other.error)


def _described(error: BaseException | None) -> tuple[str, str]:
    """Return kind and message of an error, raised here or reported from the sandbox."""
    kind = error.kind if isinstance(error, StudentError) else type(error).__name__
    return kind, str(error)
