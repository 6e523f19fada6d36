"""A class: who has submitted what, what is to be judged and why, and the judging.

The same command again judges only what is new, what ended in a fault of ours, and checks that have
changed. Identical bytes are judged once.
"""

from collections.abc import Callable, Container, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from ..course.assignment import Assignment
from ..course.catalogue import translations
from ..course.course import seed
from ..course.versions import Versions
from ..intake.submission import Refused, Submission
from ..model.judgement import UNSANDBOXED, Judgement
from ..model.message import Message, Text
from ..model.result import Result, Status
from ..model.standing import UNKNOWN, Arrival
from ..store.diff import files
from ..store.entry import Entry
from ..store.store import Store
from .grade import Graded, grade
from .job import CannotJudge, Job, Task
from .scheduler import Scheduler
from .shard import WHOLE, Shard

FEW = 10
"""Names in a list whose length is said beside it."""
NOTHING_KNOWN: Mapping[str, Arrival] = {}
UNREADABLE = "unreadable"
"""How the digest begins of a file that we could not read: nobody knows what it was."""


class Why(Enum):
    """Why a submission is judged, in words for how many there are."""

    NEW = Message("new")
    CHANGED = Message("judged by checks that have changed since")
    FAULT = Message("spoiled by a fault of ours")
    UNSAFE = Message("judged without a sandbox")


@dataclass(frozen=True)
class HandedIn:
    """What a command has found of a class."""

    students: set[str] = field(default_factory=set)
    """Students with these submissions, as far as a shard holds them."""
    others: dict[str, tuple[Entry, Entry]] = field(default_factory=dict)
    """Students for whom another file counts than was judged before, and both files."""
    absent: list[str] = field(default_factory=list)
    """Who had handed in before, and is not among these."""

    def remarks(self) -> list[Text]:
        """Return a line for each student with a change."""
        lines: list[Text] = [
            Message(
                "another file of {student} counts than before: {files}",
                student=student,
                files=files(*both),
            )
            for student, both in self.others.items()
        ]
        if self.absent:
            shown = [*self.absent[:FEW], *["…"] * (len(self.absent) > FEW)]
            lines.append(
                Message(
                    "not among these files, and as before: {count} ({students})",
                    count=len(self.absent),
                    students=shown,
                )
            )
        return lines


@dataclass(frozen=True)
class Batch:
    """An assignment's store, and what judging needs."""

    store: Store
    job: Job
    assignment: Assignment
    versions: Versions
    cluster: Scheduler | None = None
    """The scheduler whose workers judge; None for judges of this machine."""

    @classmethod
    def open(cls, store: Store, job: Job, cluster: Scheduler | None = None) -> "Batch":
        """Read the author's files. Raises AssignmentError, and CannotJudge for another's store.

        The store keeps their translations, for pages are made where no course is at hand.
        """
        assignment = Assignment.read(job.solution)
        if store.assignment not in ("", assignment.name):
            raise CannotJudge(
                Message(
                    "{file} holds {held}; choose another folder for {assignment}.",
                    file=store.path,
                    held=store.assignment,
                    assignment=assignment.name,
                )
            )
        store.translations = translations(job.checks)
        versions = Versions.read(assignment, job.checks, job.key)
        return cls(store, job, assignment, versions, cluster)

    def take_in(
        self,
        submissions: Iterable[tuple[str, Path]],
        shard: Shard = WHOLE,
        arrivals: Mapping[str, Arrival] = NOTHING_KNOWN,
    ) -> HandedIn:
        """Read what was handed in, and note it with what is known of how it came in."""
        found = HandedIn()
        before = {entry.student: entry.digest for entry in self.store.entries()}

        def entries() -> Iterator[Entry]:
            for student, path in submissions:
                arrival = arrivals.get(student, UNKNOWN)
                new = Entry(student, path.absolute(), digest(path), arrival)
                if shard.holds(new.digest):
                    found.students.add(student)
                was = before.pop(student, new.digest)
                if was != new.digest and not was.startswith(UNREADABLE):
                    old = self.store.entry(student)
                    if old and old.record is not None:
                        found.others[student] = old, new
                yield new

        self.store.hand_in(entries())
        found.absent.extend(before)
        return found

    def to_do(self, students: Container[str]) -> tuple[dict[str, Why], int]:
        """Return who is to be judged and why, and how many others there are.

        Of students with the same bytes, one counts for all.
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
    ) -> Generator[Judgement, None, None]:
        """Judge submissions and yield each Judgement once it is in the store.

        A result that still holds is kept, unless it is to be judged `again`. Raises CannotJudge.
        """

        def tasks() -> Iterator[Task]:
            for entry in filter(None, map(self.store.entry, students)):
                kept = (r for r in self._holding(entry.digest) if again is None or not again(r))
                yield Task(entry.path, entry.digest, tuple(kept))

        with closing(self._hand_out(tasks(), jobs)) as found:  # dismiss the judges in any case
            for task, judgement in found:
                self.store.record(
                    judgement.sha256 or task.digest,
                    judgement,
                    self.versions,
                    self.assignment.limits,
                    seed(self.job.key, judgement.sha256),
                )
                yield judgement

    def _hand_out(self, tasks: Iterator[Task], jobs: int) -> Generator[Graded, None, None]:
        """Yield each task with its Judgement. Raises CannotJudge."""
        if not self.cluster:
            return grade(tasks, self.job, jobs)
        try:
            from .cluster import grade_on
        except ImportError:
            needed = Message("--cluster needs dask: pip install 'torch-grader[cluster]'")
            raise CannotJudge(needed) from None
        return grade_on(self.cluster, tasks, self.job)

    def _settled(self, digest: str) -> bool:
        return self.store.settled(digest, self.versions.plan, unsafe=self.job.unsafe)

    def _why(self, digest: str) -> Why:
        before = self.store.latest(digest)
        if before is None:
            return Why.NEW
        if before.judgement.faulty:
            return Why.FAULT
        return Why.CHANGED if before.plan != self.versions.plan else Why.UNSAFE

    def _holding(self, digest: str) -> list[Result]:
        """Return the results of an earlier time that would be the same today."""
        before = self.store.latest(digest)
        if before is None or (UNSANDBOXED in before.judgement.layers and not self.job.unsafe):
            return []
        return [
            result
            for result, version in zip(before.judgement.results, before.versions, strict=True)
            if version == self.versions.of(result.check)
            and result.status is not Status.GRADER_ERROR
            and result.seconds > 0  # it was run, and does not just share in a notebook's failure
        ]


def digest(path: Path) -> str:
    """Return the sha256 of a submission; for one that is refused, or that we cannot read, why."""
    try:
        return Submission.read(path).sha256
    except Refused as error:
        return f"refused: {error}"  # in English, whatever is spoken: it is a key
    except OSError as error:
        return f"{UNREADABLE}: {path}: {error.strerror}"
