"""`grader gradebook`: the scores in the table of an LMS."""

import sys
from pathlib import Path

import click

from ..model.errors import ExitCode
from ..model.message import Message, joined, said
from ..store.history import mark
from ..store.store import NAME, Store
from .options import FOLDER
from .results import WRITTEN
from .terminal import tell, voice


@click.command()
@FOLDER
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--column", required=True, help="Column for the scores, or the first words of its name."
)
@click.option(
    "--id", "ids", default="ID", show_default=True,
    help="Column with the students' ids, in Moodle Identifier.",
)  # fmt: skip
@click.option(
    "--comments", default="", help="Column for the comments of `grader override` (default: none)."
)
@click.option(
    "-o", "--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="File to upload: a copy of TABLE with the scores filled in.",
)  # fmt: skip
def gradebook(folder: Path, table: Path, column: str, ids: str, comments: str, out: Path) -> None:
    """Fill the scores of OUT into TABLE, exported from the LMS.

    Only the cells of the column change; encoding, order, quotes and all other bytes stay. A row is
    found by the student's id: "Participant 4711" is 4711, and 12345 is kim_12345 if all ids have
    that form or the row names kim. No row is guessed: students without a row or a score are listed,
    as are those with a similar id.

    \b
    Example:
      grader gradebook results canvas.csv --column Attention -o upload.csv

    Exit codes: 0 if every student is filled in; 2 if TABLE is not valid; 3 if students are listed.
    """
    from ..csv_table import TableError, decode
    from ..files import replace_file
    from ..report.gradebook import Gradebook

    with Store(folder / NAME) as store:
        voice.speak(store.language)
        standings = {standing.student: standing for standing in store.standings()}
        try:
            text, encoding = decode(table.read_bytes())
            book = Gradebook.read(text)
            filled = book.fill(standings, ids, column, comments)
            data = f"{book}".encode(encoding)
        except TableError as error:
            raise TableError(joined(": ", (f"{table}", said(error)))) from None
        except UnicodeEncodeError as error:
            unknown = Message(
                "{file}: a comment has {letter} in it, which {encoding} cannot write: save the "
                "table as “CSV UTF-8”.",
                file=table, letter=repr(error.object[error.start]), encoding=encoding,
            )  # fmt: skip
            raise TableError(unknown) from None
        replace_file(out, data)
        mark(store, WRITTEN.format(file=out))
    for line in (*filled.remarks, *filled.left):
        tell(line, "yellow")
    done = len(standings) - len(filled.left)
    tell(Message("{done} of {all} scores are in {file}.", done=done, all=len(standings), file=out))
    sys.exit(ExitCode.PERSON if filled.left else ExitCode.FINE)
