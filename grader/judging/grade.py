"""Grade a class: the one file that knows the whole sequence.

    find submissions → hand them to judges, one process per core → a Report for each, as it is done

A judge that dies costs the submission it had two more tries with other judges; a submission that
costs three judges is reported as grader_error, and everybody else is graded.
"""

import os
from collections import Counter
from collections.abc import Generator, Iterable, Sequence, Set
from itertools import islice
from multiprocessing.connection import wait

from ..model.result import Result, Status
from ..model.verdict import Report
from .foreman import Foreman, Judge
from .job import TRIES, CannotJudge, Job, Task


def grade(
    submissions: Iterable[Task], job: Job, jobs: int, cores: Sequence[Set[int]] = ()
) -> Generator[Report, None, None]:
    """Yield a Report for each submission, as they are finished.

    Submissions are taken one by one, as judges come free. `cores` says where each judge may run, if
    not on a core of its own. Raises CannotJudge when the author's checks or the sandbox do not
    work.
    """
    coming = iter(submissions)
    todo = list(islice(coming, jobs))
    tries: Counter[Task] = Counter()
    foreman = Foreman(job)
    judges: list[Judge] = []
    cores = cores or [{core} for core in sorted(os.sched_getaffinity(0))]
    try:
        judges += [Judge(foreman, cores[n % len(cores)]) for n in range(len(todo))]
        while judges:
            for connection in wait([judge.connection for judge in judges]):
                judge = next(j for j in judges if j.connection is connection)
                try:
                    said = judge.connection.recv()
                except (EOFError, OSError):  # it died: its submission goes to another one
                    said = None
                task, judge.task = judge.task, None
                if isinstance(said, CannotJudge):
                    raise said
                if isinstance(said, int):
                    judge.begin(said)
                elif isinstance(said, Report):
                    yield said
                elif said is None:
                    judges.remove(judge)
                    judge.dismiss()
                    if task is None:
                        raise CannotJudge("a judge ended before it could work")
                    tries[task] += 1
                    if tries[task] < TRIES:
                        todo.append(task)
                    else:
                        yield lost(task, job)
                    todo = todo or list(islice(coming, 1))
                    if todo:  # its first message, who it is, comes later
                        judges.append(Judge(foreman, judge.cores))
                    continue
                todo = todo or list(islice(coming, 1))
                if todo:
                    judge.give(todo.pop(0))
                else:
                    judges.remove(judge)
                    judge.dismiss()
    finally:
        if judges:  # interrupted while they start or work
            foreman.terminate()
        for judge in judges:
            judge.kill()
            judge.dismiss()
        foreman.close()


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
