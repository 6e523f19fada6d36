"""The road of a course: what its notebooks ask of students, each after those that it builds on.

It is read from settings and marks alone, without torch and without running anything.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from .cell import MARK
from .course import Course
from .include import sources
from .settings import AssignmentError, read_settings, read_text

QUESTION = re.compile(r"\bquestion\s*=")


@dataclass(frozen=True)
class Stop:
    """One notebook of a course."""

    name: str
    title: str
    learns: str
    hours: float
    """0 where nothing is said."""
    level: int
    """From 1 to 4; 0 where nothing is said."""
    builds_on: tuple[str, ...]
    """Other notebooks; not those on which one of these builds."""
    questions: int
    points: int
    """Of the hidden checks."""
    place: int = 0
    """How many notebooks in a row stand before it."""


def road(course: Course) -> list[Stop]:
    """Return the notebooks of a course in an order in which they can be done.

    Raises AssignmentError, also where one builds on a notebook that is not there.
    """
    stops = {name: _stop(course, name) for name in course.names()}
    for stop in stops.values():
        for other in stop.builds_on:
            if other not in stops:
                what = f"builds_on names {other}, which is not in solutions/"
                remedy = f"There are {', '.join(name for name in stops if name != stop.name)}"
                raise AssignmentError(course.solution(stop.name), 1, what, remedy)
    before = {name: {*stop.builds_on} for name, stop in stops.items()}
    try:
        order = [*TopologicalSorter(before).static_order()]
    except CycleError as error:
        circle = " and ".join(dict.fromkeys(error.args[1]))
        what, remedy = f"{circle} build on each other", "Let one of them stand first"
        raise AssignmentError(course.solution(error.args[1][0]), 1, what, remedy) from None
    place: dict[str, int] = {}
    for name in order:
        place[name] = max((place[other] + 1 for other in before[name]), default=0)
    placed = [
        replace(stop, place=place[name], builds_on=_nearest(name, before))
        for name, stop in stops.items()
    ]
    return sorted(placed, key=lambda stop: (stop.place, stop.level, stop.name))


def _stop(course: Course, name: str) -> Stop:
    path = course.solution(name)
    text = read_text(path)
    settings = read_settings(path, text)
    marks = [line for line in text.splitlines() if MARK.match(line) and QUESTION.search(line)]
    named = [*settings.get("builds_on", []), *(other.stem for other in sources(path))]
    return Stop(
        name, settings.get("title", name), settings.get("learns", ""), settings.get("hours", 0),
        settings.get("level", 0), tuple(sorted({*named} - {name})),
        sum("check" not in mark for mark in marks), sum(_points(course.checks(name))),
    )  # fmt: skip


def _points(checks: Path) -> Iterator[int]:
    """Yield the points of each hidden check, for each of its cases."""
    for path in sorted(checks.glob("test_*.py")):
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                calls = [d for d in node.decorator_list if isinstance(d, ast.Call)]
                cases = 1
                for call in calls:
                    if "parametrize" in ast.unparse(call.func) and len(call.args) > 1:
                        cases *= len(getattr(call.args[1], "elts", [None]))
                for call in calls:
                    match call:
                        case ast.Call(
                            func=ast.Name(id="points"), args=[ast.Constant(value=int(points))]
                        ):
                            yield points * cases


def _nearest(name: str, before: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Return what a notebook builds on, without what that builds on itself."""
    far, todo = set[str](), [*before[name]]
    while todo:
        new = before[todo.pop()] - far
        far |= new
        todo += new
    return tuple(sorted(before[name] - far))
