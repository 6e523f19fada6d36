"""The whole loop of nbgrader's exchange, with the real one, and our grading in its middle."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.course import Course
from grader.exchange.transcript.nbgrader import nbgrader as export
from tests.support.small_course import write

NAME = "doubling"


@pytest.fixture
def exchange(tmp_path, monkeypatch):
    """A course of ours, one of nbgrader's, a student's folder, and what runs nbgrader in them."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    write(tmp_path / "ours")
    config = f"""
c = get_config()
c.CourseDirectory.course_id = "deep"
c.Exchange.root = {str(tmp_path / "exchange")!r}
c.Exchange.cache = {str(tmp_path / "cache")!r}
c.Exchange.assignment_dir = {str(tmp_path / "student")!r}
c.Exchange.timezone = "UTC"
"""
    for folder in ("teacher", "student", "exchange"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "nbgrader_config.py").write_text(config)
    (tmp_path / "exchange").chmod(0o777)

    def run(folder: str, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *command],
            cwd=tmp_path / folder, capture_output=True, text=True, timeout=240,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


@pytest.mark.whole
def test_feedback_comes_back_by_the_exchange(exchange, tmp_path, judged_here):
    export(Course(tmp_path / "ours"), NAME, tmp_path / "teacher")
    exchange("teacher", "generate_assignment", NAME)
    exchange("teacher", "release_assignment", NAME)
    exchange("student", "fetch_assignment", NAME)
    notebook = tmp_path / "student" / NAME / f"{NAME}.ipynb"
    notebook.write_text(notebook.read_text().replace("raise NotImplementedError", "return 2 * x"))
    exchange("student", "submit", NAME)
    exchange("teacher", "collect", NAME)

    submitted = tmp_path / "teacher" / "submitted"
    ours, out = ["--course", str(tmp_path / "ours")], tmp_path / "out"
    words = ["grade", submitted, "-a", NAME, "--names", "nbgrader", "-o", out, "-j", 1]
    graded = CliRunner().invoke(main, [*ours, *map(str, words)], catch_exceptions=False)
    assert graded.exit_code == 0, graded.output
    back = ["feedback", out, "--for", "nbgrader", "-o", tmp_path / "teacher"]
    returned = CliRunner().invoke(main, [*ours, *map(str, back)], catch_exceptions=False)
    assert returned.exit_code == 0, returned.output

    exchange("teacher", "release_feedback", NAME)
    exchange("student", "fetch_feedback", NAME)
    (page,) = (tmp_path / "student" / NAME / "feedback").rglob("*.html")
    (student,) = (path.name for path in submitted.iterdir())
    assert page.name == f"{NAME}.html" and page.parent.name == moment(submitted / student / NAME)
    text = page.read_text()
    assert f"– {student}</title>" in text and "Two halves make a whole." in text


def moment(folder: Path) -> str:
    return (folder / "timestamp.txt").read_text()
