"""A Check: one pytest function, with what its marks say."""

import inspect
from dataclasses import dataclass
from typing import Self

import pytest

from ..course.assignment import Assignment
from ..course.settings import AssignmentError


@dataclass(frozen=True)
class Check:
    """One pytest function, as the session runs it."""

    item: pytest.Function
    question: str
    points: int
    sentence: str
    public: bool
    needs: tuple[str, ...]
    """Names of the checks that must have passed."""

    @property
    def name(self) -> str:
        """Name of the function, with its parameters if it has any."""
        return self.item.name

    @classmethod
    def read(cls, item: pytest.Function, assignment: Assignment, before: list["Check"]) -> Self:
        """Read the marks; a public check has none, and needs the first hidden one of its question.

        Raises AssignmentError, pointing at the function.
        """
        sentence = " ".join((item.function.__doc__ or "").split())
        if not sentence:
            raise _refused(item, "has no docstring", "Say in one sentence what should hold")
        if public := item.path == assignment.path:
            question, points = _question_above(assignment, item.name), 0
            first = next((check.item for check in before if check.question == question), None)
            needs: tuple[str, ...] = (first.originalname,) if first else ()
        else:
            marks = {mark.name: mark.args[0] for mark in item.iter_markers() if mark.args}
            question, points = marks.get("question", ""), marks.get("points", -1)
            needs = tuple(f.__name__ for mark in item.iter_markers("needs") for f in mark.args)
        if question not in assignment.questions:
            known = ", ".join(assignment.questions)
            remedy = f'Mark it @question("…") with one of {known}'
            raise _refused(item, "is about no question", remedy)
        if not isinstance(points, int) or points < 0:
            remedy = "Mark it @points(n), a whole number from 0 on"
            raise _refused(item, "says no points", remedy)
        return cls(item, question, points, sentence, public, needs)


def require_order(checks: list[Check]) -> None:
    """Raise AssignmentError where a check needs one that is not run before it."""
    run: set[str] = set()
    for check in checks:
        for name in check.needs:
            if name not in run:
                remedy = "Put that one above it, or in an earlier question"
                raise _refused(check.item, f"needs {name}, which is not run before it", remedy)
        run.add(check.item.originalname)


def _refused(item: pytest.Function, what: str, remedy: str) -> AssignmentError:
    """Point at a check that cannot be used."""
    line = inspect.unwrap(item.function).__code__.co_firstlineno
    return AssignmentError(item.path, line, f"{item.name} {what}", remedy)


def _question_above(assignment: Assignment, check: str) -> str:
    """Return the question that a public check stands below."""
    question = ""
    for cell in assignment.cells:
        question = cell.question or question
        if check in cell.checks:
            return question
    return ""
