"""What the terminal says of a class in the end: of a large one, whom a person should look at."""

from collections import Counter
from collections.abc import Iterable
from statistics import fmean, median

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .terminal import for_a_person, plain
from .verdict import Report, Status

MANY = 40
"""A table of more students is longer than a screen: nobody reads it."""
QUIET = (Status.PASSED, Status.NOT_RUN)


class Summary:
    """A class, of which MANY lines at most are kept."""

    def __init__(self, reports: Iterable[Report]) -> None:
        self.count = self.for_a_person = self.max_score = 0
        self.scores: Counter[float] = Counter()
        """How many earned how much."""
        self.first: list[tuple[str, ...]] = []
        self.people: list[tuple[str, ...]] = []
        for report in reports:
            self._add(report)

    def show(self, console: Console) -> None:
        """Print all students or, in a large class, those who need a person and a few figures."""
        if self.count <= MANY:
            console.print(_table("Results", self.first))
            return
        if self.people:
            console.print(_table("Needs a person", self.people))
        if (more := self.for_a_person - len(self.people)) > 0:
            console.print(f"and {more} more, see report.html")
        console.print(self.figures())

    def figures(self) -> str:
        """Return a line of statistics."""
        said = []
        if self.scores:
            scores = list(self.scores.elements())
            full = sum(score >= self.max_score for score in scores)
            said.append(f"mean {fmean(scores):.1f}, median {median(scores):g} of {self.max_score}")
            said.append(f"{full} with full marks")
        return "; ".join([*said, f"{self.for_a_person} for a person"])

    def _add(self, report: Report) -> None:
        self.count += 1
        self.max_score = max(self.max_score, report.max_score)
        if report.score is not None:
            self.scores[report.score] += 1
        if len(self.first) < MANY:
            self.first.append(_line(report))
        if for_a_person(report):
            self.for_a_person += 1
            if len(self.people) < MANY:
                self.people.append(_line(report))


def _table(title: str, lines: Iterable[tuple[str, ...]]) -> Table:
    """Return a line per student: score, checks passed, and where the first points were lost."""
    made = Table(title=title, expand=True)
    made.add_column("student", no_wrap=True)
    made.add_column("score", justify="right", no_wrap=True)
    made.add_column("checks", justify="right", no_wrap=True)
    made.add_column("remark", ratio=1)
    for student, score, checks, remark in lines:
        said = Text(remark, no_wrap=True, overflow="ellipsis")
        made.add_row(Text(student), score, checks, said)
    return made


def _line(report: Report) -> tuple[str, str, str, str]:
    score = "—" if report.score is None else f"{report.score}/{report.max_score}"
    passed = sum(result.status is Status.PASSED for result in report.results)
    return plain(report.student), score, f"{passed}/{len(report.results)}", plain(_remark(report))


def _remark(report: Report) -> str:
    first = next((x for x in report.results if x.status not in QUIET), None)
    blamed = f"{first.question}, {first.status.replace('_', ' ')}: " if first else ""
    decided = ", ".join(report.decided)
    said = report.problem or (blamed + first.sentence if first else "")
    return f"[set by a person: {decided}] {said}" if decided else said
