"""Grade a class: a pool of judges, one process per core, makes a Judgement of each submission.

A judge that dies costs the submission it had two more tries with other judges; a submission that
costs three judges is reported as grader_error, and everybody else is graded.
"""

from collections.abc import Callable, Generator, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..model.judgement import Judgement
from ..model.message import Message
from ..model.result import Result, Status
from .job import TRIES, Job, Task
from .pool import Pool

if TYPE_CHECKING:
    from ..checking.session import Session
    from ..sandbox.host.warming import Warming
    from ..sandbox.host.zygote import Zygote


Graded = tuple[Task, Judgement]


def grade(
    submissions: Iterable[Task], job: Job, jobs: int, cores: Sequence[Set[int]] = ()
) -> Generator[Graded, None, None]:
    """Yield each task with its Judgement, as they are finished.

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
        """Start a zygote; try its layers and the solution in it."""
        from .proven import proven_zygote

        return proven_zygote(session, self.job, warming)

    def server(self, session: "Session", zygote: "Zygote") -> Callable[[Task], Graded]:
        """Return what judges a submission."""
        from .judge import judge

        def answer(task: Task) -> Graded:
            key, kept = self.job.key, task.kept
            judgement = judge(task.path, session, zygote, key, kept, task.refused)
            return task._replace(kept=()), judgement

        return answer

    def lost(self, task: Task, code: int | None) -> Graded:
        """Say of a submission that judge after judge died on it."""
        return task, lost(self.job)


def lost(job: Job) -> Judgement:
    """Say of a submission that judge after judge died on it."""
    name = job.solution.stem
    detail = f"{TRIES} judges ended while they graded this submission"
    result = Result(
        "the whole submission", name, Status.GRADER_ERROR, 0,
        Message("Could not be judged: our fault, a person will look."), detail=detail,
    )  # fmt: skip
    return Judgement(name, name, "", (name,), (result,))
