"""`grader translate`: an author's sentences in another language."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from rich.text import Text

from ..course.assignment import Assignment
from ..course.course import Course
from ..model.errors import ExitCode
from ..model.language import DEFAULT, LANGUAGES
from .options import Spoken
from .terminal import console


@click.command()
@click.argument("name")
@click.argument("language", type=Spoken([one for one in LANGUAGES if one != DEFAULT]))
@click.pass_obj
def translate(root: Path, name: str, language: str) -> None:
    """Begin or renew the translation of what assignment NAME says.

    Writes autograder_tests/NAME/LANGUAGE.po: a msgid for each sentence of yours that students read
    (the title, checks, failures, mistakes, hints), and below it a msgstr for you to fill in, with
    any editor or a program such as Poedit. What {stands between braces} is a value: keep it, at
    any place. Pages that speak LANGUAGE say it so from the next `grader grade` on; no submission
    is judged again. `grader build` puts what public checks say into the students' notebook.

    Given again after a change of the assignment, it keeps what is translated. A sentence that
    resembles an earlier one gets its msgstr, marked "fuzzy": correct it, and delete that mark. What
    nobody says any more goes to the end, after "#~".

    \b
    Examples:
      grader translate attention ko
      grader grade submissions/ -a attention -o results --lang ko

    Exit codes: 0 if every sentence is translated, 1 if some are still said in English.
    """
    from ..checking.said import sentences
    from ..course.translating import renew

    course = Course.find(root)
    folder = course.checks(name)
    found = sentences(Assignment.read(course.solution(name)), folder)
    target = folder / f"{language}.po"
    state = renew(target, language, found.values(), course.root)
    mark = "[yellow]![/]" if state.left else "[green]✓[/]"
    place = target.relative_to(course.root)
    console.print(mark, Text(f"{place}: {state}"), highlight=False, soft_wrap=True)
    sys.exit(ExitCode.DIFFERS if state.left else ExitCode.FINE)


def remarks(course: Course, name: str) -> Iterator[str]:
    """Yield what the catalogues of an assignment lack, and what nobody says any more.

    Raises AssignmentError for one that cannot be read.
    """
    from ..checking.said import sentences
    from ..course.catalogue import catalogues
    from ..course.translating import stale, state

    for path in catalogues(folder := course.checks(name)):
        found = sentences(Assignment.read(course.solution(name)), folder).values()
        place, remedy = path.relative_to(course.root), f"run `grader translate {name} {path.stem}`"
        for line, text in stale(path, found):
            yield f"{place}:{line}: nobody says “{text}” any more: {remedy}"
        if (now := state(path, found)).left:
            yield f"{place}: {now}: {remedy}, and fill in what is empty or fuzzy there"
