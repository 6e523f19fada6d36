"""The command that returns feedback to where the submissions came from."""

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from ..course.assignment import Assignment
from ..course.course import Course
from ..model.errors import ExitCode, GraderError
from ..model.message import Message, counted
from ..store.history import mark
from ..store.store import NAME as STORE
from ..store.store import Store
from .options import FOLDER
from .results import WRITTEN
from .terminal import tell, voice

NAMES = ("moodle", "canvas", "nbgrader", "gradescope", "classroom50", "files")
NOTHING = Message("Nothing can be returned in this form; see above, or take --for files.")


@click.command()
@FOLDER
@click.option(
    "--for",
    "name",
    type=click.Choice(NAMES),
    required=True,
    help="Where the submissions came from.",
)
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path),
    help="Zip to write; for nbgrader the folder of its course, for classroom50 a folder.",
)  # fmt: skip
@click.pass_obj
def feedback(root: Path, folder: Path, name: str, out: Path) -> None:
    """Pack the feedback of OUT for the platform it returns to.

    \b
      moodle       a zip for “Upload multiple feedback files in a zip”
      canvas       a zip for “Upload Submissions”: a notebook with the feedback, as a comment
      nbgrader     the course's folder feedback/, for `nbgrader release_feedback`
      gradescope   an autograder zip that returns what was graded here
      classroom50  a result.json for each repository, with whole points and no hidden check
      files        a zip with a folder for each student

    What goes where is read from the paths of the submissions, as the platform has named them. Who
    cannot be reached, and who has no score yet, is listed. Members of a group get one page.

    \b
    Example:
      grader feedback results --for moodle -o feedback.zip

    Exit codes: 0 if everybody gets feedback; 3 if somebody is listed; 2 if nobody gets any.
    """
    from ..exchange.feedback.forms import FORMS
    from ..exchange.feedback.gradescope import Gradescope
    from ..exchange.feedback.parcel import Parcel

    with Store(folder / STORE) as store:
        voice.speak(store.language)
        form = Gradescope(_visibility(root, store)) if name == "gradescope" else FORMS[name]()
        parcel = Parcel(form)
        parcel.pack(store)
        for line in parcel.left:
            tell(line, "yellow")
        if not parcel.students:
            raise GraderError(NOTHING)
        parcel.write(out)
        mark(store, WRITTEN.format(file=out))
        told = counted(
            "{n} student gets feedback by {file}.", "{n} students get feedback by {file}.",
            n=parcel.students, file=out,
        )  # fmt: skip
        tell(told)
        tell(parcel.form.next.format(file=out, assignment=store.assignment))
    sys.exit(ExitCode.PERSON if parcel.left else ExitCode.FINE)


def _visibility(root: Path, store: Store) -> Mapping[str, str]:
    """Return which checks Gradescope shows when, as the assignment says. Raises CourseError."""
    return Assignment.read(Course.find(root).solution(store.assignment)).visibility
