"""The author's solution as a module: what checks see as `student` when CI tests the tests."""

import re
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from . import execution, slice
from .assignment import Assignment
from .cell import Cell
from .settings import AssignmentError


class Solution:
    """The names that an assignment's solution defines, and its public checks.

    Loaded like a submission, by the statements that count, so that plots and training do not run.
    """

    def __init__(self, assignment: Assignment) -> None:
        """Raises AssignmentError where the author's code raises."""
        code = [cell for cell in assignment.cells if cell.kind == "code"]
        cells = [Cell(number, cell.source) for number, cell in enumerate(code, 1)]
        names = [*assignment.questions, *(check for cell in code for check in cell.checks)]
        statements, _ = slice.statements(cells)
        self._module = types.ModuleType(f"solutions.{assignment.name}")
        problems = execution.run(slice.needed(statements, names), self._module.__dict__)
        if problems:
            cell, line = map(int, re.findall(r"\d+", problems[0].place))
            remedy = "Correct it; the solution must run as it stands"
            where = code[cell - 1].line + line
            raise AssignmentError(assignment.path, where, problems[0].error, remedy)

    def _begin(self, seed: int, forbid: tuple[str, ...] = ()) -> None:
        """Start a check, as student.Student does."""
        torch.manual_seed(seed)

    def __getattr__(self, name: str) -> Any:
        """Return what the solution defines."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._module, name)

    @contextmanager
    def using(self, **sources: str) -> Iterator[None]:
        """Replace names that the solution's code uses by others, given as source text."""
        names = self._module.__dict__
        kept = {name: names[name] for name in sources}
        try:
            for name, source in sources.items():
                made: dict[str, Any] = {"__name__": "stand_in"}
                exec(source, made)
                names[name] = made[name]
            yield
        finally:
            names.update(kept)
