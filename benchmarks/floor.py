"""The floor: the same cells and checks, run warm in one process, without any isolation.

Prints CPU seconds per submission. Nobody should grade like this; it is what isolation is compared
with. `python benchmarks/floor.py ROUNDS FILE...`
"""

import contextlib
import gc
import os
import sys
import time
import types
from pathlib import Path
from typing import Any

import torch

from grader.checking.session import Session, run_session
from grader.checking.solution import Solution
from grader.course.assignment import Assignment
from grader.course.course import Course
from grader.untrusted import execution, notebook, slice, worker
from grader.verdict import Status


class Here(Solution):
    """A submission, loaded into this very process."""

    def __init__(self, data: bytes, names: tuple[str, ...]) -> None:
        statements, _ = slice.statements(notebook.read(data))
        self._module = types.ModuleType("__main__")
        execution.run(slice.needed(statements, names), self._module.__dict__)


def main(rounds: int, files: list[Path]) -> None:
    course = Course.find(Path(__file__).parent)
    assignment = Assignment.read(course.solution("attention"))

    def work(session: Session) -> None:
        def once(path: Path) -> None:
            student: Any = Here(path.read_bytes(), assignment.questions)
            lost = [r for r in session.results(student, b"", []) if r.status is not Status.PASSED]
            assert not lost, lost[0]

        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            for path in files:
                once(path)
            gc.collect()
            gc.freeze()
            start = time.process_time()
            for _ in range(rounds):
                for path in files:
                    once(path)
            seconds = time.process_time() - start
        print(seconds / (rounds * len(files)))

    torch.set_default_dtype(torch.float64)
    worker.warm_up(trains=False)
    run_session(assignment, course.checks("attention"), work)


if __name__ == "__main__":
    main(int(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
