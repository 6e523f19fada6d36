"""Create an assignment: a small working one, copied under a name, to be edited step by step.

The template, templates/new/, is itself a course, in which NAME and TITLE are placeholders; it is
verified like any other.
"""

import json
import re
from pathlib import Path

from ..files import replace_file
from . import overview
from .build import build
from .course import Course, CourseError

TEMPLATE = Path(__file__).parents[1] / "templates" / "new"
FIT = re.compile(r"[a-z][a-z0-9_]*")


def new(course: Course, name: str, title: str) -> list[Path]:
    """Write the files of a new assignment and build its notebook; return what was written.

    Raises CourseError for an invalid name or title, and if a file would be overwritten.
    """
    if not FIT.fullmatch(name):
        near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")
        raise CourseError(
            f"{name!r} cannot be the name of an assignment, for files and folders are named after "
            "it: small letters a to z first, then also digits and _"
            + (f", such as {near}." if near else ", such as layer_norm.")
        )
    title = " ".join(title.split()) or name.replace("_", " ").capitalize()
    if not title.isprintable():
        raise CourseError("The title has characters in it that cannot be printed.")
    source = course.root / "solutions" / f"{name}.py"
    notebook, checks = course.notebook(name), course.checks(name)
    for path in (source, checks, notebook):
        if path.exists():
            where = path.relative_to(course.root)
            raise CourseError(f"{where} is there already, and is left as it is: take another name.")
    for path in sorted(TEMPLATE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            _copy(path, course.root, name, title)
    build(source, notebook)
    overview.write(course)
    return [source, checks, notebook]


def _copy(path: Path, root: Path, name: str, title: str) -> None:
    """Write one file of the template under its new name."""
    in_toml = json.dumps(title, ensure_ascii=False)  # escapes what TOML escapes
    text = path.read_text("utf-8").replace("NAME", name).replace('"TITLE"', in_toml)
    target = root / path.relative_to(TEMPLATE).as_posix().replace("NAME", name)
    replace_file(target, text)
