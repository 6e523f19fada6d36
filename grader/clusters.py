"""Who has made the same mistake, in one pass over a class.

Of each question, a submission's first failure counts: what fails later mostly has the same cause.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from .page import headline
from .verdict import CAUSES, Report, Result, Status, questions

Key = TypeVar("Key")
LIMITS = (Status.TIMED_OUT, Status.OUT_OF_MEMORY)


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
    """All of a class. Give it every Report with `add`."""

    known: dict[tuple[str, str], Cluster] = field(default_factory=dict)
    """By question and mistake."""
    unknown: dict[tuple[str, ...], Cluster] = field(default_factory=dict)
    """What no known mistake explains, by question, check, status and message."""
    limits: dict[tuple[Status, str], Cluster] = field(default_factory=dict)
    """What ran into a limit, by status and check."""

    @classmethod
    def of(cls, reports: Iterable[Report]) -> "Clusters":
        """Sort a class by its mistakes."""
        made = cls()
        for report in reports:
            made.add(report)
        return made

    def add(self, report: Report) -> None:
        """Put a submission where it belongs."""
        for question in questions([report]):
            first = next((r for r in report.of(question) if r.status in CAUSES), None)
            if first and first.mistake:
                _put(self.known, (question, first.mistake), first, report)
            elif first:
                said = headline(first.message)
                _put(self.unknown, (question, first.check, first.status, said), first, report)
        for result in report.results:
            if result.status in LIMITS:
                _put(self.limits, (result.status, result.check), result, report)


def _put(found: dict[Key, Cluster], key: Key, result: Result, report: Report) -> None:
    found.setdefault(key, Cluster(result)).students.append(report.student)
