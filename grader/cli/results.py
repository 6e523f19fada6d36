"""Commands for a graded class: regrade, compare, override, back up, export.

All of these commands take the folder that `grader grade -o` has filled.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from ..course.course import Course
from ..judging.job import Job
from ..model.errors import ExitCode
from ..model.message import Message, Text, counted, joined, said
from ..model.result import Result, Status
from ..store.entry import Entry
from ..store.history import mark
from ..store.store import NAME, Store
from .machines import merge
from .options import JOBS, LANGUAGE, UNSAFE, me
from .system import needs_linux
from .terminal import console, plain, refusal, tell, voice

WRITTEN = Message("the scores were written into {file}")
FOLDER = click.argument(
    "folder", metavar="OUT", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
STORE = click.Path(exists=True, path_type=Path)


@click.command()
@needs_linux
@FOLDER
@click.option(
    "-q",
    "--question",
    "questions",
    multiple=True,
    help="Only checks of this question; can be repeated.",
)
@click.option(
    "-s", "--student", "students", multiple=True, help="Only this student, by id; can be repeated."
)
@click.option("--failures", is_flag=True, help="Only checks that did not pass.")
@click.option("--faults", is_flag=True, help="Only checks that ended in an error of the grader.")
@LANGUAGE
@JOBS
@UNSAFE
@click.pass_obj
def regrade(
    root: Path, folder: Path, questions: tuple[str, ...], students: tuple[str, ...],
    failures: bool, faults: bool, language: str | None, jobs: int, unsafe: bool,
) -> None:  # fmt: skip
    """Judge submissions in OUT again, from their original files.

    By default, all checks of all submissions; options narrow this down, and combine. Other results
    are kept, unless their check has changed or depends on one that is judged again. Manual grades
    are kept. Identical submissions share a judgement, so they are regraded together.

    \b
    Examples:
      grader regrade results --failures
      grader regrade results -s kim_12345 -q split_heads

    Exit codes: 0 if everything was judged; 2 if a file has changed or is missing; 3 if a submission
    could not be judged.
    """
    from ..judging.batch import Batch, digest
    from .run import run

    with Store(folder / NAME) as store:
        course, name = Course.find(root), store.assignment
        job = Job(course.solution(name), course.checks(name), course.key(), unsafe=unsafe)
        batch = Batch.open(store, job)
        if language:
            store.language = language
        voice.speak(store.language)
        no_question = Message("There is no question {name}; there are {known}.")
        _refuse_unknown(no_question, questions, batch.assignment.questions)
        no_student = Message("There is no student {name}; there are {known}.")
        _refuse_unknown(no_student, students, [entry.student for entry in store.entries()])

        def again(result: Result) -> bool:
            passed = result.status is Status.PASSED
            ours = result.status is Status.GRADER_ERROR
            asked = not questions or result.question in questions
            return asked and not (failures and passed) and not (faults and not ours)

        def wanted(entry: Entry) -> bool:
            before = store.latest(entry.digest)
            mine = not students or entry.student in students
            return mine and before is not None and any(map(again, before.judgement.results))

        to_do: dict[str, str] = {}
        for entry in filter(wanted, store.entries()):
            if digest(entry.path) != entry.digest:
                raise refusal(
                    Message(
                        "{file} has changed or is gone since it was judged; put it back, or grade "
                        "it with `grader grade`.",
                        file=entry.path,
                    )
                )
            to_do[entry.digest] = entry.student
        again_now = Message("{n} to judge again", n=len(to_do))
        tell(again_now if to_do else Message("Nothing to judge again."))
        same = {entry.student for entry in store.entries() if entry.digest in to_do}
        sys.exit(run(batch, to_do.values(), same, folder, jobs, again) if to_do else ExitCode.FINE)


@click.command()
@click.argument("before", type=STORE)
@click.argument("after", type=STORE, required=False)
def diff(before: Path, after: Path | None) -> None:
    """Show whose score changed from BEFORE to AFTER, and why.

    BEFORE and AFTER are folders of `grader grade`, or backups. With BEFORE alone: what has changed
    since scores were last written by `grader gradebook`, `grader feedback` or `grader results` or,
    if they never were, what the last command changed. Also lists students whose submission is a
    different file or time.

    \b
    Examples:
      grader diff results
      grader diff monday.sqlite results

    Exit codes: 0 if nothing changed, 1 if something did.
    """
    from ..store.diff import between, since

    with Store(_file(before)) as old:
        voice.speak(old.language)
        if after is None:
            moves, published = since(old)
            if published:
                tell(Message("Since {moment}:", moment=published))
        else:
            with Store(_file(after)) as new:
                moves = list(between(old, new))
    for move in moves:
        was, now = ("—" if score is None else score for score in (move.before, move.after))
        console.print(f"{plain(move.student)}: {was} → {now}", markup=False, highlight=False)
        for reason in move.reasons:
            said_of_it = f"    {plain(voice.say(reason))}"
            console.print(said_of_it, markup=False, highlight=False, soft_wrap=True)
    moved = sum(move.before != move.after for move in moves)
    if not moves:
        tell(Message("No score moved."))
    elif len(moves) > moved:
        others = len(moves) - moved
        tell(Message("{moved} moved, and {others} handed in otherwise", moved=moved, others=others))
    else:
        tell(Message("{moved} moved", moved=moved))
    sys.exit(ExitCode.DIFFERS if moves else ExitCode.FINE)


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
        _remark(remarks)
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
    _remark([*filled.remarks, *filled.left])
    done = len(standings) - len(filled.left)
    tell(Message("{done} of {all} scores are in {file}.", done=done, all=len(standings), file=out))
    sys.exit(ExitCode.PERSON if filled.left else ExitCode.FINE)


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


COMMANDS: tuple[Any, ...] = (merge, regrade, diff, override, backup, gradebook, results)


def _remark(lines: Iterable[Text]) -> None:
    for line in lines:
        tell(line, "yellow")


def _file(path: Path) -> Path:
    """Return the store in a folder, or the store itself."""
    return path / NAME if path.is_dir() else path


def _refuse_unknown(what: Message, names: Iterable[str], known: Sequence[str]) -> None:
    """Raise UsageError, which says `what` is not there, for a name not among the known ones."""
    for name in names:
        if name not in known:
            shown = [*known[:10], *["…"] * (len(known) > 10)]
            raise refusal(what.format(name=repr(name), known=shown))
