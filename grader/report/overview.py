"""What the course team's page says of a whole class, gathered from one Row at a time.

Only numbers and names of a student are kept, so 10,000 take little more memory than 100.
"""

from collections import Counter, defaultdict

from ..model.result import Result, Status
from ..model.standing import Standing
from .mistakes import LIMITS, Clusters
from .outcome import NEEDS
from .roll import Roll
from .row import ENDINGS, STATUSES, Row
from .whose import Whose

BINS = 20
"""Bars of the histogram beside that of full marks."""
TOLD, FEW = 100, 3
"""Number of students shown in full who need a person for one reason, and per name of torch."""


class Overview:
    """A class in figures."""

    def __init__(self, roll: Roll) -> None:
        """Walk through the class twice."""
        self.title = ""
        self.names: dict[str, str] = {}
        """Of the students, where they are known."""
        self._whose = roll.whose
        self._full: set[str] = set()
        """Who has full marks, where that decides on who has a page."""
        self.count = 0
        self.max_score = 0
        self.scores: Counter[float] = Counter()
        """How many earned how much."""
        self.bins: Counter[int] = Counter()
        """How many earned how many whole points."""
        self.needs: dict[str, list[Standing]] = {why: [] for why in NEEDS}
        """The first who need a person, by why; `needing` counts all."""
        self.needing: Counter[str] = Counter()
        self.points: defaultdict[str, Counter[float]] = defaultdict(Counter)
        """By question, how many earned how much."""
        self.statuses: Counter[Status] = Counter()
        self.layers: dict[tuple[str, ...], None] = {}
        self._uses: Counter[str] = Counter()
        self._users: dict[str, list[str]] = {}
        self.durations: list[float] = []
        """Seconds that judging took."""
        self.slowest = ("", 0.0)
        """Whose took longest, and how long."""
        self.limited: list[str] = []
        """Who ran into a limit."""
        self.clusters = Clusters()
        self._examples: dict[str, tuple[Result, ...]] = {}
        self._endings: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """By the checks that were run, how often they ended in which way."""
        for row in roll:
            self._add(row, roll)
        self.checks: dict[str, dict[str, tuple[Result, Counter[Status]]]]
        self.checks = {question: {} for question in self.points}
        """By question and check, an example and how often it ended in which way."""
        for plan, endings in self._endings.items():
            self._count(self._examples[plan], endings)
        self.clusters.look_up(roll)

    def has_page(self, student: str) -> bool:
        """Whether a student's page can be linked to."""
        return self._whose is not Whose.NONE and student not in self._full

    @property
    def histogram(self) -> list[tuple[int, int, int]]:
        """How many earned from how many to how many whole points; full marks stand alone."""
        most, step = self.max_score, max(1, -(-self.max_score // BINS))
        parts = [(low, min(low + step, most) - 1) for low in range(0, most, step)] + [(most, most)]
        return [(a, z, sum(self.bins[n] for n in range(a, z + 1))) for a, z in parts]

    @property
    def uses(self) -> list[tuple[str, int, list[str]]]:
        """Names of torch, how many answers use them, and the first of these; rare ones first."""
        rows = ((name, count, self._users[name]) for name, count in self._uses.items())
        return sorted(rows, key=lambda row: (row[1], row[0]))

    def _add(self, row: Row, roll: Roll) -> None:
        self.title = self.title or row.title
        self.count += 1
        if row.name:
            self.names[row.student] = row.name
        self.max_score = max(self.max_score, row.max_score)
        self.layers[row.layers] = None
        if self._whose is Whose.FAILED and not self._whose.have(row.outcome):
            self._full.add(row.student)
        self.durations.append(row.duration)
        if not self.slowest[0] or row.duration > self.slowest[1]:
            self.slowest = (row.student, row.duration)
        self.clusters.add(row, roll)
        if row.score is not None:
            self.scores[row.score] += 1
            self.bins[max(0, min(int(row.score), row.max_score))] += 1
        if any(ENDINGS[status] in row.endings for status in LIMITS):
            self.limited.append(row.student)
        if row.needs:
            self.needing[row.needs] += 1
            if self.needing[row.needs] <= TOLD:
                self.needs[row.needs].append(roll.standing(row))
        for question, points in row.points.items():
            earned = self.points[question]
            if points is not None:
                earned[points] += 1
        self._examples.setdefault(row.plan, roll.checks(row))
        self._endings[row.plan][row.endings] += 1
        for name in row.uses:
            self._uses[name] += 1
            if self._uses[name] <= FEW:
                self._users.setdefault(name, []).append(row.student)

    def _count(self, checks: tuple[Result, ...], endings: Counter[str]) -> None:
        """Count how each check ended; most students of a class end like many others."""
        for letters, many in endings.items():
            for result, letter in zip(checks, letters, strict=True):
                of_question = self.checks.setdefault(result.question, {})
                counts = of_question.setdefault(result.check, (result, Counter()))[1]
                counts[STATUSES[letter]] += many
                self.statuses[STATUSES[letter]] += many
