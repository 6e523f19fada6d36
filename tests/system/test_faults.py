"""Faults of the machine, injected into a real `grader grade`: what is judged stays, and the same
command goes on. docs/reliability.md has the table of all of them."""

import ast
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import grader
from grader.cli.main import main
from grader.store.store import Store
from tests.support import walls
from tests.support.small_course import RIGHT, notebook, write

pytestmark = [walls.ON_LINUX, pytest.mark.usefixtures("judged_here")]  # what goes on, see below

ROOT = Path(__file__).parents[2]
MANY = 12
CODE = [sys.executable, "-c", "from grader.cli.main import main; main()"]
STRACE = pytest.mark.skipif(not shutil.which("strace"), reason="injects its faults with strace")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A course, and `in` with twelve right submissions, no two of the same bytes."""
    write(tmp_path / "course")
    (tmp_path / "in").mkdir()
    for number in range(MANY):
        data = notebook(f"{RIGHT}\nstudent = {number}")
        (tmp_path / "in" / f"s{number}_doubling.ipynb").write_bytes(data)
    return tmp_path


def grade(
    folder: Path, *before: str, limits: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Grade the class, with a program such as strace in front."""
    words = ["--course", folder / "course", "grade", folder / "in", "-a", "doubling"]
    words += ["-o", folder / "out", "-j", "1"]
    command = [*before, *CODE, *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=300, preexec_fn=limits
    )


def scores(folder: Path) -> dict[str, float | None]:
    with Store(folder / "out" / "grades.sqlite") as store:
        return {standing.student: standing.score for standing in store.standings()}


def goes_on(folder: Path, kept: dict[str, float | None]) -> None:
    """The same command, without a fault, keeps what was judged and judges the rest."""
    words = ["--course", folder / "course", "grade", folder / "in", "-a", "doubling"]
    done = CliRunner().invoke(main, [str(word) for word in (*words, "-o", folder / "out")])
    assert done.exit_code == 0, done.output
    assert f"{len(kept)} judged before" in done.output
    assert scores(folder) == {f"s{number}": 5 for number in range(MANY)}


@STRACE
@pytest.mark.parametrize("error", [pytest.param("EIO", marks=pytest.mark.whole), "ENOSPC"])
def test_a_disk_that_fails_while_grades_are_written_is_a_sentence_and_loses_nothing(folder, error):
    # SQLite syncs a file for every report that it acknowledges; from the 14th time on, it fails
    inject = f"inject=fdatasync:error={error}:when=14+"
    done = grade(folder, "strace", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", inject)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "grades.sqlite cannot be used" in done.stderr and "Traceback" not in done.stderr
    kept = scores(folder)
    assert 0 < len(kept) < MANY and set(kept.values()) == {5}
    goes_on(folder, kept)


@pytest.mark.whole
@STRACE
def test_a_disk_that_fails_while_a_submission_is_read_is_no_score_of_the_student(folder):
    kept = {f"s{number}": 5.0 for number in range(MANY)}
    broken = folder / "in" / "s3_doubling.ipynb"
    inject = ["-P", broken, "-e", "inject=read:error=EIO"]  # of this file alone
    done = grade(folder, "strace", "-f", "-qq", "-o", "/dev/null", *map(str, inject))
    assert done.returncode == 3, done.stdout + done.stderr
    assert scores(folder) == kept | {"s3": None}
    said = (folder / "out" / "s3" / "feedback.html").read_text()
    assert "Our fault, not yours" in said and "Input/output error" not in said
    kept.pop("s3")
    goes_on(folder, kept)


def test_too_few_file_descriptors_cost_no_grade(folder):
    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))

    done = grade(folder, limits=few)
    assert done.returncode not in (0, 130)
    assert "Too many open files" in done.stdout + done.stderr
    store = folder / "out" / "grades.sqlite"
    kept = scores(folder) if store.exists() else {}
    assert set(kept.values()) <= {5}
    goes_on(folder, kept)


@pytest.mark.whole
def test_too_little_memory_for_a_judge_is_no_score(folder):
    def little() -> None:  # enough for the parent; a judge imports torch
        resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))

    done = grade(folder, limits=little)
    assert done.returncode in (2, 3), done.stdout + done.stderr
    kept = scores(folder)
    assert not any(score is not None for score in kept.values())
    assert grade(folder).returncode == 0
    assert scores(folder) == {f"s{number}": 5 for number in range(MANY)}


@pytest.mark.whole
@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupt_and_another_one_lose_nothing(folder, times):
    words = ["--course", folder / "course", "grade", folder / "in", "-a", "doubling"]
    words += ["-o", folder / "out", "-j", "1"]
    with subprocess.Popen(
        [*CODE, *map(str, words)], cwd=ROOT, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 120
        while not (folder / "out" / "s1" / "feedback.html").exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        for _ in range(times):
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.05)
        code = process.wait(timeout=60)
    kept = scores(folder)
    assert code == 130 or len(kept) == MANY
    assert kept and set(kept.values()) == {5}
    goes_on(folder, kept)


def test_a_clock_that_jumps_ends_nobody():
    """Deadlines go by clocks that only run forwards."""
    used = {
        f"{path.name}: {ast.unparse(node)}"
        for path in Path(grader.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and re.fullmatch(r"time\.time(_ns)?", ast.unparse(node))
    }
    assert not used


def test_a_page_that_cannot_be_written_hangs_nobody_and_costs_nobody_else(folder):
    (folder / "out" / "s3" / "results.json").mkdir(parents=True)  # nothing replaces a folder
    done = grade(folder)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "s3/results.json cannot be written: Is a directory" in done.stdout
    assert "Traceback" not in done.stderr
    assert scores(folder) == {f"s{number}": 5 for number in range(MANY)}
    assert (folder / "out" / "report.html").exists()
