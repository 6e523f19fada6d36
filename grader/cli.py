"""The command line: `grader --help`.

Exit codes: 0 all is well, 1 a check failed (`check`, `build --check`, `verify`, `doctor`) or a
score moved (`diff`), 2 wrong usage or a course that cannot be used, 3 some submissions could not be
judged, 4 the store cannot be used (disk full?), 130 interrupted.
"""

import sys
from collections import Counter
from datetime import datetime
from functools import partial
from pathlib import Path

import click
from rich.text import Text

from . import __version__
from .assignment import Assignment
from .course import Course, CourseError
from .database import StoreError
from .intake import IntakeError, take_in
from .options import ASSIGNMENT, CLUSTER, JOBS, NAMES, OUT, PATHS, SHARD, UNSAFE, ZIP
from .orders import CannotJudge, Orders
from .settings import AssignmentError
from .shard import Shard
from .spreadsheet import TableError
from .submission import Refused
from .ta import COMMANDS
from .terminal import console, plain, progress

NO_STORE, INTERRUPTED = 4, 130


class Group(click.Group):
    """Commands whose authors' errors end with a sentence and exit code 2, without a traceback."""

    def invoke(self, context: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(context)
        except (
            AssignmentError, CourseError, CannotJudge, IntakeError, Refused, TableError,
        ) as error:  # fmt: skip
            raise click.UsageError(str(error)) from None
        except StoreError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(NO_STORE)
        except KeyboardInterrupt:  # a second one, while what was judged is being written out
            click.echo("Interrupted. What was judged is kept; the same command goes on.", err=True)
            sys.exit(INTERRUPTED)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="grader")
@click.option(
    "--course", "root", type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(), help="Folder of the course (default: the one around the current folder).",
)  # fmt: skip
@click.pass_context
def main(context: click.Context, root: Path) -> None:
    """Grade PyTorch notebooks: in a sandbox, exactly, and with sentences that teach.

    \b
    Course team:  grader build             make the students' notebooks from solutions/
                  grader grade SUBMISSIONS -a attention -o results
                  grader merge results shard_1 shard_2       what several machines have judged
                  grader regrade results   judge again: a question, a student, only failures
                  grader override results decisions.csv      what people decide, counts
                  grader diff results      whose score moved, and why
                  grader gradebook results canvas.csv --column Attention -o upload.csv
                  grader verify            are the checks fair, and do they catch what they should?
                  grader export gradescope attention -o attention.zip
                  grader doctor            can this machine keep submissions locked in?
    Students:     grader check attention.ipynb
    """
    context.obj = root


@main.command()
@click.argument("names", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a notebook is stale.")
@click.pass_obj
def build(root: Path, names: tuple[str, ...], check: bool) -> None:
    """Make assignments/NAME.ipynb from solutions/NAME.py (default: of all assignments)."""
    from .build import build as make

    course = Course.find(root)
    stale = []
    for name in names or course.names():
        target = course.notebook(name)
        if make(course.solution(name), target, check=check):
            console.print(f"[green]✓[/] assignments/{target.name} is up to date")
        elif check:
            stale.append(name)
            console.print(
                f"[red]✗[/] assignments/{target.name} is stale: run `grader build {name}`"
            )
        else:
            console.print(f"[green]✓[/] assignments/{target.name} was written")
    sys.exit(1 if stale else 0)


@main.command()
@PATHS
@ASSIGNMENT
@OUT
@NAMES
@click.option(
    "--roster", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV with columns id and name: lists who is missing, and who is unknown.",
)  # fmt: skip
@click.option(
    "--deadline", type=click.DateTime(["%Y-%m-%d %H:%M"]), metavar='"YYYY-MM-DD HH:MM"',
    help="With --names: of several files of a student, take the last one before.",
)  # fmt: skip
@JOBS
@SHARD
@CLUSTER
@UNSAFE
@click.pass_obj
def grade(
    root: Path, paths: tuple[Path, ...], name: str, out: Path, names: str, roster: Path | None,
    deadline: datetime | None, jobs: int, shard: Shard, cluster: str, unsafe: bool,
) -> None:  # fmt: skip
    """Grade notebooks: files, folders of files, or zips of a whole class.

    A file name such as kim_12345_attention.ipynb gives the student id kim_12345; what an LMS has
    named is read with --names. For each student, OUT/ID/ gets results.json (Gradescope's format)
    and feedback.html; for the class, OUT gets grades.csv and report.html.

    All of these come from OUT/grades.sqlite, which has every result as soon as it is judged. The
    same command again goes on where it was ended, even by a power cut: it judges what is new, what
    our fault has spoiled, and those checks that have changed.

    Exit code 0: all were judged; 3: some could not be, see the table; 4: the store cannot be used.
    """
    from .batch import Batch
    from .intake import compare, read_roster
    from .run import run
    from .store import NAME, Store

    course = Course.find(root)
    solution = course.solution(name)
    wanted = read_roster(roster) if roster else {}
    intake = take_in(paths, name, out / "handed_in", names, deadline)
    submissions = intake.submissions
    remarks = intake.remarks + (compare((s for s, _ in submissions), wanted) if roster else [])
    if not submissions:
        raise click.UsageError("\n".join(["There is no file that can be graded.", *remarks]))
    orders = Orders(solution, course.checks(name), course.key(), unsafe=unsafe)
    with Store(out / NAME, make=True) as store:
        batch = Batch.open(store, orders, cluster)
        students = batch.take_in(submissions, shard)
        submissions.clear()  # the store has them; of 10,000, the paths alone take 6 MB
        to_do, same = batch.to_do(students)
        reasons = ", ".join(f"{n} {why}" for why, n in Counter(to_do.values()).items())
        for remark in remarks:
            console.print(plain(remark), style="yellow", markup=False, highlight=False)
        console.print(f"{same} judged before; {len(to_do)} to judge{f': {reasons}' * bool(to_do)}")
        sys.exit(run(batch, to_do, students, out, jobs))


@main.command()
@click.argument("notebook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(notebook: Path) -> None:
    """Run the public checks on your own NOTEBOOK, on this machine and without a sandbox.

    For students, on any system. Exit code 0: all checks passed; 1: some did not.
    """
    from .notebook import Unreadable
    from .practice import practise

    passed = True
    try:
        for sentence, problem in practise(notebook):
            passed &= not problem
            mark = "[yellow]![/]" if problem is None else "[red]✗[/]" if problem else "[green]✓[/]"
            console.print(mark, Text(sentence))
            if problem:
                console.print(problem, style="dim", markup=False, highlight=False)
    except Unreadable as error:
        raise click.UsageError(str(error)) from None
    sys.exit(0 if passed else 1)


@main.command()
@click.argument("names", nargs=-1)
@click.option(
    "--seeds", type=click.IntRange(1), default=3, show_default=True,
    help="On how many draws of inputs correct code must pass.",
)  # fmt: skip
@JOBS
@click.option(
    "-o", "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("build/verify"),
    show_default=True, help="Folder for verify.html, junit.xml and results.json.",
)  # fmt: skip
@click.pass_obj
def verify(root: Path, names: tuple[str, ...], seeds: int, jobs: int, out: Path) -> None:
    """Test the tests of the assignments NAMES (default: all).

    Runs the hidden checks on the solution, on correct variants, on known mistakes and on stubs, and
    says where a check is too strict, too lax, idle or unfair. Exit code 0: all is sound; 1: not.
    """
    from . import matrix
    from .verify import verify as examine

    course, verified = Course.find(root), []
    with progress() as bar:
        for name in names or course.names():
            show = partial(bar.update, bar.add_task(name, total=None, counts=""))
            verified.append(examine(course, name, draws=seeds, jobs=jobs, show=show))
    matrix.write(verified, out)
    defects = [claim for _, claims in verified for claim in claims if claim.defect]
    for defect in defects:
        console.print("[red]✗[/]", Text(str(defect)), soft_wrap=True)
    for evidence, claims in verified:
        said = f"{evidence.assignment.name}: {len(claims)} claims, {matrix.summary(evidence)}"
        console.print(said, soft_wrap=True)
    console.print(f"Kill matrix: {out / 'verify.html'}")
    sys.exit(1 if defects else 0)


@main.command()
@click.argument("name")
@ZIP
@click.pass_obj
def release(root: Path, name: str, out: Path) -> None:
    """Write what students get of assignment NAME: its notebook and a README.

    Refused when a line or a statement of a solution or a hidden check is found in it.
    """
    from .release import release as pack

    pack(Course.find(root), name, out)
    console.print(f"[green]✓[/] {out} is for students: no solution and no hidden check is in it")


@main.group()
def export() -> None:
    """Pack an assignment for another tool."""


@export.command()
@click.argument("name")
@ZIP
@click.pass_obj
def gradescope(root: Path, name: str, out: Path) -> None:
    """Write the autograder zip of assignment NAME for Gradescope.

    Solution, hidden checks and key are in it: upload it, and give it to nobody.
    """
    from .bundle import gradescope as pack

    count = pack(Course.find(root), name, out)
    console.print(
        f"[green]✓[/] {out} holds {count} files: upload it as the autograder", soft_wrap=True
    )


@main.command()
@PATHS
@ASSIGNMENT
@OUT
@NAMES
@click.option(
    "--archive", multiple=True, type=click.Path(exists=True, path_type=Path),
    help="Notebooks of earlier years, to compare with; may be given several times.",
)  # fmt: skip
@click.pass_obj
def similarity(
    root: Path, paths: tuple[Path, ...], name: str, out: Path, names: str, archive: tuple[Path, ...]
) -> None:
    """Rank pairs of notebooks that share code which few others have: evidence, never a penalty.

    Names, comments and layout play no part, nor does what the skeleton holds. Scores stay as they
    are; a person reads similarity.html, where the pairs stand side by side. Nothing is run.
    """
    from . import similarity as alike
    from .file import replace_file

    course = Course.find(root)
    title = Assignment.read(course.solution(name)).title
    submissions = take_in(paths, name, out / "handed_in", names).submissions
    archived = take_in(archive, name, out / "archive").submissions
    with progress() as bar:
        task = bar.add_task("parsing", total=len(submissions) + len(archived), counts="")
        documents, unread = alike.documents(
            submissions, archived, course.notebook(name).read_bytes(),
            show=partial(bar.advance, task),
        )  # fmt: skip
    pairs = alike.compare(documents)
    replace_file(out / "similarity.html", alike.page(title, documents, pairs, unread))
    replace_file(out / "similarity.csv", alike.table(pairs))
    for pair in pairs[:10]:
        said = f"{pair.score:4.0%}  {pair.one.student}  {pair.other.student}"
        console.print(Text(plain(said)))
    for group in alike.clusters(pairs):
        console.print(Text(plain(f"group of {len(group)}: {', '.join(group)}")), soft_wrap=True)
    console.print(f"{len(documents)} notebooks compared, {len(pairs)} pairs to look at")
    console.print(f"Pairs: {out / 'similarity.html'}   {out / 'similarity.csv'}")


@main.command()
def doctor() -> None:
    """Say which walls hold around a submission on this machine, and try to break out of them."""
    from .doctor import examine

    sys.exit(0 if examine(console) else 1)


for command in COMMANDS:
    main.add_command(command)
