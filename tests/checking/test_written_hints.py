"""`grader build` refuses a hint that cannot be used, as `verify` and `grade` do, with its line."""

import pytest
from click.testing import CliRunner

from grader.checking.written_hints import refuse_hidden_hints
from grader.cli.main import main
from grader.course.assignment import Assignment
from grader.course.build import build
from grader.course.settings import AssignmentError
from tests.support.own_course import OURS
from tests.support.small_course import CHECKS, SOLUTION, write

HIDDEN = CHECKS.replace("    x = draw(3)", "    # Hint: HERE\n    x = draw(3)")
PUBLIC = SOLUTION.replace('two."""\n    assert', 'two."""\n    # Hint: HERE\n    assert')
MISTAKE = """
[[mistake]]
name = "tripled"
question = "double"
hints = ["How often is x in it?", "HERE"]
"""
TOLD = "Try `return 2*x`."


@pytest.fixture
def refused(tmp_path):
    """Return a function that builds a small course, and what `grader build` then says."""

    def said(checks=CHECKS, solution=SOLUTION, mistakes=""):
        course, name = write(tmp_path, checks, solution)
        (course.checks(name) / "mistakes.toml").write_text(mistakes)
        ran = CliRunner().invoke(main, ["--course", str(tmp_path), "build"])
        assert ran.exit_code == 2 and not course.notebook(name).exists(), ran.output
        return " ".join(ran.output.split())

    return said


def test_a_hint_of_a_mistake_that_tells_the_answer_is_refused(refused):
    said = refused(mistakes=MISTAKE.replace("HERE", TOLD))
    assert "mistakes.toml:2: " in said and "a line of the solution: return 2 * x" in said


def test_a_hint_of_a_public_check_that_tells_the_answer_is_refused(refused):
    said = refused(solution=PUBLIC.replace("HERE", TOLD))
    line = PUBLIC.split("\n").index("    # Hint: HERE") + 1
    assert f"doubling.py:{line}: " in said and "test_one_becomes_two: a hint holds a line" in said


def test_a_hint_of_a_hidden_check_that_tells_the_answer_is_refused(refused):
    said = refused(HIDDEN.replace("HERE", "Is it half = x / 2?"))
    line = HIDDEN.split("\n").index("    # Hint: HERE") + 1
    assert f".py:{line}: " in said and "test_halves_make_a_whole: a hint holds a line" in said


@pytest.mark.parametrize(
    ("hints", "why"),
    [
        ('"One."', "a list of texts"),
        ("[1]", "a list of texts"),
        ('["a", "b", "c", "d", "e", "f"]', "5 at most"),
        ('[" "]', "a hint is empty"),
        (f'["{"long " * 81}"]', "405 letters"),
    ],
)
def test_hints_of_another_form_are_refused(tmp_path, hints, why):
    course, name = write(tmp_path)
    path = course.checks(name) / "mistakes.toml"
    path.write_text(MISTAKE.replace('["How often is x in it?", "HERE"]', hints))
    assignment = Assignment.read(course.solution(name))
    with pytest.raises(AssignmentError, match=rf"mistakes\.toml:2: .*{why}"):
        refuse_hidden_hints(course.checks(name), assignment)


@pytest.mark.parametrize("spelled", ["# hint: What is it?", "# Hint:", "# Hint 1: What is it?"])
def test_one_that_nobody_would_read_is_refused_in_public_and_in_hidden_checks(tmp_path, spelled):
    checks, solution = (text.replace("# Hint: HERE", spelled) for text in (HIDDEN, PUBLIC))
    course, name = write(tmp_path, checks, solution)
    assignment = Assignment.read(course.solution(name))
    with pytest.raises(AssignmentError, match="is not a hint"):
        build(assignment.path, course.notebook(name), check=True)
    with pytest.raises(AssignmentError, match="is not a hint"):
        refuse_hidden_hints(course.checks(name), assignment)


def test_what_else_is_wrong_with_a_mistake_waits_for_verify(tmp_path):
    """A solution that is being changed can still be built."""
    course, name = write(tmp_path, HIDDEN.replace("HERE", "Is it a half?"))
    (course.checks(name) / "mistakes.toml").write_text(MISTAKE.replace("HERE", "Count again."))
    refuse_hidden_hints(course.checks(name), Assignment.read(course.solution(name)))


@pytest.mark.parametrize("name", OURS.names())
def test_all_of_ours_can_be_used(name):
    refuse_hidden_hints(OURS.checks(name), Assignment.read(OURS.solution(name)))
