"""The course's own solution is tried before a class, once for all that verdicts depend on."""

import pytest
from click.testing import CliRunner

from grader.checking.collect import run_session
from grader.checking.session import Session
from grader.cli.main import main
from grader.course.assignment import Assignment
from grader.judging.job import Job
from grader.judging.proven import try_solution
from tests.support.small_course import CHECKS, IMPORTS, RIGHT, write

ATTRIBUTE = (
    IMPORTS
    + '''
@question("double")
@points(2)
def test_double_has_a_name(student, draw):
    """It has a name."""
    assert student.double.__qualname__ == "double"
'''
)


@pytest.fixture
def tries(tmp_path, zygote, monkeypatch):
    """A course, and a function that has its solution tried; it returns how often it really was."""
    course, name = write(tmp_path)
    course.key()
    tried = []
    prove = Session.prove
    monkeypatch.setattr(Session, "prove", lambda *args: (tried.append(1), prove(*args)))
    job = Job(course.solution(name), course.checks(name), course.key())

    def again() -> int:
        tried.clear()
        assignment = Assignment.read(job.solution)
        run_session(assignment, job.checks, lambda s: try_solution(s, zygote, job))
        return len(tried)

    return course, name, again


def test_it_is_tried_once(tries):
    *_, again = tries
    assert [again(), again()] == [1, 0]


def test_it_is_tried_anew_when_a_check_changes(tries):
    course, name, again = tries
    again()
    (checks,) = course.checks(name).glob("test_*.py")
    checks.write_text(checks.read_text().replace("draw(3)", "draw(4)"))
    assert again() == 1


def test_a_solution_that_fails_is_tried_each_time(tries):
    course, name, again = tries
    for old in course.checks(name).glob("test_*.py"):
        old.unlink()
    (course.checks(name) / "test_of_attributes.py").write_text(ATTRIBUTE)
    assert [again(), again()] == [1, 1]


def test_a_course_that_cannot_be_written_is_tried_each_time(tries):
    course, _, again = tries
    (course.root / ".grader" / "proven").write_text("no folder")
    assert [again(), again()] == [1, 1]


def test_grade_names_the_check_that_the_solution_fails_and_asks_for_a_person(tmp_path):
    course, name = write(tmp_path / "course", ATTRIBUTE)
    handed_in, out = tmp_path / "in", tmp_path / "out"
    handed_in.mkdir()
    (handed_in / "kim.py").write_text(RIGHT)
    command = ["--course", str(course.root), "grade", str(handed_in), "-a", name, "-o", str(out)]
    run = CliRunner().invoke(main, [*command, "-j", "1"])
    assert run.exit_code == 3, run.output
    (checks,) = course.checks(name).glob("test_*.py")
    said = f"{checks}:9: the course's own solution fails test_double_has_a_name (AttributeError"
    assert said in run.output.replace("\n", " ")
    assert "This check is not judged yet" in (out / "kim" / "feedback.html").read_text()
    checks.write_text(CHECKS)
    run = CliRunner().invoke(main, [*command, "-j", "1"])
    assert run.exit_code == 0, run.output
    assert "5/5" in run.output
