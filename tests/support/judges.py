"""Judges who are no processes: what is around judging is tested in no time.

Some give everybody the same judgement; others judge as the real ones do, without the seconds that a
process and its zygote take to start.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.course.assignment import Assignment
from grader.judging.batch import digest
from grader.judging.job import Job, Task
from grader.model.judgement import Judgement
from grader.model.result import Result, Status

if TYPE_CHECKING:
    from grader.checking.session import Session
    from grader.sandbox.host.zygote import Zygote

Judged = tuple[Task, Judgement]
RESULTS = (
    Result("test_double_is_a_sum", "double", Status.PASSED, 2, "A sum.", seconds=0.1),
    Result("test_one_becomes_two", "double", Status.FAILED, 0, "Two.", seconds=0.1, public=True),
    Result("test_halves_make_a_whole", "halve", Status.PASSED, 3, "A whole.", seconds=0.1),
)


@dataclass
class Judges:
    """Judges who give everybody the same judgement, and remember what they were given."""

    results: tuple[Result, ...] = RESULTS
    layers: tuple[str, ...] = ("landlock", "seccomp")
    tasks: list[Task] = field(default_factory=list)

    def grade(self, tasks: Iterable[Task], job: Job, jobs: int) -> Iterator[Judged]:
        for task in tasks:
            self.tasks.append(task)
            known = digest(task.path)
            sha256 = "" if known.startswith("refused") else known
            yield task, Judgement(
                "doubling", "Doubling", sha256, ("double", "halve"), self.results,
                layers=self.layers,
            )  # fmt: skip


def here(zygote: "Zygote") -> Callable[[Iterable[Task], Job, int], Iterator[Judged]]:
    """Return what takes the place of `grade`, and judges in this process.

    Only here torch is imported, which costs a program with judges who are none a second.
    """
    from grader.checking.collect import run_session
    from grader.judging.judge import judge

    def grade(tasks: Iterable[Task], job: Job, jobs: int) -> Iterator[Judged]:
        found: list[Judged] = []

        def attend(session: "Session") -> None:
            session.zygote = zygote
            for task in tasks:
                given = (task.path, session, zygote, job.key, task.kept, task.refused)
                found.append((task, judge(*given)))

        for name, module in list(sys.modules.items()):  # the checks may have changed since
            if (getattr(module, "__file__", None) or "").startswith(str(job.checks)):
                del sys.modules[name]
        run_session(Assignment.read(job.solution), job.checks, attend)
        yield from found

    return grade
