"""What the course team's page says of a whole class, gathered from one Report at a time.

Of a Report, only numbers and names stay, so that 10,000 take little more memory than 100.
"""

from collections import Counter
from collections.abc import Iterable

from ..verdict import Report, Result, Status, questions
from .clean import cleaned
from .mistakes import Clusters

TOLD, FEW = 100, 3
"""Of how many who need a person all is told that is known, and how many who use a name of torch."""


class Overview:
    """A class in figures."""

    def __init__(self, reports: Iterable[Report]) -> None:
        """Walk through `reports` twice; they come in the order of the ids."""
        self.title = ""
        self.count = 0
        self.max_score = 0
        self.scores: Counter[float] = Counter()
        """How many earned how much."""
        self.bins: Counter[int] = Counter()
        """How many earned how many whole points."""
        self.needs_person: list[Report] = []
        """The first who need one; `for_a_person` counts all."""
        self.for_a_person = 0
        self.checks: dict[str, dict[str, tuple[Result, Counter[Status]]]] = {}
        """By question and check, an example and how often it ended in which way."""
        self.points: dict[str, Counter[float]] = {}
        """By question, how many earned how much."""
        self.statuses: Counter[Status] = Counter()
        self.layers: dict[tuple[str, ...], None] = {}
        self._uses: Counter[str] = Counter()
        self._users: dict[str, list[str]] = {}
        self.durations: list[float] = []
        """Seconds that judging took."""
        self.slowest = ("", 0.0)
        """Whose took longest, and how long."""
        self.clusters = Clusters()
        for report in map(cleaned, reports):
            self._add(report)
        self.clusters.look_up(map(cleaned, reports))

    @property
    def uses(self) -> list[tuple[str, int, list[str]]]:
        """Names of torch, how many answers hold them, and the first of these; rare ones first."""
        rows = ((name, count, self._users[name]) for name, count in self._uses.items())
        return sorted(rows, key=lambda row: (row[1], row[0]))

    def _add(self, report: Report) -> None:
        self.title = self.title or report.title
        self.count += 1
        self.max_score = max(self.max_score, report.max_score)
        self.layers[report.layers] = None
        self.durations.append(report.duration)
        if not self.slowest[0] or report.duration > self.slowest[1]:
            self.slowest = (report.student, report.duration)
        self.clusters.add(report)
        if report.score is not None:
            self.scores[report.score] += 1
            self.bins[min(int(report.score), report.max_score)] += 1
        if report.problem or not report.judged:
            self.for_a_person += 1
            if len(self.needs_person) < TOLD:
                self.needs_person.append(report)
        for question in questions([report]):
            self.checks.setdefault(question, {})
            earned = self.points.setdefault(question, Counter())
            if (points := report.points(question)) is not None:
                earned[points] += 1
        for result in report.counted:
            checks = self.checks[result.question]
            checks.setdefault(result.check, (result, Counter()))[1][result.status] += 1
            self.statuses[result.status] += 1
        for name in report.uses:
            self._uses[name] += 1
            if self._uses[name] <= FEW:
                self._users.setdefault(name, []).append(report.student)
