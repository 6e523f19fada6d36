"""The notebooks that come with the package, to begin a course of one's own with."""

import re
import shutil
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from ..files import replace_file
from .course import Course, CourseError
from .include import spelled_out

PLACE = "share/torch-grader"
"""Below the prefix of an installation: site-packages can be read by workers, this not."""
BUILDS_ON = re.compile(r"(?m)^# builds_on = \[.*\]\n")
TITLE = re.compile(r"(?m)^# title = .*$")


def gallery() -> Course:
    """Return the course that comes with the package. Raises CourseError where it does not."""
    checkout = Path(__file__).parents[2]
    if (checkout / "solutions").is_dir() and (checkout / "autograder_tests").is_dir():
        return Course(checkout)
    try:
        installed = files("torch-grader") or []
    except PackageNotFoundError:
        installed = []
    for file in installed:
        if file.match(f"{PLACE}/solutions/*.py"):
            return Course(Path(str(file.locate())).resolve().parents[1])
    raise CourseError(
        "This installation has no notebooks to begin with, as that of an image for students: "
        "install torch-grader with pip, or take a clone of it."
    )


def copy(origin: str, course: Course, name: str, title: str) -> None:
    """Copy a notebook of the gallery with its checks. Raises CourseError.

    What it includes stands in it from then on, and it builds on nothing that is not there.
    """
    source = gallery()
    text = spelled_out(source.solution(origin))
    text = BUILDS_ON.sub("", text, count=1)
    if title:
        text = TITLE.sub(lambda _: f"# title = {title}", text, count=1)
    replace_file(course.root / "solutions" / f"{name}.py", text)
    shutil.copytree(
        source.checks(origin), course.checks(name), ignore=shutil.ignore_patterns("__pycache__")
    )
