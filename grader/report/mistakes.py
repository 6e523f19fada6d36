"""Students who made the same mistake, in a class of any size.

A submission's first failure in each question counts, because later ones mostly have the same cause.
Known mistakes and limits are few, but nearly every unknown failure of a large class may differ: so
these are first counted by a digest, and only the most frequent ones are looked up.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

from ..model.result import Result, Status
from .roll import Roll
from .row import ENDINGS, First, Row

Key = TypeVar("Key")
LIMITS = (Status.TIMED_OUT, Status.OUT_OF_MEMORY)
FREQUENT = 5
"""Number of mistakes that a class's page shows at first sight."""
SHOWN = 40
"""Number of unknown failures shown, the most frequent ones."""


@dataclass(frozen=True)
class Cluster:
    """Submissions that fail in the same way."""

    example: Result
    students: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many they are."""
        return len(self.students)

    @property
    def sentence(self) -> str:
        """The mistake, in the words of mistakes.toml; its name if a result is too old."""
        return f"{self.example.hypothesis}" or self.example.mistake.replace("_", " ")


@dataclass
class Clusters:
    """The clusters of a class: `add` each Standing, then `look_up` the class."""

    known: dict[tuple[str, str], Cluster] = field(default_factory=dict)
    """By question and mistake."""
    unknown: dict[str, Cluster] = field(default_factory=dict)
    """The most frequent failures without a known mistake, by key."""
    rare: dict[str, list[str]] = field(default_factory=dict)
    """By question, who failed it in yet another way."""
    limits: dict[tuple[Status, str], Cluster] = field(default_factory=dict)
    """Submissions that exceeded a limit, by status and check."""
    _keys: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, roll: Roll) -> "Clusters":
        """Cluster a class by its mistakes, in two passes."""
        made = cls()
        for row in roll:
            made.add(row, roll)
        made.look_up(roll)
        return made

    @property
    def frequent(self) -> list[Cluster]:
        """The most frequent ones, whether a known mistake explains them or not."""
        everything = [*self.known.values(), *self.unknown.values()]
        return sorted(everything, key=lambda cluster: -cluster.size)[:FREQUENT]

    @property
    def rarer(self) -> int:
        """Number of other failures without a known mistake."""
        return max(0, len(self._keys) - SHOWN)

    def add(self, row: Row, roll: Roll) -> None:
        """Add a submission to its clusters."""
        for first in row.firsts:
            if first.mistake:
                key = first.question, first.mistake
                _put(self.known, key, row, first.place, roll)
            else:
                self._keys[_key(first)] += 1
        if any(ENDINGS[status] in row.endings for status in LIMITS):
            for place, status in enumerate(row.statuses):
                if status in LIMITS:
                    check = roll.checks(row)[place].check
                    _put(self.limits, (status, check), row, place, roll)

    def look_up(self, roll: Roll) -> None:
        """Find the students with unknown failures; those with the rare ones only by question."""
        wanted = {key for key, _ in self._keys.most_common(SHOWN)}
        for row in roll if wanted else ():
            for first in row.firsts:
                if not first.mistake and _key(first) in wanted:
                    _put(self.unknown, _key(first), row, first.place, roll)
                elif not first.mistake:
                    self.rare.setdefault(first.question, []).append(row.student)


def _key(first: First) -> str:
    return f"{first.question} {first.key}"


def _put(found: dict[Key, Cluster], key: Key, row: Row, place: int, roll: Roll) -> None:
    """Add a student; the first is the example, whose Standing is read."""
    if key not in found:
        found[key] = Cluster(roll.standing(row).judgement.counted[place])
    found[key].students.append(row.student)
