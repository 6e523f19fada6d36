"""Code that cannot be called cannot fail a check, and what is more than that is recognised."""

import pytest

from grader.checking.mistake import Mistake
from grader.course.assignment import Assignment
from grader.verify.untouched import barred, is_inside
from tests.support.small_course import SOLUTION, write

ANSWER = """
import torch
SCALE = 2

class Net(torch.nn.Module):
    size = 3

    def forward(self, x, scale=SCALE):
        return scale * x

def double(x):
    try:
        return 2 * x
    except Exception:
        return x
"""


def test_a_barred_answer_defines_the_same_and_ends_python_when_it_is_called():
    names = {}
    exec(barred(ANSWER), names)
    assert names["SCALE"] == 2 and names["Net"].size == 3
    for call in (names["double"], names["Net"]()):
        with pytest.raises(SystemExit):
            call(1)


@pytest.mark.parametrize(
    ("old", "new", "inside"),
    [
        ("return 2 * x", "return 3 * x", True),
        ("return 2 * x", "def thrice(x): return 3 * x\n    return thrice(x)", True),
        ("def double(x):", "def double(x, factor=2):", False),
        ("def double(x):", "TWO = 2\ndef double(x):", False),
        ("def double(x):", "@torch.no_grad()\ndef double(x):", False),
    ],
    ids=["a result", "a helper inside", "a default", "a constant", "a decorator"],
)
def test_a_mistake_is_inside_if_only_calls_can_meet_it(tmp_path, old, new, inside):
    course, name = write(tmp_path, solution=f"{SOLUTION}")
    assignment = Assignment.read(course.solution(name))
    mistake = Mistake("it", "double", "something is wrong", ((old, new),))
    assert is_inside(mistake, assignment) is inside
