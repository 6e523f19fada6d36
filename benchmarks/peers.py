"""Measure what a submission costs in this grader, in otter-grader and in nbgrader.

    python benchmarks/peers.py [--counts 1 10 300] [--most 10] [-o docs]

One run, one machine, the same notebooks: the attention assignment with its solution filled in. The
peers get what `grader export` makes of it, so their checks are weaker than ours, and run beside the
student's code without a sandbox. They take seconds per submission whatever the number, so `--most`
bounds how many of theirs are measured; the table says how many were. The machine must be quiet:
its CPU seconds are counted whole.
"""

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.throughput import busy, watch
from grader.course.course import Course
from grader.exchange.transcript.nbgrader import nbgrader
from grader.exchange.transcript.otter import otter

COURSE, NAME = Path(__file__).parents[1], "attention"
API = """
import json, sys
from otter.api import grade_submission
archive, *files = sys.argv[1:]
totals = [grade_submission(file, ag_path=archive, quiet=True).total for file in files]
print(json.dumps(totals), file=sys.stderr)
"""


@dataclass
class Cost:
    """What so many submissions have cost in one grader."""

    grader: str
    count: int
    measured: int
    seconds: float
    """By the clock, per submission; as CPU seconds are."""
    cpu: float
    memory_mb: int
    """Peak of all processes together, shared pages counted once (PSS)."""


class Bench:
    """Exports, submissions, and the graders that take them."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        course = Course(COURSE)
        transcripts = otter(course, NAME, folder / "otter").transcripts
        self.carried, self.checks = len(transcripts.calls), len(transcripts.checks)
        nbgrader(course, NAME, folder / "nbgrader")
        self.run(["otter", "assign", "master.ipynb", "dist"], folder / "otter")
        self.run(["nbgrader", "generate_assignment", NAME], folder / "nbgrader")
        (self.archive,) = (folder / "otter" / "dist" / "autograder").glob("*.zip")
        self.files = list(self._submissions(count))

    def run(self, command: list[str], cwd: Path | None = None) -> tuple[float, float, int]:
        """Run a program; return wall seconds, CPU seconds of the machine, and peak memory in MB."""
        before, start, peak = busy(), time.perf_counter(), {"Pss": 0, "Rss": 0}
        process = subprocess.Popen(
            [sys.executable, "-m", *command] if command[0] != "-c" else [sys.executable, *command],
            cwd=cwd or self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(COURSE)},
        )  # fmt: skip
        watcher = threading.Thread(target=watch, args=(process, peak))
        watcher.start()
        _, self.said = process.communicate()
        watcher.join()
        if process.returncode:
            raise SystemExit(f"{command[:3]} failed:\n{self.said}")
        return time.perf_counter() - start, busy() - before, peak["Pss"]

    def _submissions(self, count: int) -> Iterator[Path]:
        """Fill the solution into nbgrader's release; no two files are the same."""
        books = self.folder / "nbgrader"
        source, release = (
            nbformat.read(books / version / NAME / f"{NAME}.ipynb", 4)
            for version in ("source", "release")
        )
        answers = {
            cell.metadata.nbgrader.grade_id: cell.source
            for cell in source.cells
            if cell.metadata.nbgrader.solution
        }
        for cell in release.cells:
            cell.source = answers.get(cell.metadata.nbgrader.grade_id, cell.source)
        release.metadata["otter"] = {"assignment_name": NAME}  # otter-grader refuses any other
        for number in range(count):
            release.cells[0].source += " "
            path = self.folder / "class" / f"student{number}_{NAME}.ipynb"
            path.parent.mkdir(exist_ok=True)
            nbformat.write(release, path)
            yield path

    def ours(self, files: list[Path]) -> tuple[float, float, int]:
        """Grade with this grader, in the sandbox, with one judge per core."""
        out = self.folder / f"ours{len(files)}"
        command = ["grader.cli.main", "--course", str(COURSE), "grade", *map(str, files)]
        cost = self.run(["-c", MAIN, *command[1:], "-a", NAME, "-o", str(out)])
        with (out / "grades.csv").open() as table:
            require([row["score"] == row["max"] for row in csv.DictReader(table)], len(files))
        return cost

    def otter_run(self, files: list[Path]) -> tuple[float, float, int]:
        """Grade with `otter run`, a process per submission."""
        costs, full = [], []
        for file in files:
            out = self.folder / f"otter_{len(files)}_{file.stem}"
            out.mkdir()
            costs.append(
                self.run(["otter", "run", str(file), "-a", str(self.archive), "-o", str(out)])
            )
            tests = json.loads((out / "results.json").read_text())["tests"]
            full.append(all(t.get("score") == t.get("max_score") for t in tests))
        require(full, len(files))
        return sum(c[0] for c in costs), sum(c[1] for c in costs), max(c[2] for c in costs)

    def otter_api(self, files: list[Path]) -> tuple[float, float, int]:
        """Grade with otter-grader's Python API, all in one process."""
        cost = self.run(["-c", API, str(self.archive), *map(str, files)])
        totals = json.loads(self.said.strip().splitlines()[-1])
        require([total == max(totals) > 90 for total in totals], len(files))
        return cost

    def autograde(self, files: list[Path]) -> tuple[float, float, int]:
        """Grade with `nbgrader autograde`, all in one process."""
        course = self.folder / f"nbgrader{len(files)}"
        for version in ("source", "release"):
            copied = course / version / NAME / f"{NAME}.ipynb"
            copied.parent.mkdir(parents=True)
            copied.write_bytes(
                (self.folder / "nbgrader" / version / NAME / f"{NAME}.ipynb").read_bytes()
            )
        self.run(["nbgrader", "generate_assignment", NAME, "--force"], course)
        for file in files:
            handed_in = course / "submitted" / file.stem.split("_")[0] / NAME / f"{NAME}.ipynb"
            handed_in.parent.mkdir(parents=True)
            handed_in.write_bytes(file.read_bytes())
        cost = self.run(["nbgrader", "autograde", NAME], course)
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
            found = book.assignment_submissions(NAME)
            require([one.score == one.max_score for one in found], len(files))
        return cost


REPORT = """\
# What a submission costs, here and elsewhere

`python benchmarks/peers.py`, {date}, on {machine}.

The attention assignment with its solution filled in, the same notebooks for all; everybody got full
marks from everybody. This grader runs all {checks} hidden checks across a sandbox's border, one
judge per core. The others run the {carried} transcripts that [`grader export`](otter.md) carries
over, one submission after the other, in the student's own process. Seconds are per submission,
startup included; memory is the peak of all processes, shared pages once. Where fewer were measured
than counted, the seconds are those of the measured ones.

| grader | submissions | measured | wall s | CPU s | peak MB |
|---|--:|--:|--:|--:|--:|
{rows}

{times}

![CPU seconds per submission against the number of submissions](peers.svg)
"""
MAIN = "from grader.cli.main import main; main()"


def require(full: list[bool], count: int) -> None:
    """Stop unless everybody has full marks: a grader that fails is fast."""
    if not (len(full) == count and all(full)):
        raise SystemExit(f"{sum(full)} of {count} submissions have full marks")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 10, 300])
    parser.add_argument("--most", type=int, default=10, help="of the peers, how many to measure")
    parser.add_argument("-o", "--out", type=Path, default=COURSE / "docs")
    options = parser.parse_args()
    programs = Path(sys.executable).parent  # nbgrader starts `alembic` by its name alone
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), max(options.counts))
        graders: dict[str, Callable[[list[Path]], tuple[float, float, int]]] = {
            "this grader": bench.ours,
            "otter run": bench.otter_run,
            "otter API": bench.otter_api,
            "nbgrader autograde": bench.autograde,
        }
        costs, known = [], {}
        for name, grade in graders.items():
            for count in sorted(options.counts):
                measured = count if grade == bench.ours else min(count, options.most)
                if (name, measured) not in known:
                    known[name, measured] = grade(bench.files[:measured])
                wall, cpu, memory = known[name, measured]
                costs.append(Cost(name, count, measured, wall / measured, cpu / measured, memory))
                print(costs[-1], flush=True)
    text = report(costs, bench.carried, bench.checks)
    print(text)
    (options.out / "peers.md").write_text(text, "utf-8")
    plot(costs, options.out / "peers.svg")


def report(costs: list[Cost], carried: int, checks: int) -> str:
    """Return the table, with what is to be known of it."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}"
    rows = "\n".join(
        f"| {c.grader} | {c.count} | {c.measured} | {c.seconds:.2f} | {c.cpu:.2f} | {c.memory_mb} |"
        for c in costs
    )
    most = max(c.count for c in costs)
    own, *others = (c for c in costs if c.count == most)
    ratios = ", ".join(f"{c.grader} {c.cpu / own.cpu:.1f} times" for c in others)
    times = f"CPU per submission, of {most}, as a multiple of this grader's: {ratios}."
    return REPORT.format(
        date=date.today(), machine=machine, rows=rows, times=times, carried=carried, checks=checks
    )


def plot(costs: list[Cost], target: Path) -> None:
    """Draw CPU seconds per submission; hollow marks are extrapolated."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = NAME
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for grader in dict.fromkeys(c.grader for c in costs):
        own = [c for c in costs if c.grader == grader]
        (line,) = axes.plot([c.count for c in own], [c.cpu for c in own], label=grader)
        for c in own:
            face = line.get_color() if c.measured == c.count else "white"
            axes.plot(c.count, c.cpu, "o", color=line.get_color(), markerfacecolor=face)
    axes.set(xscale="log", yscale="log", xlabel="submissions", ylabel="CPU seconds per submission")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    main()
