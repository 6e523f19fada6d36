"""A row of the roll: of one student, what the class's page and tables say, and no more.

A Standing takes 0.4 ms to read, and a class's page needs three walks. A Row is made once, along
with the student's page, and takes 10 µs to read: so one decision does not cost a whole class.
"""

import hashlib
import json
from collections.abc import Callable, Container, Iterable, Iterator
from typing import NamedTuple, Self

import msgpack

from ..model.judgement import Judgement
from ..model.language import Say
from ..model.message import Message
from ..model.result import CAUSES, Result, Status
from ..model.standing import Standing
from .columns import AFTER, BEFORE, Cell, cells
from .following import following
from .outcome import PERSON, needs, outcome
from .page import headline
from .sanitize import ENGLISH, shown


def _ended(result: Result) -> bool:
    """Whether the student's code has ended Python, for which there is no traceback."""
    return result.error == "exit" and not result.traceback


def _raised(result: Result) -> bool:
    return result.status is Status.STUDENT_ERROR and not (result.unwritten or _ended(result))


REMARKS: dict[Message, Callable[[Result], bool]] = {
    Message("not filled in yet"): lambda result: result.unwritten,
    Message("ran out of time"): lambda result: result.status is Status.TIMED_OUT,
    Message("ran out of memory"): lambda result: result.status is Status.OUT_OF_MEMORY,
    Message("ended the Python process"): _ended,
    Message("stopped with an error"): _raised,
    Message("uses what is not allowed"): lambda result: result.forbidden,
}
LATE = Message("handed in late: {hours} h")
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


class Row(NamedTuple):
    """One student, in texts that are clean; a tuple, since it is read three times for each page."""

    id: str
    """The student's id as the store has it; `student` is what may be shown."""
    student: str
    name: str
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
    """Names of the known ones that explain something."""
    remarks: tuple[str, ...]
    """What happened, and in which questions, where no known mistake may explain it."""
    duration: float
    """Seconds that judging took."""
    judged: bool
    needs: str
    """Why a person must look, in one word, or empty."""
    outcome: str
    """How it ended, in one word."""
    decided: tuple[str, ...]
    """What a person has given points for: questions, and the submission."""
    problem: str
    uses: tuple[str, ...]
    layers: tuple[str, ...]
    before: tuple[Cell, ...]
    after: tuple[Cell, ...]
    """What grades.csv has before and behind the points, see columns.py."""

    @classmethod
    def of(cls, standing: Standing, say: Say = ENGLISH) -> Self:
        """Take from a Standing what a class is told."""
        id, standing = standing.student, shown(standing, say)
        judgement, names = standing.judgement, standing.questions
        follows = following(judgement, names)
        return cls(
            id=id,
            student=standing.student,
            name=standing.name,
            title=judgement.title,
            score=standing.score,
            max_score=judgement.max_score,
            points={name: standing.points(name) for name in names},
            plan=_digest([[r.question, r.check, r.points] for r in judgement.counted]),
            endings="".join(ENDINGS[r.status] for r in judgement.counted),
            firsts=tuple(_firsts(judgement, names, follows)),
            mistakes=", ".join(dict.fromkeys(r.mistake for r in judgement.results if r.mistake)),
            remarks=() if judgement.problem else tuple(_remarks(standing, follows, say)),
            duration=judgement.duration,
            judged=standing.judged,
            needs=needs(standing),
            outcome=outcome(standing),
            decided=tuple(standing.by_hand),
            problem=f"{judgement.problem}",
            uses=judgement.uses,
            layers=judgement.layers,
            before=cells(BEFORE, standing),
            after=cells(AFTER, standing),
        )

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Return what `written` has written."""
        row = cls._make(msgpack.unpackb(data, use_list=False, unicode_errors="surrogatepass"))
        return row._replace(firsts=tuple(map(First._make, row.firsts))) if row.firsts else row

    def written(self) -> bytes:
        """Return this in msgpack, which takes half of JSON's time to read."""
        packed: bytes = msgpack.packb(self, unicode_errors="surrogatepass")
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


def _firsts(judgement: Judgement, names: Iterable[str], follows: Container[str]) -> Iterator[First]:
    for name in names:
        for place, result in enumerate(judgement.counted):
            if result.question == name and _is_cause(result, follows):
                said = [result.check, result.status, headline(result)]
                yield First(name, place, result.mistake, _digest(said))
                break


def _remarks(standing: Standing, follows: Container[str], say: Say) -> Iterator[str]:
    """Yield what holds of questions, which comes first: a table may have no room for the rest."""
    for what, holds in REMARKS.items():
        found = dict.fromkeys(
            r.question for name in standing.questions for r in standing.judgement.of(name)
            if r.counted and _is_cause(r, follows) and holds(r)
        )  # fmt: skip
        if found:
            yield f"{say(what)}: {', '.join(found)}"
    if standing.hours:
        yield say(LATE.format(hours=f"{round(standing.hours, 1):g}"))


def _is_cause(result: Result, follows: Container[str]) -> bool:
    return result.status in CAUSES and result.check not in follows


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:SHORT]
