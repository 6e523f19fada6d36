"""What a teaching assistant does with a graded class: regrade, compare, decide, keep safe.

All of these commands take the folder that `grader grade -o` has filled.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from ..course.course import Course
from ..judging.job import Job
from ..model.result import Result, Status
from ..model.words import speaker
from ..store.history import mark
from ..store.store import NAME, Entry, Store
from .machines import merge
from .options import JOBS, LANGUAGE, UNSAFE
from .terminal import console, plain

FOLDER = click.argument(
    "folder", metavar="OUT", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
STORE = click.Path(exists=True, path_type=Path)


@click.command()
@FOLDER
@click.option("-q", "--question", "questions", multiple=True, help="Only the checks of a question.")
@click.option("-s", "--student", "students", multiple=True, help="Only this student, by id.")
@click.option("--failures", is_flag=True, help="Only checks that did not pass.")
@click.option("--faults", is_flag=True, help="Only checks that a fault of ours has spoiled.")
@LANGUAGE
@JOBS
@UNSAFE
@click.pass_obj
def regrade(
    root: Path, folder: Path, questions: tuple[str, ...], students: tuple[str, ...],
    failures: bool, faults: bool, language: str | None, jobs: int, unsafe: bool,
) -> None:  # fmt: skip
    """Judge submissions in OUT again, from the files where they were.

    Without an option, all checks of all submissions; several options narrow it down together. The
    other results stay, except for checks that have changed, or that build on what moves now.
    Decisions of people stay, too. Whose score moved: `grader diff OUT`.

    Identical submissions share a judgement: to regrade one of them is to regrade them all.

    Exit code 0: all were judged; 2: a file has changed or is gone; 3: some could not be judged.
    """
    from ..judging.batch import Batch, digest
    from .run import run

    with Store(folder / NAME) as store:
        course, name = Course.find(root), store.assignment
        job = Job(course.solution(name), course.checks(name), course.key(), unsafe=unsafe)
        batch = Batch.open(store, job)
        if language:
            store.language = language
        say = speaker(store.language)
        _refuse_unknown("question", questions, batch.assignment.questions)
        _refuse_unknown("student", students, [entry.student for entry in store.entries()])

        def again(result: Result) -> bool:
            passed = result.status is Status.PASSED
            ours = result.status is Status.GRADER_ERROR
            asked = not questions or result.question in questions
            return asked and not (failures and passed) and not (faults and not ours)

        def wanted(entry: Entry) -> bool:
            before = store.latest(entry.digest)
            mine = not students or entry.student in students
            return mine and before is not None and any(map(again, before.report.results))

        to_do: dict[str, str] = {}
        for entry in filter(wanted, store.entries()):
            if digest(entry.path) != entry.digest:
                raise click.UsageError(
                    f"{entry.path} has changed or is gone since it was judged; put it back, or "
                    "grade it with `grader grade`."
                )
            to_do[entry.digest] = entry.student
        said = say("{n} to judge again").format(n=len(to_do))
        console.print(said if to_do else say("Nothing to judge again."))
        same = {entry.student for entry in store.entries() if entry.digest in to_do}
        sys.exit(run(batch, to_do.values(), same, folder, jobs, again) if to_do else 0)


@click.command()
@click.argument("before", type=STORE)
@click.argument("after", type=STORE, required=False)
def diff(before: Path, after: Path | None) -> None:
    """Show whose score moved from BEFORE to AFTER, and why.

    Each is a folder that `grader grade` has filled, or a backup. With one of them alone: what has
    moved since `grader gradebook` or `grader results` wrote its scores last or, before that, what
    the last command has moved. Also listed is of whom another file counts, or one of another time.

    Exit code 0: nothing moved; 1: something did.
    """
    from ..store.diff import between, since

    with Store(_file(before)) as old:
        if after is None:
            moves, published = since(old)
            if published:
                console.print(f"Since {published}:", markup=False, highlight=False, soft_wrap=True)
        else:
            with Store(_file(after)) as new:
                moves = list(between(old, new))
    for move in moves:
        was, now = ("—" if score is None else score for score in (move.before, move.after))
        console.print(f"{plain(move.student)}: {was} → {now}", markup=False, highlight=False)
        for reason in move.reasons:
            console.print(f"    {plain(reason)}", markup=False, highlight=False, soft_wrap=True)
    moved = sum(move.before != move.after for move in moves)
    same = f", and {len(moves) - moved} handed in otherwise" if len(moves) > moved else ""
    console.print(f"{moved} moved{same}" if moves else "No score moved.")
    sys.exit(1 if moves else 0)


@click.command()
@FOLDER
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def override(folder: Path, table: Path) -> None:
    """Let people's decisions in TABLE count in OUT, whatever the checks say, now and later.

    TABLE is a CSV with the columns id, question, points and comment. Points take the place of
    those that the checks give; a comment alone leaves them; a line with neither lifts a decision.
    Students see both on their page, and results.json, grades.csv and report.html say which points
    are set by hand. If one line cannot be used, none is.

    Exit code 0: all lines count; 2: TABLE cannot be used, and nothing has changed.
    """
    from ..report.export import Export
    from ..store.decisions import read

    with Store(folder / NAME) as store:
        decisions, remarks = read(table, store.by_student())
        _remark(remarks)
        store.override(decisions)
        mark(store)
        console.print(f"{len(decisions)} decisions count.")
        Export(store, folder).write({student for student, _ in decisions})


@click.command()
@FOLDER
@click.argument("file", type=click.Path(path_type=Path))
def backup(folder: Path, file: Path) -> None:
    """Write the store of OUT, as it is at one moment, into a new FILE, also while it is in use.

    To go back: put FILE in the place of OUT/grades.sqlite, and delete the files grades.sqlite-wal
    and grades.sqlite-shm beside it if there are any.
    """
    with Store(folder / NAME) as store:
        store.back_up(file)
    console.print(f"{file} has everything.")


@click.command()
@FOLDER
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--column", required=True, help="Column for the scores, or how its name begins.")
@click.option(
    "--id", "ids", default="ID", show_default=True,
    help="Column with the students' ids; Moodle calls it Identifier.",
)  # fmt: skip
@click.option("--comments", default="", help="Column for people's comments (default: none).")
@click.option(
    "-o", "--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="File to upload, a copy of TABLE with the scores filled in.",
)  # fmt: skip
def gradebook(folder: Path, table: Path, column: str, ids: str, comments: str, out: Path) -> None:
    """Fill the scores of OUT into TABLE, the gradebook as the LMS has exported it.

    Only cells of the column are changed; every other byte stays, also the encoding, the order, the
    quotes and the row of points; scores get the table's decimal comma. A row is found by the id;
    "Participant 4711" is 4711, and 12345 is kim_12345 if all ids are made like that, or the row
    names kim. Nobody's row is guessed: who has none, or no score, is listed, and also who has a
    similar one.

    Exit code 0: everybody is filled in; 2: TABLE cannot be used; 3: somebody is listed.
    """
    from ..csv_table import TableError, decode
    from ..files import replace_file
    from ..report.gradebook import Gradebook

    with Store(folder / NAME) as store:
        reports = {report.student: report for report in store.reports()}
        try:
            text, encoding = decode(table.read_bytes())
            book = Gradebook.read(text)
            filled = book.fill(reports, ids, column, comments)
            data = f"{book}".encode(encoding)
        except TableError as error:
            raise click.UsageError(f"{table}: {error}") from None
        except UnicodeEncodeError as error:
            said = (
                f"a comment has {error.object[error.start]!r} in it, which {encoding} cannot write"
            )
            raise click.UsageError(f"{table}: {said}: save the table as “CSV UTF-8”.") from None
        replace_file(out, data)
        mark(store, f"the scores were written into {out}")
    _remark([*filled.remarks, *filled.left])
    console.print(f"{len(reports) - len(filled.left)} of {len(reports)} scores are in {out}.")
    sys.exit(3 if filled.left else 0)


@click.command()
@FOLDER
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def results(folder: Path, file: Path) -> None:
    """Write the class into FILE for other programs; its name's end says how.

    \b
    .jsonl   one JSON object per student and line, with all that is known
    .xml     JUnit: a suite per student, a case per check
    .csv     the table of grades

    The same store gives the same bytes. All three are for the course team, not for students.
    """
    from ..files import replace_file
    from ..report.formats import FORMATS

    if (write := FORMATS.get(file.suffix)) is None:
        raise click.UsageError(f"{file} must end in {', '.join(FORMATS)}.")
    with Store(folder / NAME) as store:
        replace_file(file, write(store.reports()))
        mark(store, f"the scores were written into {file}")
    console.print(f"{file} is written.")


COMMANDS: tuple[Any, ...] = (merge, regrade, diff, override, backup, gradebook, results)


def _remark(lines: Iterable[str]) -> None:
    for line in lines:
        console.print(plain(line), style="yellow", markup=False, highlight=False)


def _file(path: Path) -> Path:
    """Return the store in a folder, or the store itself."""
    return path / NAME if path.is_dir() else path


def _refuse_unknown(what: str, names: Iterable[str], known: Sequence[str]) -> None:
    """Raise UsageError for a name that is not among the known ones."""
    for name in names:
        if name not in known:
            some = ", ".join(list(known)[:10]) + (", …" if len(known) > 10 else "")
            raise click.UsageError(f"There is no {what} {name!r}; there are {some}.")
