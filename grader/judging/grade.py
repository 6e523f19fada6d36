"""Grade a class: a pool of judges, one process per core, makes a Report of each submission.

A judge that dies costs the submission it had two more tries with other judges; a submission that
costs three judges is reported as grader_error, and everybody else is graded.
"""

from collections.abc import Callable, Generator, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..model.result import Result, Status
from ..model.verdict import Report
from .job import TRIES, Job, Task
from .pool import Pool

if TYPE_CHECKING:
    from ..checking.session import Session
    from ..sandbox.host.sandbox import Zygote
    from ..sandbox.host.warming import Warming


def grade(
    submissions: Iterable[Task], job: Job, jobs: int, cores: Sequence[Set[int]] = ()
) -> Generator[Report, None, None]:
    """Yield a Report for each submission, as they are finished.

    Submissions are taken one by one, as judges come free. `cores` says where each judge may run, if
    not on a core of its own. Raises CannotJudge when the author's checks or the sandbox do not
    work.
    """
    with Pool(Grading(job), jobs, cores) as judges:
        yield from judges.serve(submissions)


@dataclass(frozen=True)
class Grading:
    """What a pool of judges does; see Service."""

    job: Job
    tries: ClassVar[int] = TRIES
    seconds: ClassVar[float | None] = None  # a submission has its own limits

    def zygote(self, session: "Session", warming: "Warming | None") -> "Zygote":
        """Start a zygote, and try its walls and the solution in it."""
        from .proven import proven_zygote

        return proven_zygote(session, self.job, warming)

    def server(self, session: "Session", zygote: "Zygote") -> Callable[[Task], Report]:
        """Return what judges a submission."""
        from .judge import judge

        def answer(task: Task) -> Report:
            student, path, kept, refused = task
            return judge(student, path, session, zygote, self.job.key, kept, refused)

        return answer

    def lost(self, task: Task, code: int | None) -> Report:
        """Report a submission on which judge after judge died."""
        return lost(task, self.job)


def lost(task: Task, job: Job) -> Report:
    """Report a submission on which judge after judge died."""
    student, path = task.student, task.path
    name = job.solution.stem
    detail = f"{TRIES} judges ended while they graded this submission"
    result = Result(
        "the whole submission", name, Status.GRADER_ERROR, 0,
        "Could not be judged: our fault, a person will look.", detail=detail,
    )  # fmt: skip
    return Report(name, name, student, path.name, "", (name,), (result,))
