"""Measure what isolation costs: submissions per second, CPU per submission, and memory.

The ratio of CPU times is taken in one run (isolation.py) and holds where absolute figures do not.
Writes docs/benchmarks.md. `make bench`
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.before import HEADING
from tests import classroom

HERE = Path(__file__).parent
FEW, MANY, JOBS, ROUNDS = 12, 72, 2, 9


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = submissions(Path(folder), MANY)
        said, memory = run("batch.py", str(JOBS), *files)
        batch = json.loads(said)
        turns = [sys.executable, str(HERE / "isolation.py"), str(ROUNDS), *files[:FEW]]
        said = subprocess.check_output(turns, text=True)  # unwatched: that costs CPU, too
        pairs = json.loads(said)
    ratios = sorted(isolated / floor for floor, isolated in pairs)
    text = REPORT.format(
        date=date.today(),
        machine=f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}",
        many=MANY,
        few=FEW,
        jobs=JOBS,
        rounds=ROUNDS,
        rate=batch["count"] / batch["seconds"],
        layers=", ".join(batch["layers"]),
        floor=1000 * median(floor for floor, _ in pairs),
        cpu=1000 * median(isolated for _, isolated in pairs),
        ratio=median(ratios),
        lowest=ratios[0],
        highest=ratios[-1],
        memory=memory,
    )
    print(text)
    page = HERE.parent / "docs" / "benchmarks.md"
    _, heading, beside = page.read_text().partition(HEADING)  # before.py's part
    page.write_text(f"{text}\n{heading}{beside}" if heading else text)


def submissions(folder: Path, count: int) -> list[str]:
    """Make `count` notebooks that deserve full marks, in the styles of tests/submissions."""
    right = [name for name, line, _ in classroom.samples() if name.startswith("right/")]
    files = []
    for number in range(count):
        script = classroom.script_of(right[number % len(right)])
        path = folder / f"student{number}_attention.ipynb"
        path.write_bytes(classroom.notebook(f"{script}\n# %%\nstudent = {number}\n"))
        files.append(str(path))
    return files


def busy() -> float:
    """Return the CPU seconds that the whole machine has worked; it must be quiet meanwhile.

    The usage of our children would miss workers: who kills a zygote at the end gets no account.
    """
    user, nice, system = map(int, Path("/proc/stat").read_text().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def run(script: str, *arguments: str) -> tuple[str, dict[str, int]]:
    """Run a benchmark as a program; return what it prints, and the peak memory of its tree."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / script), *arguments],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    peak = {"Pss": 0, "Rss": 0}
    watcher = threading.Thread(target=watch, args=(process, peak))
    watcher.start()
    said, _ = process.communicate()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{script} failed")
    return said, peak


def watch(process: subprocess.Popen, peak: dict[str, int]) -> None:
    """Keep the largest memory of a process and all its descendants, in MB, twice a second."""
    while process.poll() is None:
        sizes = {"Pss": 0, "Rss": 0}
        for pid in tree(process.pid):
            try:
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
            except OSError:
                continue
            for line in lines:
                name, value = line.split()[:2]
                if name[:-1] in sizes:
                    sizes[name[:-1]] += int(value)
        for name, value in sizes.items():
            peak[name] = max(peak[name], value >> 10)
        time.sleep(0.5)  # reading costs CPU, which `busy` counts


def tree(root: int) -> list[int]:
    """Return a process and its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found


REPORT = """\
# Benchmarks

Made by `make bench` on {date}; {machine}. The ratio was taken in one run and carries over to
other machines; absolute figures do not.

Notebooks of the attention assignment that deserve full marks, in a dozen styles, graded with every
sandbox layer in force ({layers}).

| | |
|---|---|
| submissions per second, warm, {jobs} judges, {many} notebooks | {rate:.1f} |
| CPU per submission: judge and sandbox together | {cpu:.0f} ms |
| CPU per submission: the floor (same cells and checks, warm, in one process) | {floor:.0f} ms |
| **ratio to the floor** | **{ratio:.2f}** |
| peak memory of the process tree: proportional (shared pages counted once) | {memory[Pss]} MB |
| peak memory of the process tree: sum of resident sizes | {memory[Rss]} MB |

CPU is the whole machine's. `benchmarks/isolation.py` grades {few} of the notebooks in turn on the
floor and with a warm judge, four at a time, {rounds} times over; the figures are medians, and the
ratio lay between {lowest:.2f} and {highest:.2f}.
"""

if __name__ == "__main__":
    main()
