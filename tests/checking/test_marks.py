"""What checks say of themselves."""

from types import ModuleType

import pytest

from grader.checking.solution import Solution
from grader.checks import Draw, Failure, agree, assuming, needs, points, question, recorded


@pytest.fixture
def draw():
    return Draw(b"test")


def code(source: str) -> Solution:
    """Return Python source in the place of a student."""
    exec(source, vars(module := ModuleType("source")))
    return Solution(module)


def test_marks_say_question_points_and_needs():
    def first(student): ...

    @question("Q")
    @points(3)
    @needs(first)
    def second(student): ...

    marks = {mark.name: mark.args for mark in second.pytestmark}
    assert marks == {"question": ("Q",), "points": (3,), "needs": (first,)}


PARTS = {"half": "def half(x): return x / 2"}


def check_quarter(student, draw):
    """A quarter is half of a half."""
    agree(student.quarter, lambda x: x / 4, draw(3))


@pytest.mark.parametrize(
    ("source", "passes"),
    [
        ("def half(x): return x / 3\ndef quarter(x): return half(half(x))", True),
        ("def half(x, n=2): return x / n\ndef quarter(x): return half(x, n=4)", True),
        ("def half(x): return x / 2\ndef quarter(x): return half(x)", False),
        ("def half(x): return x / 2\ndef quarter(x): raise NotImplementedError", False),
    ],
)
def test_a_slip_in_an_earlier_part_costs_nothing_later(draw, source, passes):
    judge = assuming(**PARTS)(check_quarter)
    if passes:
        judge(code(source), draw)
    else:
        with pytest.raises((Failure, NotImplementedError)):
            judge(code(source), draw)


def test_the_record_is_that_of_the_trusted_parts(draw):
    source = "def half(x): return x / 3\ndef quarter(x): return half(x)"
    with recorded() as numbers, pytest.raises(Failure, match="2 × what"):
        assuming(**PARTS)(check_quarter)(code(source), draw)
    assert len(numbers) == 2  # one result and one gradient


def test_a_check_keeps_its_sentence_and_marks_when_parts_are_assumed():
    judge = assuming(**PARTS)(points(2)(check_quarter))
    assert judge.__doc__ == "A quarter is half of a half."
    assert [mark.name for mark in judge.pytestmark] == ["points"]
