"""The result of a class: for the terminal, and for machines as JSON.

For a large class, the terminal shows the students a person should look at.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean, median

from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from ..model.errors import ExitCode
from ..model.message import Message, Text, joined
from ..model.result import Status
from ..report.outcome import BLANK
from ..report.roll import Roll
from ..report.row import Row
from .terminal import outcomes, plain, voice

MANY = 40
"""A table of more students is longer than a screen: nobody reads it."""
QUIET = (Status.PASSED, Status.NOT_RUN)


class Summary:
    """A class, as counts, names and at most MANY lines."""

    def __init__(self, roll: Roll) -> None:
        self._say, self._roll = voice.say, roll
        self.max_score = 0
        self.scores: Counter[float] = Counter()
        """How many earned how much."""
        self.outcomes: Counter[str] = Counter()
        self.checks: Counter[str] = Counter()
        """How checks ended, over all submissions."""
        self.people: list[str] = []
        """Students whose submission needs a person."""
        self._first: list[tuple[str, ...]] = []
        self._first_people: list[tuple[str, ...]] = []
        for row in roll:
            self._add(row)

    @property
    def count(self) -> int:
        """How many submissions there are."""
        return self.outcomes.total()

    def show(self, console: Console) -> None:
        """Print all students or, in a large class, those who need a person and a few figures."""
        say = self._say
        if self.count <= MANY:
            console.print(self._table(say(Message("Results")), self._first))
            return
        if self.people:
            console.print(self._table(say(Message("Needs a person")), self._first_people))
        if (more := len(self.people) - len(self._first_people)) > 0:
            console.print(say(Message("and {n} more, see report.html", n=more)))
        console.print(say(self.figures()))

    def figures(self) -> Text:
        """Return a line of statistics."""
        said: list[Text] = []
        if self.scores:
            scores = list(self.scores.elements())
            full = sum(score >= self.max_score for score in scores)
            said.append(
                Message(
                    "mean {mean}, median {median} of {all}",
                    mean=f"{fmean(scores):.1f}",
                    median=f"{median(scores):g}",
                    all=self.max_score,
                )
            )
            said.append(Message("{n} with full marks", n=full))
        return joined("; ", [*said, Message("{n} for a person", n=len(self.people))])

    def as_json(
        self, assignment: str, folder: Path, judged: int, code: ExitCode, others: Sequence[str] = ()
    ) -> str:
        """Return one JSON object on one line, with where the scores are and what the code means.

        Of the `others`, another file counts than before.
        """
        whole = {
            "assignment": assignment,
            "submissions": self.count,
            "judged_now": judged,
            "outcomes": dict(sorted(self.outcomes.items())),
            "checks": dict(sorted(self.checks.items())),
            "for_a_person": self.people,
            "another_file": others,
            "mean_score": fmean(self.scores.elements()) if self.scores else None,
            "max_score": self.max_score,
            "scores": str(folder / "grades.csv"),
            "report": str(folder / "report.html"),
            "store": str(folder / "grades.sqlite"),
            "exit_code": code,
            "meaning": code.meaning,
        }
        return json.dumps(whole)

    def _add(self, row: Row) -> None:
        self.outcomes[row.outcome] += 1
        self.checks.update(row.statuses)
        self.max_score = max(self.max_score, row.max_score)
        if row.score is not None:
            self.scores[row.score] += 1
        if len(self._first) < MANY:
            self._first.append(self._line(row))
        if row.for_a_person:
            self.people.append(row.student)
            if len(self._first_people) < MANY:
                self._first_people.append(self._line(row))

    def _table(self, title: str, lines: Iterable[tuple[str, ...]]) -> Table:
        """Return a line per student: score, checks passed, where the first points were lost."""
        say = self._say
        made = Table(title=title, expand=True)
        made.add_column(say(Message("student")), no_wrap=True)
        made.add_column(say(Message("score")), justify="right", no_wrap=True)
        made.add_column(say(Message("checks")), justify="right", no_wrap=True)
        made.add_column(say(Message("remark")), ratio=1)
        for student, score, checks, remark in lines:
            said = Styled(remark, no_wrap=True, overflow="ellipsis")
            made.add_row(Styled(student), score, checks, said)
        return made

    def _line(self, row: Row) -> tuple[str, str, str, str]:
        score = "—" if row.score is None else f"{row.score}/{row.max_score}"
        counts = f"{row.passed}/{len(row.endings)}"
        who = f"{row.name} · {row.student}" if row.name else row.student
        return plain(who), score, counts, plain(self._remark(row))

    def _remark(self, row: Row) -> str:
        say, said = self._say, row.problem
        place = next((i for i, s in enumerate(row.statuses) if s not in QUIET), None)
        if place is not None and not said:
            first, status = self._roll.checks(row)[place], row.statuses[place]
            endings = outcomes(say) | {Status.GRADER_ERROR: (say(Message("our fault")), "")}
            said = f"{first.question}, {endings[status][0]}: {first.sentence}"
            if row.outcome == BLANK:
                said = f"{first.question}, {endings[BLANK][0]}"
        if row.decided:
            by_hand = Message("set by hand: {questions}", questions=list(row.decided))
            return f"[{say(by_hand)}] {said}"
        return said or "; ".join(row.remarks)
