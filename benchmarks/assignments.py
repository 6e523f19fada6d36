"""Measure each assignment: its slowest hidden check, and a whole right submission.

The solution is handed in five times; the figures are medians. CPU is that of judge, zygote and
workers, and of nothing else on the machine. Writes its part of docs/benchmarks.md.
`python benchmarks/assignments.py`, or with names to print theirs and write nothing.
"""

import contextlib
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.judging import Metered
from grader.checking.collect import run_session
from grader.checking.proof import handed_in, notebook
from grader.checking.session import Session
from grader.course.assignment import Assignment
from grader.course.course import Course
from grader.judging.judge import judge
from grader.sandbox.guest.zygote import warm_optimizers
from grader.sandbox.host.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
ROUNDS = 5
HEADING = "## Each assignment"


class Watched(Metered):
    """A zygote that also knows what its workers have used that still live."""

    def __init__(self, **how: Any) -> None:
        self.pids: list[int] = []
        super().__init__(**how)

    def open(self, *how: Any) -> Sandbox:
        worker = super().open(*how)
        self.pids.append(worker.pid)
        return worker

    def so_far(self) -> float:
        """Return the CPU seconds of this process and of the workers that live."""
        used = time.process_time()
        for pid in self.pids:
            with contextlib.suppress(OSError):
                used += time.clock_gettime(~pid << 3 | 2)  # clock_getcpuclockid(3)
        return used


def measured(course: Course, name: str) -> dict[str, Any]:
    """Measure one assignment, in this process."""
    assignment = Assignment.read(course.solution(name))
    right = notebook(assignment.cells)
    found: dict[str, Any] = {}

    def work(session: Session) -> None:
        with Watched(trains=assignment.trains) as zygote, tempfile.TemporaryDirectory() as folder:
            if assignment.trains:
                warm_optimizers()
            path = Path(folder) / f"{name}.ipynb"
            path.write_bytes(right)
            judge(path, session, zygote, b"warm", ())  # the first of a process is slower
            gc.collect()
            gc.freeze()
            costs = []
            for number in range(ROUNDS):
                before = zygote.spent()
                judgement = judge(path, session, zygote, b"%d" % number)
                costs.append(zygote.spent() - before)
                assert judgement.earned == judgement.max_score, name
            wall, cpu = defaultdict(list), defaultdict(list)
            for number in range(ROUNDS):
                zygote.pids.clear()
                with handed_in(zygote, assignment, right) as student:
                    before = zygote.so_far()
                    for result in session.results(student, b"%d" % number, []):
                        now = zygote.so_far()
                        if not result.public:
                            wall[result.check].append(1000 * result.seconds)
                            cpu[result.check].append(1000 * (now - before))
                        before = now
            slowest = max(wall, key=lambda check: median(wall[check]))
            found.update(
                name=name, checks=len(wall), slowest=slowest, ms=median(wall[slowest]),
                cpu_ms=max(map(median, cpu.values())), cpu=median(costs),
            )  # fmt: skip

    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        run_session(assignment, course.checks(name), work)
    return found


def every(names: list[str]) -> Iterator[dict[str, Any]]:
    """Measure assignments one after the other, each in a process of its own."""
    for name in names:
        command = [sys.executable, __file__, "--one", name]
        found = json.loads(subprocess.check_output(command, text=True).splitlines()[-1])
        print(ROW.format(**found), flush=True)
        yield found


ROW = "| {name} | {checks} | {ms:.0f} | {cpu_ms:.0f} | {cpu:.2f} | `{slowest}` |"
TEXT = f"""{HEADING}

Made by `python benchmarks/assignments.py` on {{date}}: the solution, handed in {ROUNDS} times with
every sandbox layer in force; medians. Asked is that no hidden check takes more than 50 ms, and a
right submission no more than 0.4 s of CPU.

| | hidden checks | the slowest, ms | … of CPU | a right submission, s of CPU | the slowest one |
|---|--:|--:|--:|--:|---|
{{rows}}

CPU is that of judge, zygote and workers together.
"""


def main(names: list[str]) -> None:
    course = Course(ROOT)
    if names[:1] == ["--one"]:
        print(json.dumps(measured(course, names[1])))
        return
    rows = "\n".join(ROW.format(**found) for found in every(names or list(course.names())))
    if not names:
        page = ROOT / "docs" / "benchmarks.md"
        above, _, rest = page.read_text("utf-8").partition(HEADING)
        below = rest[rest.find("\n## ") :] if "\n## " in rest else ""
        text = TEXT.format(date=date.today(), rows=rows)
        page.write_text(f"{above.rstrip()}\n\n{text}{below}", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
