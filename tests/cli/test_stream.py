"""A command does all of its work and ends with its exit code, whoever reads what it prints."""

import csv
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import walls
from tests.support.small_course import write

pytestmark = walls.ON_LINUX

ROOT = Path(__file__).parents[2]
JUDGED = """
import grader.judging.batch
from grader.cli.main import main
from tests.support.judges import Judges
grader.judging.batch.grade = Judges().grade
main()
"""
"""`grader`, with judges who give everybody the same report."""
ALL = """
import shlex, sys
import grader.judging.batch
from grader.cli.main import main
from tests.support.judges import Judges
grader.judging.batch.grade = Judges().grade
for words in sys.argv[2:]:
    try:
        main(["--course", sys.argv[1], *shlex.split(words)])
    except SystemExit as end:
        print("code", end.code, file=sys.stderr)
"""
"""The same for many commands."""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course, and hand-ins under names that not every terminal can show."""
    write(tmp_path)
    (tmp_path / "in").mkdir()
    for number, name in enumerate(("kim", "김철수", "lee☃")):
        (tmp_path / "in" / f"{name}.ipynb").write_text(f"{number}")
    return tmp_path


def shell(course: Path, words: str, after: str = "", **environment: str) -> tuple[int, str, str]:
    """Run a command, with more of the shell after it; return its own exit code and what it said."""
    command = shlex.join([sys.executable, "-c", JUDGED, "--course", f"{course}"])
    done = subprocess.run(
        ["bash", "-c", f'{command} {words} {after}; exit "${{PIPESTATUS[0]}}"'],
        capture_output=True, text=True, cwd=ROOT, env=os.environ | environment,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def grade(course: Path) -> str:
    return f"grade {course}/in -a doubling -o {course}/out -j 1"


def students(course: Path) -> list[str]:
    with (course / "out" / "grades.csv").open(encoding="utf-8") as table:
        return [row["student"] for row in csv.DictReader(table)]


def test_a_reader_who_goes_away_changes_nothing_else(course):
    code, said, errors = shell(course, grade(course), "| head -1")
    assert (code, errors) == (0, "") and len(said.splitlines()) == 1
    assert len(students(course)) == 3 and (course / "out" / "report.html").is_file()
    code, _, errors = shell(course, grade(course) + " --json", "| true")
    assert (code, errors.count("Traceback")) == (0, 0)
    table = course / "decisions.csv"
    table.write_text("id,question,points,comment\nkim,halve,0,\n")
    assert shell(course, f"override {course}/out {table}", "| true")[0] == 0
    assert shell(course, f"diff {course}/out", "| head -1")[0] == 1, "a score moved"


def test_output_on_a_full_disk_is_said_once_the_work_is_done(course):
    code, _, errors = shell(course, grade(course), "> /dev/full")
    assert code == 4
    assert errors == "Error: the output cannot be written: No space left on device.\n"
    assert len(students(course)) == 3


@pytest.mark.parametrize(
    ("environment", "graded"),
    [
        ({"PYTHONIOENCODING": "ascii"}, 0),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, 3),  # ids lack letters
    ],
    ids=["ascii", "C"],
)
def test_names_that_a_terminal_cannot_show_end_no_command(course, environment, graded):
    (course / "roster.csv").write_text("id,name\nkim,김민준\n박,박☃\n", "utf-8")
    (course / "canvas.csv").write_text("ID,Doubling\nkim,\n박,\n", "utf-8")
    (course / "wrong.csv").write_text("id,question,points,comment\n김,halve,0,\n", "utf-8")
    out = f"{course}/out"
    commands = {
        f"{grade(course)} --roster {course}/roster.csv --lang ko": graded,
        f"diff {out}": 0,
        f"gradebook {out} {course}/canvas.csv --column Doubling -o {course}/up.csv": 3,
        f"results {out} {course}/all.jsonl": 0,
        f"override {out} {course}/wrong.csv": 2,
        f"regrade {out} -s 박": 2,
    }
    done = subprocess.run(
        [sys.executable, "-c", ALL, f"{course}", *commands],
        capture_output=True, text=True, cwd=ROOT, env=os.environ | environment,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr
    codes = [line.split()[1] for line in done.stderr.splitlines() if line.startswith("code ")]
    assert codes == [str(code) for code in commands.values()], done.stderr
    assert done.stdout.isascii() and "\\ubc15" in done.stdout
    assert ("PYTHONUTF8=1" in done.stdout + done.stderr) == (graded == 3)
