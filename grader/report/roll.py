"""The roll of a class: a row for everybody, and the Standings of those shown in full."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from ..model.language import DEFAULT, Say, speaker
from ..model.result import Result
from ..model.standing import Standing
from .row import Row
from .sanitize import ENGLISH, shown
from .whose import Whose


class Roll:
    """A class: a row for everybody, and the Standings of those shown in full."""

    def __init__(
        self, rows: Iterable[Row], standing: Callable[[str], Standing], say: Say = ENGLISH,
        whose: Whose = Whose.ALL,
    ) -> None:  # fmt: skip
        """`rows` come in the order of the ids and are walked several times."""
        self._rows, self._standing, self._say = rows, standing, say
        self.whose = whose
        """Who has pages to which the class's can link."""
        self._checks: dict[str, tuple[Result, ...]] = {}
        self._questions: dict[str, float | None] = {}
        self._walked = False

    @classmethod
    def of(cls, standings: Iterable[Standing], language: str = DEFAULT) -> Self:
        """Call the roll of a class whose Standings are at hand; they are walked several times."""
        say = speaker(language)
        return cls(
            Rows(standings, say), lambda id: next(s for s in standings if s.student == id), say
        )

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self._questions |= row.points
            yield row
        self._walked = True

    @property
    def questions(self) -> list[str]:
        """The questions of everybody, in order; costs a walk unless there has been one."""
        if not self._walked:
            for _ in self:
                pass
        return list(self._questions)

    def standing(self, row: Row) -> Standing:
        """Return a student's whole Standing, in words."""
        return shown(self._standing(row.id), self._say)

    def checks(self, row: Row) -> tuple[Result, ...]:
        """Return what counts of the first who was judged by the same checks, as an example."""
        if row.plan not in self._checks:
            self._checks[row.plan] = self.standing(row).judgement.counted
        return self._checks[row.plan]


@dataclass(frozen=True)
class Rows:
    """The rows of those whose Standings are at hand; each walk looks at one at a time."""

    standings: Iterable[Standing]
    say: Say

    def __iter__(self) -> Iterator[Row]:
        return (Row.of(standing, self.say) for standing in self.standings)
