"""Who has made the same mistake, of a class of any size.

Of each question, a submission's first failure counts: what fails later mostly has the same cause.
Known mistakes and limits are few, but in a large class nearly each unknown failure may be another
one: so those are counted first, by a hash of 64 bits, and the most frequent ones are looked up.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from ..verdict import CAUSES, Report, Result, Status, questions
from .page import headline

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
    """All of a class. Give it every Report with `add`, and then all again with `look_up`."""

    known: dict[tuple[str, str], Cluster] = field(default_factory=dict)
    """By question and mistake."""
    unknown: dict[int, Cluster] = field(default_factory=dict)
    """What no known mistake explains and is most frequent, by its hash."""
    limits: dict[tuple[Status, str], Cluster] = field(default_factory=dict)
    """What ran into a limit, by status and check."""
    _hashes: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, reports: Iterable[Report]) -> "Clusters":
        """Sort a class by its mistakes, in two walks."""
        made = cls()
        for report in reports:
            made.add(report)
        made.look_up(reports)
        return made

    @property
    def rarer(self) -> int:
        """How many other failures there are that no known mistake explains."""
        return max(0, len(self._hashes) - SHOWN)

    def add(self, report: Report) -> None:
        """Put a submission where it belongs."""
        for first in _firsts(report):
            if first.mistake:
                _put(self.known, (first.question, first.mistake), first, report)
            else:
                self._hashes[_hash(first)] += 1
        for result in report.results:
            if result.status in LIMITS:
                _put(self.limits, (result.status, result.check), result, report)

    def look_up(self, reports: Iterable[Report]) -> None:
        """Find whose the most frequent unknown failures are."""
        wanted = {key for key, _ in self._hashes.most_common(SHOWN)}
        for report in reports if wanted else ():
            for first in _firsts(report):
                if not first.mistake and _hash(first) in wanted:
                    _put(self.unknown, _hash(first), first, report)


def _firsts(report: Report) -> Iterator[Result]:
    """Yield the first failure of each question."""
    for question in questions([report]):
        first = next((r for r in report.of(question) if r.status in CAUSES), None)
        if first:
            yield first


def _hash(result: Result) -> int:
    """Return what is the same for all who fail in the same way."""
    return hash((result.question, result.check, result.status, headline(result.message)))


def _put(found: dict[Key, Cluster], key: Key, result: Result, report: Report) -> None:
    found.setdefault(key, Cluster(result)).students.append(report.student)
