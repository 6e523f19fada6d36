"""A Check: one pytest function, with what its marks say."""

import ast
import inspect
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import pytest
from _pytest.python import get_direct_param_fixture_func

from ..course.assignment import Assignment
from ..course.hints import hints, refuse_hints
from ..course.settings import AssignmentError
from . import plugin

MARKS = {"question", "points", "needs", "parametrize"}
FIXTURES = {*map(inspect.unwrap, (plugin.student, plugin.draw)), get_direct_param_fixture_func}


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

    @cached_property
    def hints(self) -> tuple[str, ...]:
        """What its author tells who fails it, step by step; see course/hints.py."""
        return tuple(hints(_written(self.item)[1]).get(self.item.originalname, ()))

    @cached_property
    def plain(self) -> bool:
        """Whether nothing of pytest is used to run it but fixtures of ours, and its parameters.

        Then it is called as it is: of a check that does little, pytest's protocol is the half.
        """
        item, info = self.item, self.item._fixtureinfo
        fixtures = [info.name2fixturedefs.get(name) for name in info.names_closure]
        return (
            item.cls is None
            and not item.config.pluginmanager._conftest_plugins
            and MARKS.issuperset(mark.name for mark in item.iter_markers())
            and not inspect.iscoroutinefunction(item.obj)
            and all(found[-1].func in FIXTURES for found in fixtures if found)
        )

    def __call__(self, **fixtures: Any) -> None:
        """Call a `plain` one. Raises whatever it raises."""
        callspec = getattr(self.item, "callspec", None)
        given = fixtures | (dict(callspec.params) if callspec else {})
        self.item.obj(**{name: given[name] for name in self.item._fixtureinfo.argnames})

    @classmethod
    def read(cls, item: pytest.Function, assignment: Assignment, before: list["Check"]) -> Self:
        """Read the marks; a public check has none, and needs the first hidden one of its question.

        Raises AssignmentError, pointing at the function.
        """
        sentence = " ".join((item.function.__doc__ or "").split())
        if not sentence:
            raise _refused(item, "has no docstring", "Say in one sentence what should hold")
        if public := item.path == assignment.path:
            question, points = assignment.public.get(item.originalname, ""), 0
            first = next((check.item for check in before if check.question == question), None)
            needs: tuple[str, ...] = (first.originalname,) if first else ()
        else:
            marks = {mark.name: mark.args[0] for mark in item.iter_markers() if mark.args}
            question, points = marks.get("question", ""), marks.get("points", "no")
            needs = tuple(f.__name__ for mark in item.iter_markers("needs") for f in mark.args)
        if question not in assignment.questions:
            known = ", ".join(assignment.questions)
            remedy = f'Mark it @question("…") with one of {known}'
            about = f'"{question}", which is not a question' if question else "no question"
            raise _refused(item, f"is about {about}", remedy)
        if not isinstance(points, int) or points < 0:
            remedy = "Mark it @points(n), a whole number from 0 on"
            raise _refused(item, f"says {points} points", remedy)
        _require_fixtures(item)
        _require_hints(item, question, assignment)
        return cls(item, question, points, sentence, public, needs)


def require_once(path: Path) -> None:
    """Raise AssignmentError where a check has the name of one above it, which Python forgets."""
    seen: set[str] = set()
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            if node.name in seen:
                what = f"{node.name} is defined above as well, and the one above is never run"
                remedy = "Give each check a name of its own"
                raise AssignmentError(path, node.lineno, what, remedy)
            seen.add(node.name)


def require_order(checks: list[Check]) -> None:
    """Raise AssignmentError where a check needs one that is not run before it, or has its name."""
    run: set[str] = set()
    names: set[str] = set()
    for check in checks:
        if check.name in names:  # results are kept by name
            remedy = "Give each check, hidden or public, a name of its own"
            raise _refused(check.item, "is the name of another check as well", remedy)
        names.add(check.name)
        for name in check.needs:
            if name not in run:
                remedy = "Put that one above it, or in an earlier question"
                raise _refused(check.item, f"needs {name}, which is not run before it", remedy)
        run.add(check.item.originalname)


def _require_fixtures(item: pytest.Function) -> None:
    """Raise AssignmentError where a check takes what nobody gives it."""
    known = {"request", *item._fixtureinfo.name2fixturedefs}
    for name in item._fixtureinfo.argnames:
        if name not in known:
            remedy = "Take `student` and `draw`, or write a fixture of that name"
            raise _refused(item, f"takes `{name}`, which is not a fixture", remedy)


def _require_hints(item: pytest.Function, question: str, assignment: Assignment) -> None:
    """Raise AssignmentError where a hint of a check would not be read, or tells the answer."""
    first, source = _written(item)
    cell = next(cell.source for cell in assignment.cells if cell.question == question)
    refuse_hints(item.path, first, source, {item.originalname: cell})


def _written(item: pytest.Function) -> tuple[int, str]:
    """Return the line and the source of a check, from the file in which it stands.

    A public one is compiled as a cell, whose name a cell of any other notebook may have as well.
    """
    function = inspect.unwrap(item.function)
    if function.__code__.co_filename == f"{item.path}":
        return function.__code__.co_firstlineno, inspect.getsource(function)
    text = item.path.read_text("utf-8-sig")
    code = re.search(rf"(?m)^def {function.__name__}\(.*\n?(?:(?:[ \t].*)?\n)*", text)
    return (text.count("\n", 0, code.start()) + 1, code[0]) if code else (1, "")


def _refused(item: pytest.Function, what: str, remedy: str) -> AssignmentError:
    """Point at a check that cannot be used."""
    line = inspect.unwrap(item.function).__code__.co_firstlineno
    return AssignmentError(item.path, line, f"{item.name} {what}", remedy)
