"""Prove a check on the course's own solution, in the sandbox, where students are judged.

Much works in this process that does not cross the border: a module's attributes, a class, a deep
copy. A check that relies on it fails everybody, so the fault is the author's, whatever it raises.
"""

import inspect
import json
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ..course.assignment import Assignment
from ..course.cell import Cell
from ..course.settings import AssignmentError
from ..sandbox.host.loaded import Loaded
from ..sandbox.host.student import Student
from ..sandbox.host.zygote import Zygote
from .check import Check

ACROSS = (
    "Calls, parameters, buffers, train() and eval() cross the border, attributes and classes do "
    "not: ask for them with student.beside(function)"
)
CHANCE = (
    "It depends on chance: draw its numbers with draw, or call torch.manual_seed(0) first, or let "
    "it hold for all of them"
)
HERE_TOO = "It fails outside of the sandbox as well: correct the check, or the solution"


def notebook(cells: Iterable[Cell], *more: str) -> bytes:
    """Return the code of cells, and further cells, as a notebook like a submission."""
    sources = [cell.source for cell in cells if cell.kind == "code"]
    code = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": source}
        for source in (*sources, *more)
    ]
    return json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@contextmanager
def handed_in(zygote: Zygote, assignment: Assignment, data: bytes) -> Iterator[Student]:
    """Treat code of the course team as a submission, in a worker of its own.

    Raises what Loaded does.
    """
    names, values, classes = assignment.questions, assignment.values, assignment.classes
    with Loaded(zygote, data, names, assignment.limits, values, classes) as loaded:
        yield Student(loaded)


def fault(
    check: Check, error: BaseException, *, here: bool, fails: int, runs: int
) -> AssignmentError:
    """Say that the course's own solution fails a check, and point at its line that raised.

    Args:
        check: The same numbers were drawn for it in each run.
        error: What it raised.
        here: Whether it fails in this process as well.
        fails: In how many of its `runs` it fails where students are judged.
        runs: How often it was run there.
    """
    function = inspect.unwrap(check.item.function)
    path, first = check.item.path, function.__code__.co_firstlineno
    frames = traceback.extract_tb(error.__traceback__)
    line = next((f.lineno for f in frames[::-1] if f.filename == str(path)), None) or first
    said = f"{type(error).__name__}: {error}".partition("\n")[0].rstrip(".: ")
    if fails < runs:
        what = f"the course's own solution fails {check.name} in {fails} of {runs} runs ({said})"
        return AssignmentError(path, line, what, CHANCE)
    what = f"the course's own solution fails {check.name} ({said}), so nobody can pass it"
    return AssignmentError(path, line, what, HERE_TOO if here else ACROSS)
