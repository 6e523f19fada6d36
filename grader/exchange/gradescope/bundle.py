"""Pack an assignment as Gradescope's autograder zip."""

import io
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ...course.assignment import Assignment
from ...course.course import Course
from ...course.include import spelled_out
from ...files import LONG_AGO, replace_file
from ..course_files import below, course_files, refuse_unknown

PACKAGE = Path(__file__).parents[2]
SCRIPTS = PACKAGE / "templates" / "gradescope"


def gradescope(course: Course, name: str, target: Path) -> int:
    """Write the autograder zip of an assignment; return how many files it holds.

    It holds the solution, the hidden checks and the key of the draws: it is for the platform alone.
    Raises AssignmentError and CourseError.
    """
    assignment = Assignment.read(course.solution(name))
    refuse_unknown(assignment, course.checks(name))
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
    for path in below(PACKAGE):
        yield f"grader/{path.relative_to(PACKAGE)}", path
    for inside, path in course_files(course, name):
        yield f"course/{inside}", path
