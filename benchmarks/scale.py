"""What a class of 10,000 costs beside judging: memory, disk, time, and whether anybody is lost.

    python benchmarks/scale.py [MANY]

The sample class is judged for real, which gives the seconds per submission. Then classes of 1,000
and MANY notebooks are graded by judges who answer at once, with the Reports of the sample class in
turn. So the submissions and the judging are synthetic; intake, store, pages, tables and what the
terminal shows are those of `grader grade`, in a process of its own. At last `grader grade` itself
finds that nothing is to be judged. Prints tables for docs/scale.md.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from grader.store import NAME, Store
from tests import classroom

HERE = Path(__file__).parent
FEW, MANY = 1_000, 10_000
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Cost:
    """What a class has cost."""

    count: int
    seconds: float
    memory: int
    """Peak of the process that takes in, keeps and exports, in bytes."""
    store: int
    disk: int
    lost: int
    unchanged: float
    """Seconds of the same command again, from the start of Python to its end."""


def main(many: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = classroom.build(folder / "sample").values()
        files = [hand_in.path.read_bytes() for hand_in in made]
        start = time.monotonic()
        grade(folder / "sample", folder / "recorded")
        judging = CORES * (time.monotonic() - start) / len(files)
        costs = [measure(folder, files, count) for count in (FEW, many)]
    print(f"judging {len(files)} samples for real: {judging:.2f} s of a core per submission\n")
    print(
        "| |" + "".join(f" {cost.count:,} |" for cost in costs) + "\n|---|" + "---:|" * len(costs)
    )
    for label, say in LINES.items():
        print(f"| {label} |" + "".join(f" {say(cost)} |" for cost in costs))
    few, most = costs
    print(
        f"\nmemory: {100 * (most.memory / few.memory - 1):+.1f} % from {few.count} to {most.count}"
    )


LINES = {
    "peak memory of the trusted process, MB": lambda c: f"{c.memory / 2**20:.1f}",
    "seconds per submission: intake, store, pages": lambda c: f"{c.seconds / c.count:.4f}",
    "bytes per submission in the store": lambda c: f"{c.store // c.count:,}",
    "bytes per submission on disk, all files, in blocks": lambda c: f"{c.disk // c.count:,}",
    "lost": lambda c: f"{c.lost}",
    "the same command again, seconds": lambda c: f"{c.unchanged:.2f}",
}


def measure(folder: Path, files: list[bytes], count: int) -> Cost:
    """Grade so many notebooks, each with bytes of its own, and look at what is there then."""
    submissions, out = folder / f"in_{count}", folder / f"out_{count}"
    submissions.mkdir()
    for number in range(count):
        own = files[number % len(files)] + b"\n" * (number // len(files)) + b"%d" % number
        (submissions / f"student_{number:06}_attention.ipynb").write_bytes(own)
    start = time.monotonic()
    said = program(str(HERE / "instant.py"), folder / "recorded", submissions, out)
    seconds = time.monotonic() - start
    with Store(out / NAME) as store:
        students = {report.student for report in store.reports()}
    with (out / "grades.csv").open(newline="") as table:
        students &= {row["student"] for row in csv.DictReader(table)}
    pages = {path.parent.name for path in out.glob("*/feedback.html")}
    results = {path.parent.name for path in out.glob("*/results.json")}
    start = time.monotonic()
    assert "0 to judge" in grade(submissions, out)
    return Cost(
        count, seconds, int(said.split()[-1]), (out / NAME).stat().st_size,
        sum(path.lstat().st_blocks * 512 for path in out.rglob("*")),
        count - len(students & pages & results), time.monotonic() - start,
    )  # fmt: skip


def grade(submissions: Path, out: Path) -> str:
    """Run `grader grade`, as a TA does; 3 is the exit code where a person should look."""
    code = "from grader.cli import main; main()"
    return program("-c", code, "grade", submissions, "-a", "attention", "-o", out)


def program(*arguments: object) -> str:
    """Run Python and return what it prints."""
    words = [sys.executable, *map(str, arguments)]
    done = subprocess.run(
        words, stdout=subprocess.PIPE, text=True, cwd=HERE.parent,
        env={**os.environ, "PYTHONPATH": str(HERE.parent), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    if done.returncode not in (0, 3):
        raise SystemExit(f"{words} ended with {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else MANY)
