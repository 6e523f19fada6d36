"""Which versions of Python and torch work: `make versions` writes docs/versions.md.

    python -m tests.versions NEWEST              all cells; NEWEST is the newest torch, as 2.13.0
    python -m tests.versions NEWEST 3.12 3.13    the cells of these Pythons; the others stay

A cell is an environment of its own, in which the core of the tests runs. Only a CPU build of torch
is asked for. Where there is none, what needs no torch is run, and the table says so.
"""

import datetime
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "versions.md"
PLACE = ROOT / "build" / "versions"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
OLDEST = "2.6.0"
CORE = ("tests/model", "tests/intake", "tests/store", "tests/compare", "tests/test_csv_table.py",
        "tests/test_api.py")  # fmt: skip
"""From messages and names to tensors that are compared, and a class that is judged."""
TORCHLESS = CORE[:3]
"""Of these, most need no torch."""
TESTING = ("babel", "hypothesis")
DEPRECATED = ("-W", "error::DeprecationWarning", "-W", "error::PendingDeprecationWarning")
INDEX = os.environ.get("TORCH_INDEX") or "https://download.pytorch.org/whl/cpu"
HEAD = """\
# Versions

Made by `make versions`, part of `make ci-full`: each row is an environment of its own, in which
the core of the tests runs (messages, names and stores; tensors and gradients that are compared; a
class that is judged in the sandbox). With the newest torch, deprecation warnings are errors. A cell
that could not be run says why, and nothing follows from it for torch.

| Python | torch {oldest}, the oldest | torch {newest}, the newest |
|---|---|---|
"""
ROW = re.compile(r"(?m)^\| (\d\.\d+) \|.*\|$")


@dataclass(frozen=True)
class Outcome:
    """How the tests of a cell ended."""

    passed: int = 0
    wrong: int = 0
    """Failures, and errors."""
    needing: int = 0
    """Files that could not be imported without torch."""

    @classmethod
    def read(cls, report: str, *, torch: bool) -> "Outcome":
        """Read JUnit's XML."""
        passed = wrong = needing = 0
        for case in ElementTree.fromstring(report).iter("testcase"):
            ends = {child.tag: child for child in case}
            if "error" in ends and not torch and _is_import(ends["error"]):
                needing += 1
            elif "error" in ends or "failure" in ends:
                wrong += 1
            elif "skipped" not in ends:
                passed += 1
        return cls(passed, wrong, needing)

    def __str__(self) -> str:
        if not self.passed + self.wrong:
            return "✗ no test could be collected"
        if self.wrong:
            return f"✗ {self.wrong:,} of {self.passed + self.wrong:,} tests fail"
        return f"✓ {self.passed:,} tests"


def _is_import(error: ElementTree.Element) -> bool:
    return re.search(r"^E +(ModuleNotFound|Import)Error", error.text or "", re.M) is not None


def found(version: str) -> Path | None:
    """Return a Python of this version, fetched by uv if need be; None where there is none."""
    uv = [Path(sys.executable).with_name("uv"), "--no-config", "python"]
    find = [*uv, "find", "--no-project", "--system", version]
    if _run(find, seconds=60).returncode:
        _run([*uv, "install", version], seconds=300)
    path = Path(_run(find, seconds=60).stdout.strip())
    return path if path.is_file() else None


def row(version: str, newest: str) -> tuple[str, str]:
    """Run the tests with the oldest and with the newest torch; return what the table says."""
    python = found(version)
    if python is None:
        return (f"not run: no Python {version} was found",) * 2
    here = PLACE / version
    _run([python, "-m", "venv", "--clear", here], seconds=120)
    ours = here / "bin" / "python"
    pip = [ours, "-m", "pip", "install", "--quiet", "--retries", "0", "--timeout", "15"]
    extras = (needs for name, needs in PROJECT["optional-dependencies"].items() if name != "dev")
    needed = [*PROJECT["dependencies"], *chain.from_iterable(extras)]
    others = [need for need in needed if not need.startswith("torch>")]
    done = _run([*pip, *others, *TESTING], seconds=1200)
    if done.returncode:
        return (f"not run: {done.stderr.strip().splitlines()[-1]}",) * 2
    cells = []
    for torch in (OLDEST, newest):
        build = ["--only-binary", ":all:", "--extra-index-url", INDEX, f"torch=={torch}+cpu"]
        if _run([*pip, *build], seconds=1200).returncode == 0:
            cells.append(f"{outcome(ours, DEPRECATED if torch == newest else ())}")
        else:
            cells.append("not run: no CPU build of it was found")
    if all(said.startswith("not run") for said in cells):
        without = outcome(ours, DEPRECATED, torch=False)
        cells[1] += f"; without torch {without} ({without.needing} files of tests need it)"
    return cells[0], cells[1]


def outcome(python: Path, strict: Sequence[str], *, torch: bool = True) -> Outcome:
    """Run the core of the tests."""
    report = python.parent.parent / "junit.xml"
    report.unlink(missing_ok=True)
    what = CORE if torch else ("--noconftest", "--continue-on-collection-errors", *TORCHLESS)
    words = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not whole"]
    done = _run([*words, f"--junitxml={report}", *strict, *what], seconds=1800)
    print(*done.stdout.strip().splitlines()[-8:], sep="\n", flush=True)
    return Outcome.read(report.read_text("utf-8"), torch=torch) if report.exists() else Outcome()


def _run(words: Sequence[object], seconds: float) -> subprocess.CompletedProcess[str]:
    command = [str(word) for word in words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"nothing within {seconds:.0f} s")


def page(rows: dict[str, str], newest: str) -> str:
    """Return the page with these rows, by Python."""
    lines = "\n".join(rows[version] for version in PYTHONS if version in rows)
    return f"{HEAD.format(oldest=OLDEST, newest=newest)}{lines}\n"


def main(newest: str, only: Iterable[str]) -> int:
    """Run cells and write the page; return 1 if a test fails in any."""
    before = PAGE.read_text("utf-8") if PAGE.exists() else ""
    rows = {match[1]: match[0] for match in ROW.finditer(before)} if only else {}
    day = datetime.date.today()
    for version in only or PYTHONS:
        cells = (f"{said}, {day}" for said in row(version, newest))
        rows[version] = f"| {version} | {' | '.join(cells)} |"
        print(rows[version], flush=True)
        PAGE.write_text(page(rows, newest), "utf-8")
    return int(any("✗" in row for row in rows.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
