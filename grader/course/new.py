"""Create an assignment: a small working one or one of the gallery, copied under a name.

The template, templates/new/, is itself a course, in which NAME and TITLE are placeholders; it is
verified like any other.
"""

import json
import re
from pathlib import Path

from ..files import replace_file
from . import gallery, overview
from .build import build
from .course import Course, CourseError

TEMPLATE = Path(__file__).parents[1] / "templates" / "new"
FIT = re.compile(r"[a-z][a-z0-9_]*")


def new(course: Course, name: str, title: str, origin: str = "") -> list[Path]:
    """Write the files of a new assignment and build its notebook; return what was written.

    It is a copy of the small template or of `origin`, a notebook of the gallery. Raises CourseError
    for an invalid name or title, or an origin that is not there, and if a file would be
    overwritten.
    """
    if not FIT.fullmatch(name):
        near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")
        raise CourseError(
            f"{name!r} cannot be the name of an assignment, for files and folders are named after "
            "it: small letters a to z first, then also digits and _"
            + (f", such as {near}." if near else ", such as layer_norm.")
        )
    title = " ".join(title.split())
    if not title.isprintable():
        raise CourseError("The title has characters in it that cannot be printed.")
    source = course.root / "solutions" / f"{name}.py"
    notebook, checks = course.notebook(name), course.checks(name)
    for path in (source, checks, notebook):
        if path.exists():
            where = path.relative_to(course.root)
            raise CourseError(f"{where} is there already, and is left as it is: take another name.")
    if origin:
        gallery.copy(origin, course, name, title and _in_toml(title))
    else:
        _fill_template(course.root, name, title or name.replace("_", " ").capitalize())
    build(source, notebook)
    overview.write(course)
    return [source, checks, notebook]


def _fill_template(root: Path, name: str, title: str) -> None:
    """Write the files of the template under their new names."""
    for path in sorted(TEMPLATE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            text = path.read_text("utf-8").replace("NAME", name)
            target = root / path.relative_to(TEMPLATE).as_posix().replace("NAME", name)
            replace_file(target, text.replace('"TITLE"', _in_toml(title)))


def _in_toml(title: str) -> str:
    return json.dumps(title, ensure_ascii=False)  # escapes what TOML escapes
