"""Whoever has installed the package can begin with any of its notebooks."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.cli.main import main
from grader.course import gallery
from grader.course.assignment import Assignment
from grader.course.course import Course, CourseError
from grader.course.new import new
from tests.support.own_course import OURS

ROOT = Path(__file__).parents[2]


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--course", str(folder), "new", *words])


@pytest.fixture
def other(tmp_path, monkeypatch) -> Course:
    """A gallery of two notebooks, of which the second includes and builds on the first."""
    course = Course(tmp_path / "gallery")
    new(course, "first", "One")
    source = course.solution("first")
    text = (
        '# /// script\n# [tool.grader]\n# title = "Two"\n# builds_on = ["first"]\n# ///\n\n'
        '# %% tags=["include"]\nfrom first import LayerNorm\n\n'
        '# %% question="twice"\ndef twice(x):\n    # BEGIN SOLUTION\n    return 2 * x\n'
        "    # END SOLUTION\n"
    )
    source.with_name("second.py").write_text(text)
    (course.checks("second") / "__pycache__").mkdir(parents=True)
    (course.checks("second") / "__pycache__" / "a.pyc").write_text("")
    (course.checks("second") / "mistakes.toml").write_text("")
    monkeypatch.setattr(gallery, "gallery", lambda: course)
    return course


def test_a_checkout_is_its_own_gallery():
    assert gallery.gallery().root == ROOT


def test_the_list_has_every_notebook_with_hours_level_and_title(tmp_path):
    listed = run(tmp_path, "--list")
    assert listed.exit_code == 0
    lines = {line.split()[0]: line for line in listed.output.splitlines()}
    assert {*lines} == {*OURS.names()}
    assert "3 h  ★★    One rule for every step: a recurrent network" in lines["rnn"]


def test_a_copy_has_the_checks_of_its_origin_under_the_new_name(tmp_path):
    made = run(tmp_path, "mine", "--from", "rnn", "--title", 'A "title"')
    assert made.exit_code == 0, made.output
    course = Course(tmp_path)
    assignment = Assignment.read(course.solution("mine"))
    assert assignment.title == 'A "title"' and assignment.questions[0] == "rnn_step"
    there = {p.name for p in OURS.checks("rnn").rglob("*") if "__pycache__" not in p.parts}
    assert {p.name for p in course.checks("mine").rglob("*")} == there
    assert course.notebook("mine").exists()


def test_a_copy_stands_for_itself(tmp_path, other):
    new(Course(tmp_path / "mine"), "mine", "", "second")
    text = (tmp_path / "mine" / "solutions" / "mine.py").read_text()
    assert "You wrote this in first.ipynb" in text and "from first import" not in text
    assert "builds_on" not in text and 'title = "Two"' in text
    assert not list((tmp_path / "mine").rglob("__pycache__"))


def test_a_notebook_that_is_not_there_is_named_with_those_that_are(tmp_path):
    wrong = run(tmp_path, "mine", "--from", "rrn")
    assert wrong.exit_code == 2 and "There is no assignment 'rrn'" in wrong.output
    assert not (tmp_path / "solutions").exists()
    assert run(tmp_path).exit_code == 2


def test_an_installation_without_notebooks_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(gallery, "__file__", str(tmp_path / "a" / "b" / "c.py"))
    monkeypatch.setattr(gallery, "files", lambda name: [])
    with pytest.raises(CourseError, match="This installation has no notebooks"):
        gallery.gallery()
