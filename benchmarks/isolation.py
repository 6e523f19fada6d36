"""What isolation costs: the same submissions, in turn without it and with it, in one run.

The floor is the same cells and the same checks in this very process, warm and with no isolation.
Nobody should grade like this; it is what a judge with its sandbox is compared with, on the same
core, a few submissions at a time, so that neighbours who slow the machine down slow both.

Prints JSON: CPU seconds per submission of both, a pair for each round. They are the whole
machine's, which must be quiet otherwise. `python benchmarks/isolation.py ROUNDS FILE...`
"""

import contextlib
import gc
import json
import os
import sys
import types
from itertools import cycle
from pathlib import Path

import torch
from throughput import busy

from grader.checking.collect import run_session
from grader.checking.session import Session
from grader.checking.solution import Solution
from grader.course.assignment import Assignment
from grader.course.course import Course
from grader.judging.grade import grade
from grader.judging.job import Job, Task
from grader.model.result import Status
from grader.sandbox.guest import zygote
from grader.sandbox.guest.notebook import execution, slice
from grader.sandbox.guest.notebook import read as notebook

CORE, FEW = 0, 4


def loaded_here(data: bytes, names: tuple[str, ...]) -> Solution:
    """Load a submission into this very process."""
    statements, _ = slice.statements(notebook.read(data))
    module = types.ModuleType("__main__")
    execution.run(slice.needed(statements, names), vars(module))
    return Solution(module)


def main(rounds: int, files: list[Path]) -> None:
    course = Course.find(Path(__file__).parent)
    job = Job(course.solution("attention"), course.checks("attention"), b"benchmark")
    assignment = Assignment.read(job.solution)
    os.sched_setaffinity(0, {CORE})

    def work(session: Session) -> None:
        def floor(some: list[Path]) -> None:
            for path in some:
                student = loaded_here(path.read_bytes(), assignment.questions)
                results = session.results(student, b"", [])
                lost = [r for r in results if r.status is not Status.PASSED]
                assert not lost, lost[0]

        def isolated(some: list[Path]) -> None:
            for _ in some:
                task, judgement = next(found)
                assert judgement.earned == judgement.max_score, (task.path, judgement.earned)

        def both() -> tuple[float, float]:
            costs = [0.0, 0.0]
            for first in range(0, len(files), FEW):
                for n, way in enumerate((floor, isolated)):
                    before = busy()
                    way(files[first : first + FEW])
                    costs[n] += busy() - before
            return costs[0] / len(files), costs[1] / len(files)

        # the judge gets its next submission when it is asked for the next one
        found = grade((Task(p) for p in cycle(files)), job, 1, [{CORE}])
        with contextlib.closing(found):
            both()
            gc.collect()
            gc.freeze()
            print(json.dumps([both() for _ in range(rounds)]), file=said)

    said = sys.stdout
    torch.set_default_dtype(torch.float64)
    zygote.warm_up(trains=False)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        run_session(assignment, job.checks, work)


if __name__ == "__main__":
    main(int(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
