"""What is to be sent to Canvas, decided from what is here, what is there, and what was sent before.

A grade in Canvas is ours if it is what Canvas last has acknowledged; then a new one replaces it.
Any other was given by a person there, and stays, with a remark. What was sent without an answer is
looked up: the page attached to a comment has a digest of everything in its name.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from ...intake.lms import CANVAS
from ...model.language import speaker
from ...model.message import Message, Text, joined
from ...model.standing import Standing
from ...report.pages import feedback_html
from ...store.entry import Entry
from ...store.store import Store
from ..feedback.parcel import apart_from_the_name
from .attempt import Attempt
from .desk import Desk
from .journal import Journal

NEAR = 0.005
"""Canvas shows two digits of a score; what is closer is the same."""
NO_NUMBER = Message("this id is not one of Canvas's numbers")
NOT_THERE = Message("Canvas does not have this student in the assignment")
NO_SCORE = Message("no score yet")
EXCUSED = Message("is excused in Canvas")
DIFFER = Message("the group has one grade in Canvas, and points, comments or lateness differ here")


class Fate(Enum):
    """What becomes of one row."""

    NEW = Message("new")
    HIGHER = Message("higher")
    LOWER = Message("lower")
    FEEDBACK = Message("the same score; feedback is new")
    SAME = Message("sent before")
    KEPT = Message("kept: graded in Canvas by somebody else")
    LEFT = Message("left out")


SENT = {Fate.NEW, Fate.HIGHER, Fate.LOWER, Fate.FEEDBACK}


@dataclass
class Row:
    """One student, or a group that has one grade in Canvas."""

    students: tuple[str, ...]
    name: str = ""
    before: float | None = None
    """The score in Canvas now, in its points."""
    after: float | None = None
    fate: Fate = Fate.LEFT
    why: Text = ""
    user: int = 0
    """Canvas's number of the student who stands for all of them."""
    comment: str = ""
    file: str = ""
    """Name of the page, with a digest of everything that is sent."""
    attempt: int | None = None
    """Which one was graded; None is not known."""
    together: bool = False


@dataclass
class Plan:
    """What is to be sent, for a whole class."""

    store: Store
    desk: Desk
    journal: Journal
    rows: list[Row] = field(default_factory=list)
    scale: float = 1.0
    """Canvas's points for one of ours."""

    def make(self) -> None:
        """Compare, and decide. Raises CanvasError and Unreachable."""
        there = {one.user: (one, attempts) for one, attempts in self.desk.submissions()}
        units: dict[object, list[tuple[Entry, Attempt, list[Attempt]]]] = defaultdict(list)
        for entry in self.store.entries():
            number = entry.student
            if not (number.isascii() and number.isdigit()):
                self.rows.append(Row((number,), why=NO_NUMBER))
            elif int(number) not in there:
                self.rows.append(Row((number,), why=NOT_THERE))
            else:
                one, attempts = there[int(number)]
                group = one.group if self.desk.together else None
                unit = number if group is None else group
                units[unit].append((entry, one, attempts))
        for members in units.values():
            self.rows += self._unit(members)

    @property
    def to_send(self) -> list[Row]:
        """The rows of which something is sent."""
        return [row for row in self.rows if row.fate in SENT]

    def _unit(self, members: list[tuple[Entry, Attempt, list[Attempt]]]) -> Iterator[Row]:
        """Yield the row of those who have one grade, and of those among them who are left out."""
        scored: list[tuple[Standing, Attempt]] = []
        for entry, one, _ in members:
            standing = self.store.standing(entry)
            if standing is None or standing.score is None:
                yield Row((entry.student,), one.name, one.score, why=NO_SCORE)
            elif one.excused:
                yield Row((entry.student,), one.name, one.score, standing.score, why=EXCUSED)
            else:
                scored.append((standing, one))
        if not scored:
            return
        students = tuple(standing.student for standing, _ in scored)
        names = ", ".join(filter(None, (one.name for _, one in scored)))
        if len({apart_from_the_name(standing) for standing, _ in scored}) > 1:
            yield Row(students, names, scored[0][1].score, why=DIFFER)
            return
        standing, one = scored[0]
        entry, _, attempts = next(m for m in members if m[1] is one)
        row = Row(students, names, one.score, user=one.user)
        row.together = self.desk.together and one.group is not None
        row.attempt = _attempt(entry, attempts)
        self._fill(row, standing)
        self._decide(row, one)
        if row.attempt and row.attempt < one.attempt and row.fate in SENT:
            row.why = Message(
                "attempt {n} was graded, and there is attempt {last}", n=row.attempt,
                last=one.attempt,
            )  # fmt: skip
        yield row

    def page(self, row: Row) -> bytes:
        """Return the page of a row, which is made anew: a class of them would fill the memory."""
        entry = self.store.entry(row.students[0])
        standing = self.store.standing(entry) if entry else None
        assert standing, "a row has a file only if there is a standing"
        return self._page(row, standing)

    def _page(self, row: Row, standing: Standing) -> bytes:
        whose = replace(standing, student=", ".join(row.students))
        if row.name and len(row.students) > 1 and standing.name:
            whose = replace(whose, arrival=replace(standing.arrival, name=row.name))
        return feedback_html(whose, self.store.language).encode()

    def _fill(self, row: Row, standing: Standing) -> None:
        """Put in what a student gets."""
        most = standing.judgement.max_score
        self.scale = self.desk.points / most if self.desk.points and most else 1.0
        row.after = round((standing.score or 0) * self.scale, 2)
        language = self.store.language
        score = Message("{points} of {max} points", points=standing.score, max=most)
        comments = [given.line for given in standing.overrides if given.comment]
        row.comment = speaker(language)(joined("\n", (score, *comments)))
        content = "\0".join((f"{row.after:g}", row.comment)).encode() + self._page(row, standing)
        row.file = f"feedback-{hashlib.sha256(content).hexdigest()[:16]}.html"

    def _decide(self, row: Row, there: Attempt) -> None:
        after = row.after or 0.0
        for sent in self.journal.open(row.user):
            if sent.file in there.comments:  # it has arrived, and only the answer was lost
                self.journal.note(row.user, sent.score, sent.file, acknowledged=True)
                break
        last = self.journal.acknowledged(row.user)
        ours = last is not None and _near(there.score, last.score)
        if there.score is not None and not ours and not _near(there.score, after):
            row.fate = Fate.KEPT
        elif last is not None and last.file == row.file and ours:
            row.fate = Fate.SAME
        elif there.score is None:
            row.fate = Fate.NEW
        elif _near(there.score, after):
            row.fate = Fate.FEEDBACK
        else:
            row.fate = Fate.HIGHER if after > there.score else Fate.LOWER


def _near(one: float | None, other: float) -> bool:
    return one is not None and abs(one - other) < NEAR


def _attempt(entry: Entry, attempts: list[Attempt]) -> int | None:
    """Return the attempt that has the file that was graded."""
    number = next((claim.number for claim in CANVAS.claims(entry.path, (entry.path.name,))), 0)
    found = (a.attempt for a in attempts if number in {file.number for file in a.files})
    return next(found, None)
