"""`grader grade` goes on where it was, after an edit or SIGKILL; to see it, it needs no torch."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.judging import batch
from grader.model.standing import Standing
from grader.store.store import Store
from tests.support.small_course import CHECKS, RIGHT, notebook, write

TRIPLES = RIGHT.replace("2 * x", "3 * x")
ASKS = """
import sys
from grader.cli.main import main
try:
    main()
except SystemExit as end:
    print("code", end.code, "torch" in sys.modules, "pytest" in sys.modules)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A course, and a folder `in` with a class."""
    write(tmp_path / "course")
    hand_in(tmp_path, right=RIGHT, same=RIGHT, wrong=TRIPLES)
    return tmp_path


def hand_in(folder: Path, **sources: str) -> None:
    (folder / "in").mkdir(exist_ok=True)
    for student, source in sources.items():
        (folder / "in" / f"{student}_doubling.ipynb").write_bytes(notebook(source))


def command(folder: Path) -> list[str]:
    words = ["--course", folder / "course", "grade", folder / "in", "-a", "doubling"]
    return [str(word) for word in (*words, "-o", folder / "out", "-j", 1)]


def grade(folder: Path) -> str:
    result = CliRunner().invoke(main, command(folder))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def standings(folder: Path) -> dict[str, Standing]:
    with Store(folder / "out" / "grades.sqlite") as store:
        return {standing.student: standing for standing in store.standings()}


def test_a_file_that_changes_while_it_is_judged_is_not_passed_over(
    folder, judged_here, monkeypatch
):
    digest = batch.digest
    monkeypatch.setattr(batch, "digest", lambda path: f"of before: {path}")
    result = CliRunner().invoke(main, command(folder))
    assert result.exit_code == 3 and "3 changed while being judged" in result.output
    monkeypatch.setattr(batch, "digest", digest)
    assert "3 of 3 submissions" in grade(folder)


def test_only_what_has_changed_is_judged_again(folder, judged_here):
    assert "0 judged before; 2 to judge: 2 new" in grade(folder)
    before = standings(folder)
    assert {s: r.score for s, r in before.items()} == {"right": 5, "same": 5, "wrong": 3}
    pages = {path: path.read_bytes() for path in (folder / "out").rglob("*.*") if path.is_file()}

    asked = [sys.executable, "-c", ASKS, *command(folder)]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert "2 judged before; 0 to judge" in done.stdout
    assert done.stdout.splitlines()[-1] == "code 0 False False", "neither torch nor pytest"
    assert all(path.read_bytes() == data for path, data in pages.items() if data[:6] != b"SQLite")

    (path,) = (folder / "course").glob("autograder_tests/doubling/test_*.py")
    agrees = next(line for line in CHECKS.split("\n") if "agree(student.double" in line)
    path.write_text(CHECKS.replace(agrees, "    assert student.double(draw(3)).shape == (3,)"))
    said = grade(folder)
    assert "0 judged before; 2 to judge: 2 judged by checks that have changed since" in said
    after = standings(folder)
    assert {s: r.score for s, r in after.items()} == {"right": 5, "same": 5, "wrong": 5}
    for student, standing in after.items():
        double, _, halve = standing.judgement.results
        assert (
            double.check == "test_double_is_a_sum"
            and double != before[student].judgement.results[0]
        )
        assert halve == before[student].judgement.results[2], "kept, with its seconds"


@pytest.mark.skipif(sys.platform != "linux", reason="grading runs on Linux")
def test_a_killed_command_goes_on_where_it_was(folder):
    sleeps = RIGHT.replace("return x / 2", "import time; time.sleep(1000)")
    hand_in(folder, same=sleeps, wrong=sleeps + "# too")
    words = [sys.executable, "-c", "from grader.cli.main import main; main()", *command(folder)]
    with subprocess.Popen(words, start_new_session=True, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not (folder / "out" / "right" / "feedback.html").exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    assert not (folder / "out" / "grades.csv").exists()
    first = standings(folder)["right"]
    hand_in(folder, same=TRIPLES, wrong=TRIPLES)
    assert "1 judged before; 1 to judge: 1 new" in grade(folder)
    after = standings(folder)
    assert after["right"] == first
    assert {s: r.score for s, r in after.items()} == {"right": 5, "same": 3, "wrong": 3}
    assert (folder / "out" / "grades.csv").exists()


def test_a_store_that_cannot_be_used_is_a_sentence_and_exit_code_4(folder):
    (folder / "out").mkdir()
    (folder / "out" / "grades.sqlite").write_text("no database, but long enough to be one" * 9)
    result = CliRunner().invoke(main, command(folder))
    assert result.exit_code == 4 and "is not a store of grades" in result.output


def test_a_late_hand_in_costs_what_the_rule_says_until_somebody_excuses_it(folder, judged_here):
    at = datetime(2026, 11, 20, 12)
    for hours, student in ((-1, "right"), (30, "wrong")):
        moment = (at + timedelta(hours=hours)).timestamp()
        os.utime(folder / "in" / f"{student}_doubling.ipynb", (moment, moment))
    (folder / "in" / "same_doubling.ipynb").unlink()

    def again(*more: str) -> dict[str, tuple[float | None, float]]:
        words = [*command(folder), "--names", "{id}_*.ipynb", *more]
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
        return {s: (standing.score, standing.hours) for s, standing in standings(folder).items()}

    deadline = ["--deadline", "2026-11-20 12:00"]
    found = again(*deadline)
    earned = found["wrong"][0]
    assert found == {"right": (5, 0), "wrong": (earned, 30)} and earned
    assert again("--late", "score * (1 - 0.25 * days)")["wrong"] == (earned / 2, 30)
    assert again() == {"right": (5, 0), "wrong": (earned / 2, 30)}
    said = json.loads((folder / "out" / "wrong" / "results.json").read_text())
    assert said["score"] == earned / 2
    assert f"30 hours after the deadline: {earned} points count as" in said["output"]
    table = folder / "decisions.csv"
    table.write_text("id,question,points,comment\nwrong,(late),0,was ill\n")
    excused = CliRunner().invoke(main, ["override", str(folder / "out"), str(table)])
    assert excused.exit_code == 0, excused.output
    assert standings(folder)["wrong"].score == earned
    refused = CliRunner().invoke(main, [*command(folder), "--late", "score ** 2"])
    assert refused.exit_code == 2 and "holds what no rule knows" in refused.output
