"""The files of a course that a platform needs to judge submissions of one assignment."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from ..course.assignment import Assignment
from ..course.course import Course
from ..course.settings import AssignmentError


def course_files(course: Course, name: str) -> Iterator[tuple[str, Path]]:
    """Yield the solution, the key of the draws and the checks: name in the course, and place."""
    course.key()  # makes one where there is none
    checks = course.checks(name)
    for path in (course.solution(name), course.root / ".grader" / "key", *below(checks)):
        if not path.is_relative_to(checks / "variants"):  # they are for `grader verify`
            yield f"{path.relative_to(course.root)}", path


def below(folder: Path) -> Iterator[Path]:
    """Yield all files below a folder but those that Python has made."""
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def refuse_unknown(assignment: Assignment, checks: Path) -> None:
    """Raise if the setting visibility names a check that is not there, which would show it."""
    names = [
        node.name
        for path in sorted(checks.glob("test_*.py"))
        for node in ast.parse(path.read_bytes()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    for pattern in assignment.visibility:
        if not any(fnmatch(name, pattern) for name in names):
            what = f"visibility names {pattern}, which is not a hidden check"
            raise AssignmentError(assignment.path, 1, what, f"There are {', '.join(names)}")
