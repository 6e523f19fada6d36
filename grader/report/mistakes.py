"""Who has made the same mistake, of a class of any size.

Of each question, a submission's first failure counts: what fails later mostly has the same cause.
Known mistakes and limits are few, but in a large class nearly each unknown failure may be another
one: so those are counted first, by a digest, and the most frequent ones are looked up.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

from ..model.result import Result, Status
from .standing import ENDINGS, First, Roll, Standing

Key = TypeVar("Key")
LIMITS = (Status.TIMED_OUT, Status.OUT_OF_MEMORY)
SHOWN = 10
"""Failures that no known mistake explains, the most frequent ones."""


@dataclass(frozen=True)
class Cluster:
    """Submissions that go wrong in the same way."""

    example: Result
    students: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many they are."""
        return len(self.students)

    @property
    def sentence(self) -> str:
        """What was done, in the words of mistakes.toml; its name where a result is too old."""
        return self.example.hypothesis or self.example.mistake.replace("_", " ")


@dataclass
class Clusters:
    """All of a class. Give it everybody's Standing with `add`, and then the class to `look_up`."""

    known: dict[tuple[str, str], Cluster] = field(default_factory=dict)
    """By question and mistake."""
    unknown: dict[str, Cluster] = field(default_factory=dict)
    """What no known mistake explains and is most frequent, by its key."""
    limits: dict[tuple[Status, str], Cluster] = field(default_factory=dict)
    """What ran into a limit, by status and check."""
    _keys: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, roll: Roll) -> "Clusters":
        """Sort a class by its mistakes, in two walks."""
        made = cls()
        for standing in roll:
            made.add(standing, roll)
        made.look_up(roll)
        return made

    @property
    def rarer(self) -> int:
        """How many other failures there are that no known mistake explains."""
        return max(0, len(self._keys) - SHOWN)

    def add(self, standing: Standing, roll: Roll) -> None:
        """Put a submission where it belongs."""
        for first in standing.firsts:
            if first.mistake:
                key = first.question, first.mistake
                _put(self.known, key, standing, first.place, roll)
            else:
                self._keys[_key(first)] += 1
        if any(ENDINGS[status] in standing.endings for status in LIMITS):
            for place, status in enumerate(standing.statuses):
                if status in LIMITS:
                    check = roll.checks(standing)[place].check
                    _put(self.limits, (status, check), standing, place, roll)

    def look_up(self, roll: Roll) -> None:
        """Find whose the most frequent unknown failures are."""
        wanted = {key for key, _ in self._keys.most_common(SHOWN)}
        for standing in roll if wanted else ():
            for first in standing.firsts:
                if not first.mistake and _key(first) in wanted:
                    _put(self.unknown, _key(first), standing, first.place, roll)


def _key(first: First) -> str:
    return f"{first.question} {first.key}"


def _put(found: dict[Key, Cluster], key: Key, standing: Standing, place: int, roll: Roll) -> None:
    """Add a student; the first is the example, whose Report is read."""
    if key not in found:
        found[key] = Cluster(roll.report(standing).counted[place])
    found[key].students.append(standing.student)
