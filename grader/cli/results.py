"""Commands for a graded class: override, back up, export.

All of these commands take the folder that `grader grade -o` has filled.
"""

from pathlib import Path
from typing import Any

import click

from ..model.message import Message, counted
from ..store.history import mark
from ..store.store import NAME, Store
from .options import FOLDER, me
from .terminal import refusal, tell, voice

WRITTEN = Message("the scores were written into {file}")


@click.command()
@FOLDER
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def override(folder: Path, table: Path) -> None:
    """Apply manual grades from TABLE. They override the checks and survive regrading.

    TABLE is a CSV file with the columns id, question, points and comment. Points replace those of
    the checks; a line with only a comment keeps the points; a line with neither removes a manual
    grade. For the question (submission), points are added to the others, or taken if negative.
    Students see both on their page; results.json, grades.csv and report.html mark manual points.

    \b
    Example:
      grader override results decisions.csv

    Exit codes: 0 if every line was applied; 2 if one is not valid, and then none is.
    """
    from ..report.export import Export
    from ..store.decisions import read

    with Store(folder / NAME) as store:
        voice.speak(store.language)
        decisions, remarks = read(table, store.by_student())
        for line in remarks:
            tell(line, "yellow")
        store.override(decisions, me())
        mark(store)
        tell(counted("{n} decision counts.", "{n} decisions count.", n=len(decisions)))
        Export(store, folder).write({student for student, _ in decisions})


@click.command()
@FOLDER
@click.argument("file", type=click.Path(path_type=Path))
def backup(folder: Path, file: Path) -> None:
    """Copy the store of OUT to a new FILE, even while it is in use.

    To restore it, replace OUT/grades.sqlite with FILE and delete OUT/grades.sqlite-wal and
    OUT/grades.sqlite-shm, if they exist.

    \b
    Example:
      grader backup results monday.sqlite
    """
    with Store(folder / NAME) as store:
        voice.speak(store.language)
        store.back_up(file)
    tell(Message("{file} has everything.", file=file))


@click.command()
@FOLDER
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def results(folder: Path, file: Path) -> None:
    """Export the class to FILE for other programs. The suffix selects the format.

    \b
      .jsonl   one JSON object per student, with everything that is known
      .xml     JUnit: one suite per student, one case per check
      .csv     the table of grades

    The same store gives the same bytes. For the course team, not for students.

    \b
    Example:
      grader results results class.jsonl
    """
    from ..files import replace_file
    from ..report.formats import FORMATS

    if (write := FORMATS.get(file.suffix)) is None:
        raise refusal(Message("{file} must end in {endings}.", file=file, endings=list(FORMATS)))
    with Store(folder / NAME) as store:
        voice.speak(store.language)
        replace_file(file, write(store.standings(), store.language))
        mark(store, WRITTEN.format(file=file))
    tell(Message("{file} is written.", file=file))


COMMANDS: tuple[Any, ...] = (override, backup, results)
