"""A class as it stands: who has handed in what, what is to be judged and why, and the judging.

The same command again judges only what is new, what a fault of ours has spoiled, and those checks
that have changed. Identical bytes are judged once.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..course.assignment import Assignment
from ..intake.submission import Refused, Submission
from ..verdict import Report, Result, Status
from .grade import grade
from .orders import CannotJudge, Orders, Work, seed
from .shard import WHOLE, Shard
from .store import Entry, Store
from .versions import Versions


class Why(StrEnum):
    """Why a submission is judged."""

    NEW = "new"
    CHANGED = "judged by checks that have changed since"
    FAULT = "spoiled by a fault of ours"
    UNSAFE = "judged without a sandbox"
    ASKED = "asked for"


@dataclass(frozen=True)
class Batch:
    """An assignment's store, and what judging needs."""

    store: Store
    orders: Orders
    assignment: Assignment
    versions: Versions
    cluster: str = ""
    """Address of the scheduler whose workers judge, or empty: judges of this machine."""

    @classmethod
    def open(cls, store: Store, orders: Orders, cluster: str = "") -> "Batch":
        """Read the author's files. Raises AssignmentError, and CannotJudge for another's store."""
        assignment = Assignment.read(orders.solution)
        if store.assignment not in ("", assignment.name):
            raise CannotJudge(
                f"{store.path} holds {store.assignment}; choose another folder for "
                f"{assignment.name}."
            )
        versions = Versions.read(assignment, orders.checks, orders.key)
        return cls(store, orders, assignment, versions, cluster)

    def take_in(
        self,
        submissions: Iterable[tuple[str, Path]],
        shard: Shard = WHOLE,
        late: Callable[[str], float | None] = lambda _: None,
    ) -> set[str]:
        """Read what was handed in, note it, and return whose it is, as far as a shard holds it.

        `late` says how many hours after the deadline a student was, or None: as before.
        """
        students: set[str] = set()

        def entries() -> Iterator[Entry]:
            for student, path in submissions:
                entry = Entry(student, path.absolute(), digest(path), None, (), late(student))
                if shard.holds(entry.digest):
                    students.add(student)
                yield entry

        self.store.hand_in(entries())
        return students

    def to_do(self, students: Container[str]) -> tuple[dict[str, Why], int]:
        """Return who is to be judged and why, and how many others there are.

        Of those who have handed in the same bytes, one counts for all.
        """
        found: dict[str, Why] = {}
        digests: set[str] = set()
        for entry in self.store.entries():
            if entry.student in students and entry.digest not in digests:
                digests.add(entry.digest)
                if not self._settled(entry.digest):
                    found[entry.student] = self._why(entry.digest)
        return found, len(digests) - len(found)

    def judge(
        self, students: Iterable[str], jobs: int, again: Callable[[Result], bool] | None = None
    ) -> Iterator[Report]:
        """Judge submissions and yield each Report once it is in the store.

        A result that still holds is kept, unless it is to be judged `again`. Raises CannotJudge.
        """
        digests: dict[str, str] = {}

        def works() -> Iterator[Work]:
            for entry in filter(None, map(self.store.entry, students)):
                digests[entry.student] = entry.digest
                kept = (r for r in self._holding(entry.digest) if again is None or not again(r))
                yield Work(entry.student, entry.path, tuple(kept))

        for report in self._hand_out(works(), jobs):
            refused = digests.pop(report.student)
            self.store.record(
                report.sha256 or refused,
                report,
                self.versions,
                self.assignment.limits,
                seed(self.orders.key, report.sha256),
            )
            yield report

    def _hand_out(self, works: Iterator[Work], jobs: int) -> Iterator[Report]:
        """Yield a Report for each of them. Raises CannotJudge."""
        if not self.cluster:
            return grade(works, self.orders, jobs)
        try:
            from .cluster import grade_on
        except ImportError:
            said = "--cluster needs dask: pip install 'torch-grader[cluster]'"
            raise CannotJudge(said) from None
        return grade_on(self.cluster, works, self.orders)

    def _settled(self, digest: str) -> bool:
        return self.store.settled(digest, self.versions.plan, unsafe=self.orders.unsafe)

    def _why(self, digest: str) -> Why:
        before = self.store.latest(digest)
        if before is None:
            return Why.NEW
        if not before.report.judged:
            return Why.FAULT
        return Why.CHANGED if before.plan != self.versions.plan else Why.UNSAFE

    def _holding(self, digest: str) -> list[Result]:
        """Return the results of an earlier time that would be the same today."""
        before = self.store.latest(digest)
        if before is None or ("UNSANDBOXED" in before.report.layers and not self.orders.unsafe):
            return []
        return [
            result
            for result, version in zip(before.report.results, before.versions, strict=True)
            if version == self.versions.of(result.check)
            and result.status is not Status.GRADER_ERROR
            and result.seconds > 0  # it was run, and does not just share in a notebook's failure
        ]


def digest(path: Path) -> str:
    """Return the sha256 of a submission; for one that is refused, or that we cannot read, why."""
    try:
        return Submission.read(path, "").sha256
    except Refused as error:
        return f"refused: {error}"
    except OSError as error:
        return f"unreadable: {path}: {error.strerror}"
