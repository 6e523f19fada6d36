"""A small course: two functions to write, and whatever hidden checks a test wants."""

import json
from itertools import count
from pathlib import Path

from grader.checking.collect import run_session
from grader.checking.session import Session
from grader.course.assignment import Assignment
from grader.course.course import Course
from grader.judging.judge import judge
from grader.model.judgement import Judgement
from grader.sandbox.host.zygote import Zygote

NAME = "doubling"
SOLUTION = '''\
# /// script
# [tool.grader]
# title = "Doubling and halving"
# limits = { seconds = 1.0, memory_mb = 512 }
# ///

# %% [markdown]
# Twice and half.

# %%
import torch

# %% question="double"
def double(x):
    """Return twice x."""
    # BEGIN SOLUTION
    return 2 * x
    # END SOLUTION

# %% tags=["check"]
def test_one_becomes_two(student):
    """One becomes two."""
    assert student.double(torch.ones(1)).item() == 2, "the public text"

# %% question="halve"
def halve(x):
    """Return half of x."""
    # BEGIN SOLUTION
    half = x / 2
    return half
    # END SOLUTION
'''
IMPORTS = """\
import torch
from grader.checks import Failure, Remark, agree, assuming, needs, points, question

"""
CHECKS = (
    IMPORTS
    + '''
@question("double")
@points(2)
def test_double_is_a_sum(student, draw):
    """The result is the input plus itself."""
    agree(student.double, lambda x: x + x, draw(3), takes=("x (n)",), returns=("twice (n)",))


@question("halve")
@points(3)
def test_halves_make_a_whole(student, draw):
    """Two halves make a whole."""
    x = draw(3)
    assert torch.equal(student.halve(x) * 2, x), "the hidden text"
'''
)
RIGHT = "import torch\ndef double(x): return 2 * x\ndef halve(x): return x / 2\n"
SKELETON = (
    "def double(x):\n    raise NotImplementedError\ndef halve(x):\n    raise NotImplementedError\n"
)

_numbers = count()


def write(
    folder: Path, checks: str = CHECKS, solution: str = SOLUTION, name: str = NAME
) -> tuple[Course, str]:
    """Write a course into `folder`; return it and the name of its only assignment.

    The file of checks gets a name of its own: in one process Python imports it only once.
    """
    hidden = folder / "autograder_tests" / name
    hidden.mkdir(parents=True)
    (hidden / f"test_hidden_{next(_numbers)}.py").write_text(checks, "utf-8")
    (folder / "solutions").mkdir()
    (folder / "solutions" / f"{name}.py").write_text(solution, "utf-8")
    return Course(folder), name


def notebook(*sources: str) -> bytes:
    """Return a notebook with these code cells."""
    cells = [{"cell_type": "code", "source": s, "metadata": {}, "outputs": []} for s in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def grade(
    zygote: Zygote, folder: Path, checks: str, *submissions: bytes | str, key: bytes = b"a key",
    solution: str = SOLUTION,
) -> list[Judgement]:  # fmt: skip
    """Judge submissions in this process, one after the other, in one session."""
    course, name = write(folder, checks, solution)
    judgements = []

    def work(session: Session) -> None:
        for number, data in enumerate(submissions):
            path = folder / f"{number}.ipynb"
            path.write_bytes(data.encode() if isinstance(data, str) else data)
            judgements.append(judge(path, session, zygote, key))

    run_session(Assignment.read(course.solution(name)), course.checks(name), work)
    return judgements
