"""The author's solution as a module: what checks see as `student` when CI tests the tests."""

import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial, wraps
from typing import Any

import torch
from torch import nn

from ..compare.apart import apart
from ..course.assignment import Assignment
from ..course.settings import AssignmentError
from ..model.subject import Beginning, Subject
from ..sandbox.guest.notebook import execution, slice
from ..sandbox.guest.notebook.cell import Cell
from ..sandbox.guest.notebook.web import How

CALLS = ("__init__", "__call__")
"""The methods of a module that draw random numbers."""


class Program:
    """The statements of a solution that count for its questions and its public checks.

    They are chosen as those of a submission are, so that plots and training do not run.
    """

    def __init__(self, assignment: Assignment) -> None:
        code = [cell for cell in assignment.cells if cell.kind == "code"]
        cells = [Cell(number, cell.source) for number, cell in enumerate(code, 1)]
        names = [*assignment.questions, *(check for cell in code for check in cell.checks)]
        statements, _ = slice.statements(cells)
        self._path, self._cells = assignment.path, code
        self._name = f"solutions.{assignment.name}"
        self._statements = slice.needed(statements, names)
        self._sure = slice.needed(statements, names, How.SURE)

    def run(self) -> "Solution":
        """Return what the statements define. Raises AssignmentError where they raise."""
        module = types.ModuleType(self._name)
        problems = execution.run(self._statements, vars(module), self._sure)
        if problems := [problem for problem in problems if problem.sure]:
            remedy = "Correct it; the solution must run as it stands"
            where = self._cells[problems[0].cell - 1].line_of(problems[0].line)
            raise AssignmentError(self._path, where, problems[0].error, remedy)
        return Solution(module)

    def run_with(self, source: str) -> "Solution":
        """Return the solution with the definitions in `source` in the place of its own.

        Raises whatever `source` raises.
        """
        module = types.ModuleType(self._name)
        execution.run(self._statements, vars(module))
        exec(source, vars(module))
        return Solution(module)


class Solution(Subject):
    """The names that code of the course team's defines, in this process."""

    def __init__(self, module: types.ModuleType) -> None:
        self._module = module
        self.begin(Beginning())

    @property
    def names(self) -> dict[str, Any]:
        """All that it defines, imports included, as it stands: nothing is kept apart."""
        return vars(self._module)

    def begin(self, beginning: Beginning) -> None:
        """Start a check: random numbers begin anew. What it forbids, only a sandbox does."""
        self.beginning = beginning
        self._randomness = Randomness(beginning.seed)

    def __getattr__(self, name: str) -> Any:
        """Return what the solution defines."""
        if name.startswith("_"):
            raise AttributeError(name)
        value = getattr(self._module, name)
        return self._randomness.around(value) if callable(value) else value

    def beside(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function` with the solution's names as its first argument."""
        return self._randomness.around(partial(function, self._module))

    @contextmanager
    def using(self, **sources: str) -> Iterator[None]:
        """Replace names that the solution's code uses by others, given as source text.

        Random numbers begin anew, as they do in the worker that a submission gets for this.
        """
        self.begin(self.beginning)
        names = self.names
        kept = {name: names[name] for name in sources if name in names}  # a skeleton lacks some
        try:
            for name, source in sources.items():
                made: dict[str, Any] = {"__name__": "stand_in"}
                exec(_compiled(source), made)
                names[name] = made[name]
            yield
        finally:
            for name in sources:
                names.pop(name, None)
            names.update(kept)


class Randomness:
    """A stream of random numbers, as a process has one of its own, for the code in a `with` block.

    With the same seed, a solution draws what a student's worker draws, dropout included, whatever
    the checks draw in between.
    """

    def __init__(self, seed: int) -> None:
        self._inside = torch.Generator().manual_seed(seed).get_state()
        self._depth = 0

    def __enter__(self) -> None:
        if not self._depth:
            self._outside = torch.get_rng_state()
            torch.set_rng_state(self._inside)
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._inside = torch.get_rng_state()
            torch.set_rng_state(self._outside)

    def around(self, value: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function, or a class of modules, whose calls draw from this stream."""
        if isinstance(value, type) and issubclass(value, nn.Module):
            methods = {
                name: self._around(apart(getattr(value, name), method=True)) for name in CALLS
            }
            return type(value.__name__, (value,), {**methods, "handed_in": True})
        return self._around(apart(value))

    def _around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function, updated=())
        def call(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return call


@cache
def _compiled(source: str) -> types.CodeType:
    """Compile a stand-in: the same few, for every trial of a known mistake."""
    return compile(source, "<stand-in>", "exec")
