"""Pack an assignment as Gradescope's autograder zip."""

import ast
import io
import stat
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from ...course.assignment import Assignment
from ...course.course import Course
from ...course.include import spelled_out
from ...course.settings import AssignmentError
from ...files import LONG_AGO, replace_file

PACKAGE = Path(__file__).parents[2]
SCRIPTS = PACKAGE / "templates" / "gradescope"


def gradescope(course: Course, name: str, target: Path) -> int:
    """Write the autograder zip of an assignment; return how many files it holds.

    It holds the solution, the hidden checks and the key of the draws: it is for the platform alone.
    Raises AssignmentError and CourseError.
    """
    assignment = Assignment.read(course.solution(name))
    _refuse_unknown(assignment, course.checks(name))
    course.key()
    files = dict(sorted(_files(course, name)))
    with zipfile.ZipFile(packed := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, path in files.items():
            about = zipfile.ZipInfo(inside, LONG_AGO)
            mode = 0o755 if path.parent == SCRIPTS else 0o644
            about.external_attr = (stat.S_IFREG | mode) << 16
            about.compress_type = zipfile.ZIP_DEFLATED
            whole = spelled_out(path).encode() if path == assignment.path else path.read_bytes()
            archive.writestr(about, whole)
    replace_file(target, packed.getvalue())
    return len(files)


def _files(course: Course, name: str) -> Iterator[tuple[str, Path]]:
    """Yield every file's name in the zip, and where it lies now."""
    for path in SCRIPTS.iterdir():
        yield path.name, path
    for path in _below(PACKAGE):
        yield f"grader/{path.relative_to(PACKAGE)}", path
    checks = course.checks(name)
    for path in (course.solution(name), course.root / ".grader" / "key", *_below(checks)):
        if not path.is_relative_to(checks / "variants"):  # they are for `grader verify`
            yield f"course/{path.relative_to(course.root)}", path


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _refuse_unknown(assignment: Assignment, checks: Path) -> None:
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
