"""Commands that export an assignment to other tools, and import one from them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from ..course.course import Course
from ..model.plugin import EXPORT, Plugin, plugin, plugins
from .options import ZIP
from .system import needs_linux
from .terminal import console

if TYPE_CHECKING:
    from ..exchange.otter_import.convert import Imported

FOLDER = click.option(
    "-o", "--out", required=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write into; created if needed.",
)  # fmt: skip

COURSE = click.option(
    "-o", "--out", type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the course; created if needed (default: the current course).",
)  # fmt: skip


class Exports(click.Group):
    """Our exports, and those of other packages, which are imported only to be run."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of all."""
        return sorted({*super().list_commands(context), *plugins(EXPORT)})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return ours, or else that of another package."""
        ours = super().get_command(context, name)
        added = None if ours else plugin(EXPORT, name)
        return _added(added) if added else ours


def _added(by: Plugin) -> click.Command:
    """Return the command for an export of another package."""

    @click.command(
        by.name, help=f"Write assignment NAME for {by.name}; comes with the package {by.package}."
    )
    @click.argument("name")
    @click.option(
        "-o", "--out", required=True, type=click.Path(path_type=Path), help="What to write."
    )
    @click.pass_obj
    def run(root: Path, name: str, out: Path) -> None:
        write, course = by.load(), Course.find(root)
        course.solution(name)
        with by.blamed():
            _say(write(course, name, out) or ())
        console.print(f"[green]✓[/] {out} is written", soft_wrap=True)

    return run


@click.group(cls=Exports)
def export() -> None:
    """Export an assignment to another tool."""


@export.command()
@click.argument("name")
@ZIP
@click.pass_obj
def gradescope(root: Path, name: str, out: Path) -> None:
    """Write the autograder zip of assignment NAME for Gradescope.

    It contains the solution, the hidden checks and the key: upload it, and do not share it.

    \b
    Example:
      grader export gradescope attention -o attention.zip
    """
    from ..exchange.gradescope.bundle import gradescope as pack

    count = pack(Course.find(root), name, out)
    console.print(
        f"[green]✓[/] {out} holds {count} files: upload it as the autograder", soft_wrap=True
    )


@export.command()
@click.argument("name")
@click.option(
    "--image",
    required=True,
    help="Image that your PrairieLearn pulls, built from docker/Dockerfile.",
)
@FOLDER
@click.pass_obj
def prairielearn(root: Path, name: str, image: str, out: Path) -> None:
    """Write assignment NAME as a question in FOLDER, the questions/ of a PrairieLearn course.

    FOLDER/NAME/tests contains the solution, the hidden checks and the key: students do not see
    it, but whoever has access to the course does.

    \b
    Example:
      grader export prairielearn attention --image our/torch-grader -o pl-course/questions
    """
    from ..exchange.prairielearn.question import prairielearn as write

    target = write(Course.find(root), name, image, out)
    console.print(f"[green]✓[/] {target} is written: sync your PrairieLearn course", soft_wrap=True)


@export.command()
@needs_linux
@click.argument("name")
@FOLDER
@click.pass_obj
def otter(root: Path, name: str, out: Path) -> None:
    """Write assignment NAME as a master notebook for `otter assign`.

    Text, code, solutions, points and public checks are kept. Hidden checks become fixed inputs with
    the solution's answers. What cannot be exported is listed. otter-grader need not be installed.

    \b
    Example:
      grader export otter attention -o build/otter
    """
    from ..exchange.transcript.otter import otter as write

    _say(write(Course.find(root), name, out).losses())
    said = f"{out / 'master.ipynb'} is written: otter assign {out / 'master.ipynb'} {out / 'dist'}"
    console.print(f"[green]✓[/] {said}", soft_wrap=True)


@export.command()
@needs_linux
@click.argument("name")
@FOLDER
@click.pass_obj
def nbgrader(root: Path, name: str, out: Path) -> None:
    """Write assignment NAME as a source notebook of an nbgrader course in FOLDER.

    Text, code, solutions, points and public checks are kept. Hidden checks become fixed inputs with
    the solution's answers. What cannot be exported is listed. nbgrader need not be installed.

    \b
    Example:
      grader export nbgrader attention -o build/nbgrader
    """
    from ..exchange.transcript.nbgrader import nbgrader as write

    _say(write(Course.find(root), name, out).losses())
    path = out / "source" / name / f"{name}.ipynb"
    said = f"{path} is written: nbgrader generate_assignment {name} --course-dir={out}"
    console.print(f"[green]✓[/] {said}", soft_wrap=True)


@click.group("import")
def import_() -> None:
    """Import an assignment from another tool."""


@import_.command("otter")
@needs_linux
@click.argument("master", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@COURSE
@click.pass_obj
def from_otter(root: Path, master: Path, out: Path | None) -> None:
    """Create an assignment from MASTER, a notebook for `otter assign`.

    Questions, solution regions, text, tests and points are kept; what cannot be imported is listed.
    This runs the code in MASTER to try the checks on it: import only notebooks that you trust.

    \b
    Example:
      grader import otter hw01/master.ipynb
    """
    from ..exchange.otter_import.convert import import_otter

    _say_imported(import_otter(master, _course(root, out)), "otter-grader")


@import_.command("nbgrader")
@needs_linux
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@COURSE
@click.pass_obj
def from_nbgrader(root: Path, source: Path, out: Path | None) -> None:
    """Create an assignment from SOURCE, a notebook in the folder source/ of an nbgrader course.

    Answers, text, tests, hidden tests and points are kept. Answers that people grade stay in the
    notebook, and are named; what cannot be imported is listed with its cell. This runs the code in
    SOURCE to try the checks on it: import only notebooks that you trust.

    \b
    Example:
      grader import nbgrader source/ps1/problem1.ipynb
    """
    from ..exchange.nbgrader_import.convert import import_nbgrader

    _say_imported(import_nbgrader(source, _course(root, out)), "nbgrader")


def _course(root: Path, out: Path | None) -> Course:
    """Return the course to import into, which is made where it is named and not there."""
    if out is None:
        return Course.find(root)
    for folder in ("solutions", "assignments", "autograder_tests"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    return Course(out)


def _say_imported(imported: "Imported", tool: str) -> None:
    _say(imported.notes)
    said = f"solutions/{imported.name}.py and {imported.checks} checks, {imported.maximum} points"
    console.print(f"[green]✓[/] {said}. Next: grader build {imported.name}", soft_wrap=True)
    console.print(
        f"`grader verify` will ask for known mistakes, variants and a reference: {tool} has "
        "no place for them, so they are yours to add."
    )


def _say(losses: Any) -> None:
    for loss in losses:
        console.print("[yellow]![/]", Text(loss), soft_wrap=True)
