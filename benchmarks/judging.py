"""Judge files when told to, and say what came of each and what it has cost: for before.py.

It runs with this checkout's grader, or with an earlier one's where PYTHONPATH says so. A line of
JSON for every request: `{"way": "sandbox", "files": […]}`, or "floor" for the same cells and checks
in this very process. CPU seconds are those of this process, the zygote and the workers, and of
nothing else on the machine. `python benchmarks/judging.py COURSE ASSIGNMENT`
"""

import contextlib
import gc
import json
import os
import re
import sys
import time
import types
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from grader.checking.collect import run_session
from grader.checking.session import Session
from grader.checking.solution import Solution
from grader.course.assignment import Assignment
from grader.course.course import Course
from grader.judging.judge import judge
from grader.sandbox.guest import zygote
from grader.sandbox.guest.notebook import execution, slice
from grader.sandbox.guest.notebook import read as notebook
from grader.sandbox.host.sandbox import Sandbox
from grader.sandbox.host.zygote import Zygote

ADDRESS = re.compile(r"0x[0-9a-f]{8,}")


def loaded_here(data: bytes, names: tuple[str, ...]) -> Solution:
    """Load a submission into this very process."""
    statements, _ = slice.statements(notebook.read(data))
    module = types.ModuleType("__main__")
    execution.run(slice.needed(statements, names), vars(module))
    return Solution(module)


class Metered(Zygote):
    """A zygote that knows how many CPU seconds it and its workers have used."""

    workers, opened, ended = 0.0, 0, 0

    def _hear(self) -> Any:
        message, fds = super()._hear()
        if "end" in message:
            self.workers += message["cpu_seconds"]
            self.ended += 1
            self._ends[message["end"]] = message
        return message, fds

    def open(self, *how: Any) -> Sandbox:
        worker = super().open(*how)
        self.opened += 1
        status = Path(f"/proc/{worker.pid}/status").read_text()
        self.parent = int(re.search(r"^PPid:\s*(\d+)$", status, re.MULTILINE)[1])
        return worker

    def spent(self) -> float:
        """Return the CPU seconds of this process, the zygote and the workers, which have ended."""
        while self.ended < self.opened:
            self._hear()
        zygote = time.clock_gettime(~self.parent << 3 | 2)  # clock_getcpuclockid(3)
        return time.process_time() + zygote + self.workers


def main(course: Course, name: str) -> None:
    assignment = Assignment.read(course.solution(name))

    def on_the_floor(session: Session, path: Path) -> list[dict[str, Any]]:
        student = loaded_here(path.read_bytes(), assignment.questions)
        return [asdict(result) for result in session.results(student, b"", [])]

    def serve(session: Session) -> None:
        with Metered(trains=assignment.trains) as warm:
            gc.collect()
            gc.freeze()
            for line in sys.stdin:
                request = json.loads(line)
                found = []
                before = warm.spent()
                for path in map(Path, request["files"]):
                    torch.manual_seed(0)  # public checks draw as notebooks do
                    if request["way"] == "floor":
                        found.append(on_the_floor(session, path))
                    else:
                        found.append([asdict(judge(path, session, warm, b"a key"))])
                cost = warm.spent() - before
                print(json.dumps({"cpu": cost, "found": [told(f) for f in found]}), file=said)
                said.flush()

    torch.set_default_dtype(torch.float64)
    zygote.warm_up(trains=assignment.trains)
    said = os.fdopen(os.dup(1), "w")
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        run_session(assignment, course.checks(name), serve)


def told(reports: list[dict[str, Any]]) -> str:
    """Return all that a report says, but for how long it took and where objects lay."""
    text = json.dumps(reports, sort_keys=True, default=str)
    return ADDRESS.sub("0x…", re.sub(r'"seconds": [0-9.e-]+', '"seconds": 0', text))


if __name__ == "__main__":
    main(Course(Path(sys.argv[1])), sys.argv[2])
