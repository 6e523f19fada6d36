"""How everybody in a class stands: what its page and tables say of one submission, and no more.

A Report takes 0.4 ms to read, and a class's page needs three walks. A Standing is made once, along
with the student's page, and takes 10 µs to read: so one decision does not cost a whole class.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple, Self

import msgpack

from ..model.language import DEFAULT, Say, speaker
from ..model.result import CAUSES, Result, Status
from ..model.verdict import Report, questions
from .outcome import PERSON, outcome
from .page import headline
from .sanitize import ENGLISH, shown

SHORT = 16
"""Letters of a digest: 64 bits."""
ENDINGS = {status: str(number) for number, status in enumerate(Status)}
STATUSES = {letter: status for status, letter in ENDINGS.items()}


class First(NamedTuple):
    """The first failure of a question: what fails later mostly has the same cause."""

    question: str
    place: int
    """Which of the results that count it is."""
    mistake: str
    """The known mistake that explains it, or empty."""
    key: str
    """What is the same for all who fail in the same way."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One student, in texts that are clean."""

    id: str
    """The student's id as the store has it; `student` is what may be shown."""
    student: str
    file: str
    sha256: str
    title: str
    score: float | None
    max_score: int
    points: dict[str, float | None]
    """By question."""
    plan: str
    """The same for all who were judged by the same checks."""
    endings: str
    """How each check ended that counts, a letter for each."""
    firsts: tuple[First, ...]
    mistakes: str
    duration: float
    """Seconds that judging took."""
    hours: float
    """After the deadline."""
    judged: bool
    outcome: str
    """How it ended, in one word."""
    decided: tuple[str, ...]
    """Questions whose points a person has set."""
    comments: str
    problem: str
    uses: tuple[str, ...]
    layers: tuple[str, ...]

    @classmethod
    def of(cls, report: Report, say: Say = ENGLISH) -> Self:
        """Take from a Report what a class is told."""
        id, report = report.student, shown(report, say)
        names = questions([report])
        return cls(
            id=id,
            student=report.student,
            file=report.file,
            sha256=report.sha256,
            title=report.title,
            score=report.score,
            max_score=report.max_score,
            points={name: report.points(name) for name in names},
            plan=_digest([[r.question, r.check, r.points] for r in report.counted]),
            endings="".join(ENDINGS[r.status] for r in report.counted),
            firsts=tuple(_firsts(report, names)),
            mistakes=", ".join(dict.fromkeys(r.mistake for r in report.results if r.mistake)),
            duration=report.duration,
            hours=report.hours,
            judged=report.judged,
            outcome=outcome(report),
            decided=tuple(report.decided),
            comments="; ".join(f"{o.question}: {o.comment}" for o in report.overrides if o.comment),
            problem=f"{report.problem}",
            uses=report.uses,
            layers=report.layers,
        )

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Return what `written` has written."""
        said = msgpack.unpackb(data, use_list=False, unicode_errors="surrogatepass")
        said["firsts"] = tuple(map(First._make, said["firsts"]))
        return cls(**said)

    def written(self) -> bytes:
        """Return this in msgpack, which takes half of JSON's time to read."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        packed: bytes = msgpack.packb(said, unicode_errors="surrogatepass")
        return packed

    @property
    def statuses(self) -> list[Status]:
        """How each check ended."""
        return [STATUSES[letter] for letter in self.endings]

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return self.endings.count(ENDINGS[Status.PASSED])

    def figures(self, questions: Iterable[str]) -> list[float | None]:
        """Return score, points of these questions, checks passed, and seconds to a tenth."""
        points = map(self.points.get, questions)
        return [self.score, *points, self.passed, round(self.duration, 1)]

    @property
    def for_a_person(self) -> bool:
        """Whether somebody must look at the submission."""
        return self.outcome == PERSON


class Roll:
    """A class: how everybody stands, and the Reports of those of whom more is shown."""

    def __init__(
        self, standings: Iterable[Standing], report: Callable[[str], Report], say: Say = ENGLISH
    ) -> None:
        """`standings` come in the order of the ids and are walked several times."""
        self._standings, self._report, self._say = standings, report, say
        self._checks: dict[str, tuple[Result, ...]] = {}
        self._questions: dict[str, float | None] = {}
        self._walked = False

    @classmethod
    def of(cls, reports: Iterable[Report], language: str = DEFAULT) -> Self:
        """Call the roll of a class whose Reports are at hand; they are walked several times."""
        say = speaker(language)
        return cls(
            Standings(reports, say), lambda id: next(r for r in reports if r.student == id), say
        )

    def __iter__(self) -> Iterator[Standing]:
        for standing in self._standings:
            self._questions |= standing.points
            yield standing
        self._walked = True

    @property
    def questions(self) -> list[str]:
        """The questions of everybody, in order; costs a walk unless there has been one."""
        if not self._walked:
            for _ in self:
                pass
        return list(self._questions)

    def report(self, standing: Standing) -> Report:
        """Return a student's whole Report, in words."""
        return shown(self._report(standing.id), self._say)

    def checks(self, standing: Standing) -> tuple[Result, ...]:
        """Return what counts of the first who was judged by the same checks, as an example."""
        if standing.plan not in self._checks:
            self._checks[standing.plan] = self.report(standing).counted
        return self._checks[standing.plan]


@dataclass(frozen=True)
class Standings:
    """How those stand whose Reports are at hand; each walk looks at one at a time."""

    reports: Iterable[Report]
    say: Say

    def __iter__(self) -> Iterator[Standing]:
        return (Standing.of(report, self.say) for report in self.reports)


def _firsts(report: Report, names: Iterable[str]) -> Iterator[First]:
    for name in names:
        for place, result in enumerate(report.counted):
            if result.question == name and result.status in CAUSES:
                said = [result.check, result.status, headline(result)]
                yield First(name, place, result.mistake, _digest(said))
                break


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:SHORT]
