"""Commands for authors: create an assignment, build it, test its checks, hand it out."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from ..course.assignment import Assignment
from ..course.course import Course, CourseError
from ..course.include import sources
from ..model.errors import ExitCode, GraderError
from .options import JOBS, ZIP
from .system import needs_linux
from .terminal import console, progress
from .translate import remarks, translate


@click.command()
@click.argument("name", required=False)
@click.option("--title", default="", help="Title of the notebook and reports (default: NAME).")
@click.option("--from", "origin", default="", help="Begin with this notebook of the gallery.")
@click.option("--list", "listing", is_flag=True, help="List the notebooks of the gallery.")
@click.pass_obj
def new(root: Path, name: str | None, title: str, origin: str, listing: bool) -> None:
    """Create an assignment: a small one, or one of the gallery.

    This writes solutions/NAME.py, hidden checks with known mistakes and correct variants in
    autograder_tests/NAME/, and the students' notebook. It passes `grader verify NAME`, which you
    can run again after each edit. Outside of a course, the folder becomes one. No file is
    overwritten.

    \b
    Examples:
      grader new layer_norm --title "Layer normalization"
      grader new --list
      grader new bptt --from bptt
    """
    from ..course.gallery import gallery
    from ..course.new import new as begin
    from ..course.road import road

    if listing:
        for stop in road(gallery()):
            about = f"{stop.hours:g} h  {'★' * stop.level:4}"
            console.print(f"{stop.name:20} {about}  {stop.title}", highlight=False, soft_wrap=True)
        return
    if not name:
        raise click.UsageError("Say what it is to be called: grader new NAME.")
    try:
        course = Course.find(root)
    except CourseError:
        course = Course(root.resolve())
    for path in begin(course, name, title, origin):
        console.print(f"[green]✓[/] {path.relative_to(course.root)} was written", highlight=False)
    console.print(f"Begin to read in solutions/{name}.py; `grader verify {name}` tests the tests.")


@click.command()
@click.argument("names", nargs=-1)
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 if a notebook is out of date."
)
@click.pass_obj
def build(root: Path, names: tuple[str, ...], check: bool) -> None:
    """Build the students' notebooks from the solutions.

    Writes assignments/NAME.ipynb from solutions/NAME.py (default: all assignments), and with them
    README.md, a table of all assignments, and road.svg, what builds on what. A README.md that
    you have written yourself stays.

    \b
    Examples:
      grader build
      grader build attention --check
    """
    from ..checking.written_hints import refuse_hidden_hints
    from ..course.build import build as make
    from ..course.handed import handed_over
    from ..course.overview import write as write_overview

    course = Course.find(root)
    stale = []
    for name in names or course.names():
        target = course.notebook(name)
        refuse_hidden_hints(course.checks(name), Assignment.read(course.solution(name)))
        if make(course.solution(name), target, check=check):
            console.print(f"[green]✓[/] assignments/{target.name} is up to date")
        elif check:
            stale.append(name)
            console.print(
                f"[red]✗[/] assignments/{target.name} is stale: run `grader build {name}`"
            )
        else:
            console.print(f"[green]✓[/] assignments/{target.name} was written")
    for name in names or course.names():
        for line, text in handed_over(Assignment.read(course.solution(name))):
            console.print(
                f"[yellow]![/] solutions/{name}.py:{line}: every submission will run this when it "
                "is judged, since it may change what is graded:", Text(text),
                "— hand on `lambda x: name(x)` instead of the graded name.", soft_wrap=True,
            )  # fmt: skip
        for remark in remarks(course, name):
            console.print("[yellow]![/]", Text(remark), highlight=False, soft_wrap=True)
    for name in write_overview(course, check=check):
        stale += [name] if check else []
        said = (
            "[red]✗[/] {} is stale: run `grader build`" if check else "[green]✓[/] {} was written"
        )
        console.print(said.format(f"assignments/{name}"))
    sys.exit(ExitCode.DIFFERS if stale else ExitCode.FINE)


@click.command()
@needs_linux
@click.argument("names", nargs=-1)
@click.option(
    "--seeds", type=click.IntRange(1), default=3, show_default=True,
    help="Number of input draws on which correct code must pass.",
)  # fmt: skip
@click.option(
    "--only-right", is_flag=True, help="Run correct code alone: for many draws. Writes nothing."
)
@JOBS
@click.option(
    "-o", "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("build/verify"),
    show_default=True, help="Folder for verify.html, junit.xml and results.json.",
)  # fmt: skip
@click.pass_obj
def verify(
    root: Path, names: tuple[str, ...], seeds: int, only_right: bool, jobs: int, out: Path
) -> None:
    """Test the hidden checks of assignments NAMES (default: all).

    Runs them on the solution, on correct variants, on known mistakes and on stubs, and reports each
    check that is too strict, too lax, redundant or unfair. Results without defects are kept in
    .grader/verified until something they depend on changes; delete that folder to start over.

    \b
    Examples:
      grader verify attention --seeds 10
      grader verify gru --seeds 200 --only-right

    Exit codes: 0 if the checks are sound, 1 if they are not.
    """
    from ..verify.finding import Finding, write

    course = Course.find(root)
    if only_right:
        sys.exit(_right(course, names or tuple(course.names()), seeds, jobs))
    kept = {name: Finding.kept(course, name, seeds) for name in names or course.names()}
    findings = []
    with progress() as bar:
        for name, found in kept.items():
            if found is None:
                show = partial(bar.update, bar.add_task(name, total=None, counts=""))
                found = Finding.make(course, name, draws=seeds, jobs=jobs, show=show)
            findings.append(found)
    write(findings, out)
    defects = [defect for found in findings for defect in found.defects]
    for defect in defects:
        console.print("[red]✗[/]", Text(defect), soft_wrap=True)
    for found in findings:
        again = (
            " (found before; nothing that it depends on has changed)" if kept[found.name] else ""
        )
        console.print(f"{found.name}: {found.summary}{again}", soft_wrap=True)
    console.print(f"Kill matrix: {out / 'verify.html'}")
    sys.exit(ExitCode.DIFFERS if defects else ExitCode.FINE)


def _right(course: Course, names: Sequence[str], draws: int, jobs: int) -> ExitCode:
    """Say how many runs of correct code have full marks, and which do not."""
    from ..verify.verify import right

    code = ExitCode.FINE
    with progress() as bar:
        for name in names:
            show = partial(bar.update, bar.add_task(name, total=None, counts=""))
            runs, lost = right(course, name, draws=draws, jobs=jobs, show=show)
            for line in lost:
                console.print("[red]✗[/]", Text(line), soft_wrap=True)
            said = f"{runs - len(lost)} of {runs} runs of correct code had full marks"
            console.print(f"{name}: {said}, on draws 0 to {draws - 1}", soft_wrap=True)
            code = ExitCode.DIFFERS if lost else code
    return code


@click.command()
@click.argument("names", nargs=-1)
@click.option(
    "-o", "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("build/handout"),
    show_default=True, help="Folder for NAME.html and NAME.py.",
)  # fmt: skip
@click.pass_obj
def handout(root: Path, names: tuple[str, ...], out: Path) -> None:
    """Render the students' notebooks for print and for editors.

    Renders those of NAMES (default: all).
    NAME.html is self-contained and can be printed. NAME.py is the notebook as a script, which
    students can submit as well. Neither contains a solution.

    \b
    Example:
      grader handout attention
    """
    from ..files import replace_file

    try:
        from ..report import handout as rendered
    except ImportError as error:
        remedy = "Install the grader with its extra: pip install 'torch-grader[author]'."
        raise GraderError(f"{error.name} is not installed.", remedy) from None

    course = Course.find(root)
    for name in names or course.names():
        assignment = Assignment.read(course.solution(name))
        replace_file(out / f"{name}.html", rendered.page(assignment))
        replace_file(out / f"{name}.py", rendered.script(assignment))
        console.print(f"[green]✓[/] {out / name}.html and .py were written", highlight=False)


@click.command()
@click.argument("name")
@ZIP
@click.pass_obj
def release(root: Path, name: str, out: Path) -> None:
    """Pack what students get for assignment NAME.

    That is the notebook and a README. Fails if the files contain a line or statement of a solution
    or a hidden check.

    \b
    Example:
      grader release attention -o attention.zip
    """
    from ..course.release import release as pack

    course = Course.find(root)
    pack(course, name, out)
    console.print(f"[green]✓[/] {out} is for students: no solution and no hidden check is in it")
    if given := [path.stem for path in sources(course.solution(name))]:
        console.print(
            f"[yellow]![/] As it includes what students wrote in {' and '.join(given)}, it gives "
            "that away: hand it out once that is due",
            soft_wrap=True,
        )


COMMANDS: tuple[Any, ...] = (new, build, verify, handout, release, translate)
