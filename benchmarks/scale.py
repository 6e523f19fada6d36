"""What a class of 10,000 costs beside judging: memory, disk, time, and whether anybody is lost.

    python benchmarks/scale.py [MANY]

The sample class is judged for real, which gives the seconds per submission. Then classes of 1,000
and MANY notebooks are graded by judges who answer at once, with the Judgements of the sample class
in turn. So the submissions and the judging are synthetic; intake, store, pages, tables and what the
terminal shows are those of `grader grade`, in a process of its own. Then `grader grade` itself
finds that nothing is to be judged. At last a dask scheduler hands out tasks that do nothing, with
as many bytes to and fro as a submission and its Judgement. Prints the figures of docs/scale.md.
"""

import csv
import operator
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from distributed import LocalCluster

from grader.course.course import Course
from grader.judging import cluster
from grader.judging.job import Job, Task
from grader.judging.scheduler import Scheduler
from grader.store.store import NAME, Store
from tests import classroom

HERE = Path(__file__).parent
FEW, MANY, TASKS = 1_000, 10_000, 2_000


@dataclass(frozen=True)
class Seconds:
    """What something has taken; the clock also counts what the machine did for others."""

    clock: float
    cpu: float
    """Of all processes that were started here and have ended."""


@dataclass(frozen=True)
class Cost:
    """What a class has cost."""

    count: int
    grading: Seconds
    memory: int
    """Peak of the process that takes in, keeps and exports, in bytes."""
    store: int
    disk: int
    lost: int
    unchanged: Seconds
    """The same command again, from the start of Python to its end."""
    decision: Seconds
    """`grader override` with one line, which makes the class's page and table anew."""


LINES = {
    "peak memory of the trusted process, MB": lambda c: f"{c.memory / 2**20:.1f}",
    "CPU for intake, store and pages, ms per submission": lambda c: per(c, c.grading.cpu),
    "the same on the clock, ms per submission": lambda c: per(c, c.grading.clock),
    "store, bytes per submission": lambda c: f"{c.store // c.count:,}",
    "all files, in blocks of the disk, bytes per submission": lambda c: f"{c.disk // c.count:,}",
    "lost": lambda c: f"{c.lost}",
    "the same command again, s of CPU": lambda c: f"{c.unchanged.cpu:.2f}",
    "the same command again, s on the clock": lambda c: f"{c.unchanged.clock:.2f}",
    "one decision, with the class's page and table, s of CPU": lambda c: f"{c.decision.cpu:.2f}",
}


def main(many: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = classroom.build(folder / "sample").values()
        files = [hand_in.path.read_bytes() for hand_in in made]
        start = now()
        grade(folder / "sample", folder / "recorded", "-j", 1)
        judging = since(start).clock / len(files)
        costs = [measure(folder, files, count) for count in (FEW, many)]
    print(f"judging {len(files)} samples for real, one judge: {judging:.2f} s per submission")
    print(f"handing out over dask: {1000 * hand_out(max(files, key=len)):.1f} ms per task\n")
    table(costs, LINES)
    few, most = costs
    growth = most.memory / few.memory - 1
    print(f"\nmemory: {growth:+.1%} from {few.count:,} to {most.count:,}")


def table(costs: list[Any], lines: dict[str, Callable[[Any], str]]) -> None:
    """Print what classes have cost, a column for each."""
    print("| |" + "".join(f" {cost.count:,} |" for cost in costs))
    print("|---|" + "---:|" * len(costs))
    for label, say in lines.items():
        print(f"| {label} |" + "".join(f" {say(cost)} |" for cost in costs))


def per(cost: Cost, seconds: float) -> str:
    return f"{1000 * seconds / cost.count:.1f}"


def measure(folder: Path, files: list[bytes], count: int) -> Cost:
    """Grade so many notebooks, each with bytes of its own, and look at what is there then."""
    submissions, out = hand_in(folder, files, count), folder / f"out_{count}"
    start = now()
    said = program(HERE / "instant.py", folder / "recorded", submissions, out)
    grading = since(start)
    with Store(out / NAME) as store:
        students = {standing.student for standing in store.standings()}
    with (out / "grades.csv").open(newline="") as rows:
        students &= {row["student"] for row in csv.DictReader(rows)}
    students &= {path.parent.name for path in out.glob("*/feedback.html")}
    students &= {path.parent.name for path in out.glob("*/results.json")}
    start = now()
    assert "0 to judge" in grade(submissions, out)
    unchanged = since(start)
    decision = decide(folder, out)
    return Cost(
        count=count,
        grading=grading,
        memory=int(said.split()[-1]),
        store=(out / NAME).stat().st_size,
        disk=sum(path.lstat().st_blocks * 512 for path in out.rglob("*")),
        lost=count - len(students),
        unchanged=unchanged,
        decision=decision,
    )


def decide(folder: Path, out: Path) -> Seconds:
    """Make one decision with `grader override`."""
    decisions = folder / "decisions.csv"
    decisions.write_text("id,question,points,comment\nstudent_000003,split_heads,0.5,see me\n")
    start = now()
    assert "1 decision counts" in command("override", out, decisions)
    return since(start)


def hand_in(folder: Path, files: list[bytes], count: int) -> Path:
    """Make a class of so many notebooks, each with bytes of its own; return its folder."""
    submissions = folder / f"in_{count}"
    submissions.mkdir()
    for number in range(count):
        own = files[number % len(files)] + b"\n%d" % number
        (submissions / f"student_{number:06}_attention.ipynb").write_bytes(own)
    return submissions


def hand_out(data: bytes) -> float:
    """Return the seconds per task of client, scheduler and two workers who do nothing."""
    cluster._submit = lambda client, task, digest: client.submit(operator.mul, data, 4, pure=False)
    cluster.unpack = lambda judgement: judgement
    course = Course.find(HERE)
    job = Job(course.solution("attention"), course.checks("attention"), b"benchmark")
    tasks = (Task(HERE) for number in range(TASKS))
    with LocalCluster(n_workers=2, threads_per_worker=4, dashboard_address=None) as machines:
        start = now()
        scheduler = Scheduler(machines.scheduler_address)
        done = sum(1 for _ in cluster.grade_on(scheduler, tasks, job))
        assert done == TASKS
        return since(start).clock / TASKS


def grade(submissions: Path, out: Path, *options: object) -> str:
    """Run `grader grade`, as a TA does."""
    return command("grade", submissions, "-a", "attention", "-o", out, *options)


def command(*words: object) -> str:
    """Run a command of `grader`."""
    return program("-c", "from grader.cli.main import main; main()", *words)


def program(*arguments: object) -> str:
    """Run Python and return what it prints; 3 is the exit code where a person should look."""
    words = [sys.executable, *map(str, arguments)]
    done = subprocess.run(
        words, stdout=subprocess.PIPE, text=True, cwd=HERE.parent,
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
    )  # fmt: skip
    if done.returncode not in (0, 3):
        raise SystemExit(f"{words} ended with {done.returncode}")
    return done.stdout


def now() -> Seconds:
    _, _, user, system, clock = os.times()
    return Seconds(clock, user + system)


def since(start: Seconds) -> Seconds:
    end = now()
    return Seconds(end.clock - start.clock, end.cpu - start.cpu)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else MANY)
