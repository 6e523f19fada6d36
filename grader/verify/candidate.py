"""Versions of the solution that take the place of a submission in `grader verify`.

All of it is the course team's own code and runs in this process. Its exceptions count as student
errors, as if they came from the sandbox.
"""

import functools
import random
import traceback
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from ..checking.solution import Program, Solution
from ..course.assignment import Assignment
from ..course.cell import without_solution
from ..model.limits import StudentError
from ..model.subject import Beginning, Subject

Leaf = Callable[[Any], Any]


class Candidate(Subject):
    """A version of the solution, as a session sees a submission.

    With `pretend`, each tensor and number that a call returns is replaced by its value: a stub with
    the right shapes and nothing else.
    """

    def __init__(self, version: Solution, pretend: Leaf | None = None) -> None:
        self._version, self._pretend = version, pretend
        self.beginning = version.beginning

    @property
    def names(self) -> Collection[str]:
        """The names that this version defines."""
        return self._version.names

    def begin(self, beginning: Beginning) -> None:
        """Start a check, as Solution does."""
        self._version.begin(beginning)
        self.beginning = beginning

    def using(self, **sources: str) -> AbstractContextManager[None]:
        """Replace names that the code uses by others, as Solution does."""
        return self._version.using(**sources)

    def beside(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function` with the names of this version as its first argument."""
        if self._pretend is not None:
            return functools.partial(function, self)
        return functools.partial(_call, self._version.beside(function))

    def __getattr__(self, name: str) -> Any:
        """Return a function, a value, or a factory of modules, as student.Student does."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self.names:
            raise StudentError(f"`{name}` is not defined", "NameError")
        found = getattr(self._version, name)
        if found is ...:
            raise StudentError(f"{name} is still ...", "NotImplementedError")
        if not callable(found):
            return tree_map(self._pretend, found) if self._pretend else found
        if not (isinstance(found, type) and issubclass(found, nn.Module)):
            return self._call(found)

        def construct(*args: Any, **kwargs: Any) -> nn.Module:
            module: nn.Module = _theirs(found, args, kwargs)
            module.forward = self._call(module.forward)
            return module

        return construct

    def _call(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it answers a check."""

        @functools.wraps(function)
        def answer(*args: Any, **kwargs: Any) -> Any:
            if self._pretend is None:
                return _theirs(function, args, kwargs)
            args, kwargs = deepcopy(tree_map(_cut_off, (args, kwargs)))  # no model is trained
            return tree_map(self._pretend, _theirs(function, args, kwargs))

        return answer


def skeleton(assignment: Assignment) -> Solution:
    """Return the students' skeleton. Raises AssignmentError if it cannot be loaded."""
    cells = (replace(cell, source=without_solution(cell.source)) for cell in assignment.cells)
    return Program(replace(assignment, cells=tuple(cells))).run()


def zeros(leaf: Any) -> Any:
    """Return a leaf of the same shape or type that is 0."""
    return torch.zeros_like(leaf) if isinstance(leaf, Tensor) else _number(leaf, 0)


def noise(leaf: Any) -> Any:
    """Return a leaf of the same shape or type that is drawn at random."""
    if not isinstance(leaf, Tensor):
        return _number(leaf, random.randrange(100))
    if leaf.is_floating_point():
        return torch.randn_like(leaf)
    return torch.randint_like(leaf, 2 if leaf.dtype == torch.bool else 100)


STUBS: dict[str, Leaf] = {"zeros": zeros, "noise": noise}


def _number(leaf: Any, number: int) -> Any:
    """Return a number as one of the leaf's type, and as a letter for each that a text has."""
    if isinstance(leaf, str):
        return chr(ord("0") + number) * len(leaf)
    return type(leaf)(number) if isinstance(leaf, bool | int | float) else leaf


def _cut_off(leaf: Any) -> Any:
    return leaf.detach().clone() if isinstance(leaf, Tensor) else leaf


def _call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return _theirs(function, args, kwargs)


def _theirs(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call; what is raised is a StudentError, as from the sandbox."""
    try:
        return function(*args, **kwargs)
    except StudentError:
        raise
    except Exception as error:
        text = "".join(traceback.format_exception_only(error)).strip()
        raise StudentError(str(error), type(error).__name__, text) from error
