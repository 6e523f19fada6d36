"""`grader similarity`: which notebooks share unusual code."""

import sys
from functools import partial
from pathlib import Path

import click
from rich.text import Text

from ..course.assignment import Assignment
from ..course.course import Course
from ..intake.intake import take_in
from ..model.errors import ExitCode
from ..model.message import Message, counted, joined, some
from .options import ASSIGNMENT, NAMES, OUT, PATHS, SPOKEN
from .system import needs_linux
from .terminal import console, plain, progress, tell, voice


@click.command()
@needs_linux
@PATHS
@ASSIGNMENT
@OUT
@NAMES
@click.option(
    "--archive", multiple=True, type=click.Path(exists=True, path_type=Path),
    help="Notebooks of earlier years to compare with; can be repeated.",
)  # fmt: skip
@SPOKEN
@click.pass_obj
def similarity(
    root: Path, paths: tuple[Path, ...], name: str, out: Path, names: str | None,
    archive: tuple[Path, ...], language: str,
) -> None:  # fmt: skip
    """Rank pairs of notebooks that share unusual code.

    A pair is evidence for a person, not a penalty. Names, comments, layout and the code of the
    skeleton do not count. Nothing is run, and scores do not change. OUT/similarity.html shows the
    pairs side by side.

    \b
    Example:
      grader similarity submissions/ -a attention -o results --archive last_year.zip

    Exit codes: 0 if all notebooks were compared, 3 if some cannot be read (they are listed).
    """
    from ..files import replace_file
    from ..similarity import similarity as alike
    from ..similarity.document import documents
    from ..similarity.group import groups
    from ..similarity.pair import compare

    voice.speak(language)
    course = Course.find(root)
    title = Assignment.read(course.solution(name)).title
    taken = take_in(paths, name, out / "handed_in", names or "")
    earlier = take_in(archive, name, out / "archive")
    submissions, archived = taken.submissions, earlier.submissions
    for line in (*taken.remarks, *taken.doubts, *earlier.doubts):
        tell(line, "yellow")
    with progress() as bar:
        parsing = voice.say(Message("reading notebooks"))
        task = bar.add_task(parsing, total=len(submissions) + len(archived), counts="")
        found, unread = documents(
            submissions, archived, course.notebook(name).read_bytes(),
            show=partial(bar.advance, task),
        )  # fmt: skip
    pairs = compare(found)
    page = alike.page(title, found, pairs, unread, language)
    replace_file(out / "similarity.html", page)
    replace_file(out / "similarity.csv", alike.table(pairs))
    for pair in pairs[:10]:
        said = f"{pair.score:4.0%}  {pair.one.student}  {pair.other.student}"
        console.print(Text(plain(said)))
    for group in groups(pairs):
        if (many := len(group.students)) > 2:
            them = some(group.students, alike.FEW)
            tell(Message("group of {n}: {names}", n=many, names=them))
    for student, reason in unread:
        skipped = Message("not compared: {student}: {reason}", student=student, reason=reason)
        tell(skipped, "yellow")
    tell(
        joined(", ", (
            counted("{n} notebook compared", "{n} notebooks compared", n=len(found)),
            counted("{n} pair to look at", "{n} pairs to look at", n=len(pairs)),
        ))
    )  # fmt: skip
    files = f"{out / 'similarity.html'}   {out / 'similarity.csv'}"
    tell(Message("Pairs: {files}", files=files))
    sys.exit(ExitCode.PERSON if unread else ExitCode.FINE)
