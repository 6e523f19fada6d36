"""A student's answer on their page: their lines, those that a check has gone through marked."""

import pytest

from grader.model.code import Code
from grader.model.result import Result, Status
from grader.report.answer import AROUND, MOST, Answer

CODE = Code("f", 7, 3, "def f(x):\n    y = g(x)\n    return y")


def result(*places: tuple[int, int], status: Status = Status.STUDENT_ERROR) -> Result:
    """Return a result with a traceback that goes through these cells and lines."""
    frames = [f'  File "code cell {cell}", line {line}, in f\n    …' for cell, line in places]
    return Result("test_f", "f", status, 1, "It holds.", traceback="\n".join(frames))


def marks(*places: tuple[int, int], status: Status = Status.STUDENT_ERROR) -> dict[int, str]:
    answer = Answer.of(CODE, result(*places, status=status))
    return {line.number: line.mark for line in answer.lines if line.mark}


def test_lines_have_the_numbers_of_their_cell():
    answer = Answer.of(CODE, result())
    assert [(line.number, "".join(word for _, word in line.words)) for line in answer.lines] == [
        (3, "def f(x):"), (4, "    y = g(x)"), (5, "    return y")
    ]  # fmt: skip
    assert answer.lines[0].words[:3] == [("keyword", "def"), ("", " "), ("defined", "f")]
    assert not answer.marked and answer.cell == 7


def test_the_innermost_line_is_where_it_stopped():
    assert marks((7, 3), (7, 4)) == {3: "on the way", 4: "stopped"}
    assert marks((7, 4), status=Status.TIMED_OUT) == {4: "stopped"}


def test_an_error_in_another_cell_leaves_the_line_that_called_there():
    assert marks((7, 4), (2, 4)) == {4: "on the way"}


def test_a_place_that_the_answer_does_not_have_marks_nothing():
    assert marks((7, 999_999)) == marks((7, 1)) == marks((8, 4)) == {}
    assert marks((7, 4), status=Status.PASSED) == {}


@pytest.mark.parametrize(
    ("stopped", "first", "last"),
    [(None, 1, MOST), (100, 100 - AROUND, 100 + AROUND), (2, 1, 2 + AROUND),
     (200, 200 - AROUND, 200)],
)  # fmt: skip
def test_of_a_long_answer_the_lines_around_the_mark_are_shown(stopped, first, last):
    long = Code("f", 1, 1, "\n".join(f"line {n}" for n in range(1, 201)))
    answer = Answer.of(long, result(*([(1, stopped)] if stopped else [])))
    assert (answer.lines[0].number, answer.lines[-1].number) == (first, last)
    assert answer.above + len(answer.lines) + answer.below == 200
