"""The command line: `grader --help`.

Exit codes: 0 all is well, 1 a check failed (`check`, `build --check`, `verify`, `doctor`), 2 wrong
usage or a course that cannot be used, 3 some submissions could not be judged, 130 interrupted.
"""

import os
import sys
import time
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from . import __version__
from .assignment import Assignment
from .course import Course, CourseError
from .orders import CannotJudge, Orders
from .settings import AssignmentError
from .verdict import Report, Status

console = Console()
NOT_ALL_JUDGED, INTERRUPTED = 3, 130
QUIET = (Status.PASSED, Status.NOT_RUN)
JOBS = click.option(
    "-j", "--jobs", type=click.IntRange(1), default=lambda: len(os.sched_getaffinity(0)),
    show_default="one per core", help="How many submissions to judge at the same time.",
)  # fmt: skip


class Group(click.Group):
    """Commands whose authors' errors end with a sentence and exit code 2, without a traceback."""

    def invoke(self, context: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(context)
        except (AssignmentError, CourseError, CannotJudge) as error:
            raise click.UsageError(str(error)) from None


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
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH..."
)
@click.option("-a", "--assignment", "name", required=True, help="Which assignment, e.g. attention.")
@click.option(
    "-o", "--out", required=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the results; made if needed.",
)  # fmt: skip
@JOBS
@click.option(
    "--unsafe", is_flag=True,
    help="Grade although this machine cannot lock submissions in; results are marked UNSANDBOXED.",
)  # fmt: skip
@click.pass_obj
def grade(
    root: Path, paths: tuple[Path, ...], name: str, out: Path, jobs: int, unsafe: bool
) -> None:
    """Grade notebooks: files, or folders of files.

    A file name such as kim_12345_attention.ipynb gives the student id kim_12345. For each student,
    OUT/ID/ gets results.json (Gradescope's format) and feedback.html; for the class, OUT gets
    grades.csv and report.html. Exit code 0: all were judged; 3: some could not be, see the table.
    """
    from . import report
    from .grade import grade as grade_all
    from .submission import find

    course = Course.find(root)
    assignment = Assignment.read(course.solution(name))
    try:
        submissions = find(list(paths), name)
    except FileNotFoundError as error:
        raise click.UsageError(f"{error} does not exist.") from None
    if not submissions:
        raise click.UsageError("There is no file in the folders given.")
    orders = Orders(assignment.path, course.checks(name), course.key(), unsafe=unsafe)
    reports: list[Report] = []
    interrupted, start = False, time.monotonic()
    try:
        with _progress() as progress:
            task = progress.add_task(assignment.title, total=len(submissions), counts="")
            for one in grade_all(submissions, orders, jobs):
                reports.append(one)
                report.write(one, out / one.student, assignment.visibility)
                progress.update(task, advance=1, counts=_counts(reports))
    except KeyboardInterrupt:
        interrupted = True
        for one in reports[-1:]:  # perhaps in the middle of writing it
            report.write(one, out / one.student, assignment.visibility)
    reports.sort(key=lambda r: r.student)
    report.write_class(reports, out)
    console.print(_table(reports))
    seconds = time.monotonic() - start
    console.print(f"{len(reports)} of {len(submissions)} submissions in {seconds:.1f} s")
    console.print(f"Class:    {out / 'report.html'}   {out / 'grades.csv'}")
    console.print(f"Students: {out / '<id>' / 'feedback.html'}   {out / '<id>' / 'results.json'}")
    if interrupted:
        console.print("[yellow]Interrupted.[/] What was graded is written.")
        sys.exit(INTERRUPTED)
    sys.exit(0 if all(r.judged and not r.problem for r in reports) else NOT_ALL_JUDGED)


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
    with _progress() as progress:
        for name in names or course.names():
            show = partial(progress.update, progress.add_task(name, total=None, counts=""))
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
@click.option(
    "-o", "--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="The zip to write, e.g. attention.zip.",
)  # fmt: skip
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
@click.option(
    "-o", "--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="The zip to write, e.g. attention.zip.",
)  # fmt: skip
@click.pass_obj
def gradescope(root: Path, name: str, out: Path) -> None:
    """Write the autograder zip of assignment NAME for Gradescope.

    Solution, hidden checks and key are in it: upload it, and give it to nobody.
    """
    from .export import gradescope as pack

    count = pack(Course.find(root), name, out)
    console.print(
        f"[green]✓[/] {out} holds {count} files: upload it as the autograder", soft_wrap=True
    )


@main.command()
def doctor() -> None:
    """Say which walls hold around a submission on this machine, and try to break out of them."""
    from .doctor import examine

    sys.exit(0 if examine(console) else 1)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"), TimeRemainingColumn(compact=True),
        console=console,
    )  # fmt: skip


def _counts(reports: list[Report]) -> str:
    full = sum(r.score == r.max_score for r in reports)
    person = sum(bool(r.problem) or not r.judged for r in reports)
    return f"[green]{full} full marks[/]" + (f" [yellow]{person} for a person[/]" if person else "")


def _table(reports: list[Report]) -> Table:
    """One line per student: score, checks passed, and where the first points were lost."""
    table = Table(title="Results", expand=True)
    table.add_column("student", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("checks", justify="right", no_wrap=True)
    table.add_column("remark", ratio=1)
    for r in reports:
        score = "—" if r.score is None else f"{r.score}/{r.max_score}"
        passed = sum(result.status is Status.PASSED for result in r.results)
        first = next((x for x in r.results if x.status not in QUIET), None)
        blamed = f"{first.question}, {first.status.replace('_', ' ')}: " if first else ""
        remark = r.problem or (blamed + first.sentence if first else "")
        line = Text(_plain(remark), no_wrap=True, overflow="ellipsis")
        table.add_row(Text(_plain(r.student)), score, f"{passed}/{len(r.results)}", line)
    return table


def _plain(text: str) -> str:
    """Make text from a student harmless for a terminal."""
    from .report import clean

    return clean(text).replace("\n", " ")
