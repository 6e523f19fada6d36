"""Turn a source notebook of nbgrader into an assignment of ours.

Every cell of tests becomes a hidden check with its points; what students see of it becomes a check
in the notebook as well. As in otter_import/, which form a test can have is tried on the notebook's
own solution: its code is run here, without a sandbox, so import what you trust.
"""

from pathlib import Path

from ...course.course import Course
from ..otter_import.convert import Imported, convert
from .source_notebook import SourceNotebook


def import_nbgrader(path: Path, course: Course) -> Imported:
    """Write solutions/NAME.py and autograder_tests/NAME/ of a source notebook.

    Raises AssignmentError where it cannot be used, and CourseError where the name is taken.
    """
    return convert(SourceNotebook(path), course)
