"""The commands that move an assignment to otter-grader or nbgrader, and from otter-grader here."""

from pathlib import Path
from typing import Any

import click
from rich.text import Text

from .course import Course
from .terminal import console

FOLDER = click.option(
    "-o", "--out", required=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write into; made if needed.",
)  # fmt: skip


@click.command()
@click.argument("name")
@FOLDER
@click.pass_obj
def otter(root: Path, name: str, out: Path) -> None:
    """Write assignment NAME as a master notebook for `otter assign`.

    Text, code, solutions, points and public checks go along as they are, hidden checks as fixed
    inputs with the solution's answers. What cannot be carried is printed. Needs no otter-grader.
    """
    from .otter import otter as write

    _say(write(Course.find(root), name, out).losses())
    said = f"{out / 'master.ipynb'} is written: otter assign {out / 'master.ipynb'} {out / 'dist'}"
    console.print(f"[green]✓[/] {said}", soft_wrap=True)


@click.command()
@click.argument("name")
@FOLDER
@click.pass_obj
def nbgrader(root: Path, name: str, out: Path) -> None:
    """Write assignment NAME as the source notebook of nbgrader's course in FOLDER.

    Text, code, solutions, points and public checks go along as they are, hidden checks as fixed
    inputs with the solution's answers. What cannot be carried is printed. Needs no nbgrader.
    """
    from .nbgrader import nbgrader as write

    _say(write(Course.find(root), name, out).losses())
    path = out / "source" / name / f"{name}.ipynb"
    said = f"{path} is written: nbgrader generate_assignment {name} --course-dir={out}"
    console.print(f"[green]✓[/] {said}", soft_wrap=True)


@click.group("import")
def import_() -> None:
    """Take an assignment over from another tool."""


EXPORTS: tuple[Any, ...] = (otter, nbgrader)


def _say(losses: Any) -> None:
    for loss in losses:
        console.print("[yellow]![/]", Text(loss), soft_wrap=True)
