"""Hints on hidden checks and on mistakes, looked at as they are written: nothing is run."""

import ast
from collections.abc import Iterator
from pathlib import Path

from ..course.assignment import Assignment
from ..course.hints import refuse_hints
from ..course.settings import AssignmentError
from .mistake import refuse_hints_of_mistakes


def refuse_hidden_hints(folder: Path, assignment: Assignment) -> None:
    """Raise AssignmentError at the first hint among the hidden checks that cannot be used.

    Args:
        folder: Of the assignment's hidden checks and mistakes, where there are some.
        assignment: Whose answers the hints may not tell.
    """
    answers = {cell.question or "": cell.source for cell in assignment.cells}
    for path in sorted(folder.glob("test_*.py")):
        source = path.read_text("utf-8")
        asked = {check: answers.get(question, "") for check, question in _questions(path, source)}
        refuse_hints(path, 1, source, asked)
    if (mistakes := folder / "mistakes.toml").exists():
        refuse_hints_of_mistakes(mistakes, assignment)


def _questions(path: Path, source: str) -> Iterator[tuple[str, str]]:
    """Yield each check and its question. Raises AssignmentError where this is not Python."""
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        what = f"Python cannot read this file of checks: {error.msg}"
        raise AssignmentError(path, error.lineno or 1, what, "Correct it") from None
    for node in body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for mark in node.decorator_list:
            match mark:
                case ast.Call(func=ast.Name("question"), args=[ast.Constant(str(question))]):
                    yield node.name, question
