"""Hold this checkout against an earlier commit: the same outcomes, at what share of the cost.

    python benchmarks/before.py COMMIT [--rounds 5] [--outcomes]

Both grade the same files in turns, a few at a time, so that neighbours who slow the machine down
slow both; CPU seconds are those of judge, zygote and workers alone. The ratios go to
docs/benchmarks.md: of right answers, known mistakes and unknown ones. With --outcomes, the whole
sample class and every known mistake are graded by both, and who is told something else is named.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from grader.checking.mistake import read_mistakes
from grader.course.assignment import Assignment
from grader.course.build import skeleton
from grader.course.course import Course
from tests import classroom

HERE = Path(__file__).parents[1]
NAMES = ("attention", "lstm_mnist")
RIGHT, KNOWN, UNKNOWN = KINDS = ("right", "mistakes", "unknown")
FIRST = "8061f08"
"""The first commit that can judge when it is told to; earlier ones judge by its program."""
FEW = 6
ODD = {
    "attention": (
        ("ScaledDotProductAttention", "math.sqrt(Q.size(-1))", "(Q.size(-1) + 0.3)"),
        ("ScaledDotProductAttention", "return weights @ V,", "return weights @ (V + 0.1 * V**2),"),
        ("split_heads", "x.reshape(", "x.roll(1, -1).reshape("),
        ("merge_heads", "x.transpose(", "x.roll(1, 1).transpose("),
        (
            "MultiHeadAttention",
            "self.dropout(weights) @ v",
            "self.dropout(weights) @ (v + 0.1 * k)",
        ),
        ("MultiHeadAttention", "self.q_proj(Q)", "self.q_proj(Q + 0.1)"),
    ),
    "lstm_mnist": (
        ("rows_as_sequence", "return images", "images = images.roll(1, -1)\n    return images"),
        (
            "LSTMCell",
            "return lstm_step(\n            x,",
            "return lstm_step(\n            x + 0.1,",
        ),
    ),
}
"""Mistakes that no bank knows: question, what to replace, and by what."""


class Side:
    """One checkout, and a program that judges with it."""

    def __init__(self, checkout: Path, assignment: str) -> None:
        program = checkout / "benchmarks" / "judging.py"
        if not program.exists():
            command = ["git", "-C", str(HERE), "show", f"{FIRST}:benchmarks/judging.py"]
            program.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
        self._process = subprocess.Popen(
            [sys.executable, str(program), str(checkout), assignment],
            env={**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def grade(self, files: list[Path], way: str = "sandbox") -> dict[str, Any]:
        """Return CPU seconds, and what came of each file."""
        assert self._process.stdin and self._process.stdout
        print(json.dumps({"way": way, "files": list(map(str, files))}), file=self._process.stdin)
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def __enter__(self) -> "Side":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def write_class(name: str, folder: Path) -> dict[str, list[Path]]:
    """Write right answers, every known mistake, unknown ones, and the sample class; by kind."""
    course = Course(HERE)
    assignment = Assignment.read(course.solution(name))
    cells = {cell.question: cell.source for cell in assignment.cells if cell.question}
    files: dict[str, list[Path]] = defaultdict(list)

    def write(kind: str, title: str, data: bytes) -> None:
        files[kind].append(folder / f"{name}_{kind}_{title.replace('/', '_')}.ipynb")
        files[kind][-1].write_bytes(data)

    for path in sorted((course.checks(name) / "variants").glob("*.py")):
        write(RIGHT, path.stem, answered(assignment, cells, path.read_text("utf-8")))
    write(RIGHT, "solution", answered(assignment, cells))
    for mistake in read_mistakes(course.checks(name) / "mistakes.toml", assignment):
        if not mistake.equivalent:
            made = mistake.made_in(cells[mistake.question])
            answers = cells | {mistake.question: made}
            write(KNOWN, mistake.name, answered(assignment, answers))
    for number, (question, old, new) in enumerate(ODD[name]):
        assert old in cells[question], f"{old!r} is not in {question}"
        answers = cells | {question: cells[question].replace(old, new)}
        write(UNKNOWN, f"{number}", answered(assignment, answers))
    for title, _, content in classroom.samples() if name == "attention" else ():
        write("sample", title, content)
    return files


def answered(assignment: Assignment, answers: dict[str, str], more: str = "") -> bytes:
    """Return the assignment's notebook with answers filled in, and one more cell."""
    book = skeleton(assignment)
    for cell in book["cells"]:
        if question := cell["metadata"].get("grader", {}).get("question"):
            cell["source"] = answers.get(question, cell["source"])
    book["cells"].append({**book["cells"][1], "id": "more", "source": more})
    return json.dumps(book).encode()


def require_equal(old: Side, new: Side, files: list[Path]) -> int:
    """Name those who are told something else by the two sides; return how many."""
    different = 0
    for path in files:
        if old.grade([path])["found"] != new.grade([path])["found"]:
            different += 1
            print(f"different: {path.stem}", flush=True)
    return different


def measure(old: Side, new: Side, files: dict[str, list[Path]], rounds: int) -> dict[str, float]:
    """Return ratios of CPU seconds, medians of all rounds; a first round warms up."""
    ratios: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        cost: dict[tuple[str, str], float] = {}
        for kind in KINDS:
            some = files[kind]
            some = [some[(number * FEW + n) * 7 % len(some)] for n in range(FEW)]
            for said, side in (("old", old), ("new", new)):
                cost[said, kind] = side.grade(some)["cpu"] / FEW
            if kind == RIGHT:
                cost["floor", kind] = old.grade(some, "floor")["cpu"] / FEW
        if not number:
            continue
        own = cost["new", RIGHT]
        for kind in KINDS:
            ratios[f"{kind}: now / before"].append(cost["new", kind] / cost["old", kind])
            if kind != RIGHT:
                ratios[f"{kind}: now / right answers now"].append(cost["new", kind] / own)
        ratios["right answers now / the floor before"].append(own / cost["floor", RIGHT])
        ratios["right answers now, ms of CPU"].append(1000 * own)
    return {what: median(each) for what, each in ratios.items()}


HEADING = "## Beside an earlier commit"
REPORT = """
`python benchmarks/before.py {commit}`, {date}; {machine}. Both checkouts graded the same files in
turns. CPU seconds are those of judge, zygote and workers; figures are medians of {rounds} rounds of
{few} files of each kind. The floor is the same cells and checks in one process, without a sandbox,
as that commit runs them.

| | {names} |
|---|{lines}|
{rows}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("commit")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--outcomes", action="store_true")
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    different = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        git = ["git", "-C", str(HERE), "worktree"]
        subprocess.run([*git, "add", "-q", "--detach", folder / "old", options.commit], check=True)
        try:
            for name in NAMES:
                files = write_class(name, folder)
                with ExitStack() as stack:
                    sides = [stack.enter_context(Side(c, name)) for c in (folder / "old", HERE)]
                    if options.outcomes:
                        different += require_equal(
                            *sides, [f for each in files.values() for f in each]
                        )
                    if options.rounds:
                        found[name] = measure(*sides, files, options.rounds)
        finally:
            subprocess.run([*git, "remove", "--force", folder / "old"], check=True)
    if options.rounds:
        rows = "\n".join(
            f"| {what} | " + " | ".join(f"{found[name][what]:.2f}" for name in NAMES) + " |"
            for what in found[NAMES[0]]
        )
        machine = f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}"
        text = REPORT.format(
            commit=options.commit, date=date.today(), machine=machine, rounds=options.rounds,
            few=FEW, names=" | ".join(NAMES), lines="|".join("--:" for _ in NAMES), rows=rows,
        )  # fmt: skip
        print(text)
        page = HERE / "docs" / "benchmarks.md"
        above, _, rest = page.read_text("utf-8").partition(HEADING)
        below = rest[rest.index("\n## ") :] if "\n## " in rest else ""
        page.write_text(f"{above.rstrip()}\n\n{HEADING}\n{text}{below}", "utf-8")
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
