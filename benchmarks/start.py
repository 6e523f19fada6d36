"""What a start costs: until two judges have graded an empty notebook each, and for one notebook.

    python benchmarks/start.py [ROUNDS] [CHECKOUT...]

Prints seconds by the clock and of CPU, those of all processes that were started together, and
their ratio to `import torch` in the same round. With other checkouts (`git worktree add`), theirs
as well.
"""

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests import classroom
from tests.support.small_course import notebook

HERE = Path(__file__).parents[1]
JUDGES = """
import sys
from pathlib import Path
from grader.course.course import Course
from grader.judging.grade import grade
from grader.judging.job import Job, Task

course, name, *files = sys.argv[1:]
course = Course(Path(course))
job = Job(course.solution(name), course.checks(name), b"benchmark")
found = [judgement for _, judgement in grade([Task(Path(f)) for f in files], job, 2)]
assert len(found) == 2 and not any(judgement.faulty for judgement in found)
"""
MEASURED = """
import contextlib, ctypes, os, resource, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: what is left behind is ours to reap
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
wall = time.perf_counter() - start
with contextlib.suppress(ChildProcessError):
    while True:
        os.wait()
use = resource.getrusage(resource.RUSAGE_CHILDREN)
print(wall, use.ru_utime + use.ru_stime)
"""


def cost(checkout: Path, *command: str) -> tuple[float, float]:
    """Run a program of Python; return seconds by the clock, and of CPU with all its children."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    measured = [sys.executable, "-c", MEASURED, sys.executable, "-P", *command]
    wall, cpu = subprocess.check_output(measured, env=environment, text=True).split()
    return float(wall), float(cpu)


def starts(checkout: Path, folder: Path) -> Iterator[tuple[str, tuple[float, float]]]:
    """Start everything there once."""
    files = []
    for number in range(2):
        files.append(str(folder / f"{number}.ipynb"))
        Path(files[-1]).write_bytes(notebook(f"x = {number}"))
    for name in ("attention", "lstm_mnist"):
        used = cost(checkout, "-c", JUDGES, str(checkout), name, *files)
        yield f"two judges of {name}", used
    one = folder / "one.ipynb"  # a right one: what is empty goes to a person, exit code 3
    one.write_bytes(classroom.notebook(classroom.script_of("right/plain")))
    command = ["grade", str(one), "-a", "attention", "-o", str(folder / checkout.name)]
    said = f"import os, sys; os.chdir({str(checkout)!r}); from grader.cli.main import main; main()"
    yield "grader grade one.ipynb", cost(checkout, "-c", said, *command)


def main(rounds: int, checkouts: list[Path]) -> None:
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    torch: list[tuple[float, float]] = []
    for _ in range(rounds):
        torch.append(cost(HERE, "-c", "import torch"))
        for checkout in checkouts:
            with tempfile.TemporaryDirectory() as folder:
                for what, used in starts(checkout, Path(folder)):
                    found[f"{checkout.name}: {what}"].append(used)
    for what, costs in {"import torch": torch, **found}.items():
        wall, cpu = (median(kind) for kind in zip(*costs, strict=True))
        pairs = list(zip(costs, torch, strict=True))
        by_clock, of_cpu = (median(own[i] / once[i] for own, once in pairs) for i in (0, 1))
        print(f"{what}: {wall:.2f} s by the clock, {cpu:.2f} s of CPU; ", end="")
        print(f"{by_clock:.2f} and {of_cpu:.2f} x import torch")


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["3"])[0]), [HERE, *map(Path, sys.argv[2:])])
