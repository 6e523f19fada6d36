"""The sentences of an assignment are found where they are written, and nothing else is."""

from pathlib import Path

import pytest

from grader.checking.said import sentences
from grader.course.assignment import Assignment
from grader.course.sentences import of_checks
from grader.course.settings import AssignmentError
from tests.support.small_course import CHECKS, write

PATH = Path("test_it.py")


def said(source: str) -> list[str]:
    return [one.text for one in of_checks(PATH, source)]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('x = "Two words"', ["Two words"]),
        ('x = "one"', []),
        ('x = "x[0] = 3"', []),
        ('x = "def f(x):\\n    return x"', []),
        ('raise Failure(f"With d = {d}, it is {f(x):.2f} off.")', ["With d = {d}, it is {2} off."]),
        ('x = "Position {} needs {}.".format(*a)', ["Position {1} needs {2}."]),
        ('x = f"It has {n} heads" + (": too many of them" if n else ".")',
         ["It has {n} heads{2}", ": too many of them"]),
        ('x = f"{a} and {b}"', []),
        ('x = ("weights (B, n_Q)", "the last output (B, H)", "the average (29)", "weight (3H, I)",'
         '"out[:, -1] (B, H)")', ["the last output", "the average"]),
        ('x = "it should be (2, 3), not that"', ["it should be (2, 3), not that"]),
        ('x = "two calls differ after eval()"', ["two calls differ after eval()"]),
        ('"""About this file."""\n\n\ndef helper():\n    """Return it whole."""', []),
        ('def test_it(student):\n    """It holds\n    twice."""', ["It holds twice."]),
        ('def test_it(student):\n    """It holds."""\n    # Hint: Look\n    #   there.',
         ["It holds.", "Look there."]),
        ("x = a + b", []),
    ],
)  # fmt: skip
def test_what_students_read_is_found(source, found):
    assert said(source) == found


def test_a_sentence_knows_its_line():
    (one,) = of_checks(PATH, '\n\nraise Failure("It is off.")', first=10)
    assert (one.line, one.path) == (12, PATH)


def test_what_is_not_python_is_refused_with_its_line():
    with pytest.raises(AssignmentError, match=r"test_it\.py:11") as refused:
        list(of_checks(PATH, "x = 1\ndef (", first=10))
    assert refused.value.remedy


def test_an_assignment_says_its_title_checks_mistakes_and_hints_each_once(tmp_path):
    course, name = write(tmp_path, CHECKS + '\nSAID = "Two halves make a whole."\n')
    (course.checks(name) / "mistakes.toml").write_text(
        '[[mistake]]\nsentence = "x is added thrice"\nhints = ["Count."]\n\n'
        '[[mistake]]\nsentence = "x is shifted"\nequivalent = true\n\n'
        '[[example]]\nshows = ["x.grad", "out[:, 0] of x", "the last h"]\n'
    )
    found = sentences(Assignment.read(course.solution(name)), course.checks(name))
    assert list(found) == [
        "Doubling and halving", "One becomes two.", "the public text",
        "The result is the input plus itself.", "Two halves make a whole.", "the hidden text",
        "x is added thrice", "Count.", "the last h",
    ]  # fmt: skip
