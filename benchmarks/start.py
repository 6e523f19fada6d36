"""What it costs until the first reports are there: of two judges, and of `grader grade` for one.

Prints CPU seconds of all processes that were started, by the clock as well, beside those of
`import torch` in the same minute. `python benchmarks/start.py [ROUNDS] [COURSE]`
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

HERE = Path(__file__).parents[1]
JUDGES = """
import sys
from pathlib import Path
from grader.course.course import Course
from grader.grading.grade import grade
from grader.grading.orders import Orders, Work

course, name, *files = sys.argv[1:]
course = Course(Path(course))
orders = Orders(course.solution(name), course.checks(name), b"benchmark")
reports = [r for r in grade([Work(str(n), Path(f)) for n, f in enumerate(files)], orders, 2)]
assert len(reports) == 2 and all(r.judged for r in reports)
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
