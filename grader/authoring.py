"""What an author does before students see an assignment: begin it, and hand it out on paper."""

from pathlib import Path
from typing import Any

import click

from .assignment import Assignment
from .course import Course, CourseError
from .terminal import console


@click.command()
@click.argument("name")
@click.option("--title", default="", help="Heading of notebook and reports; by default, NAME.")
@click.pass_obj
def new(root: Path, name: str, title: str) -> None:
    """Begin an assignment NAME: a small whole one, to be changed into yours.

    Writes solutions/NAME.py, hidden checks with known mistakes and correct variants in
    autograder_tests/NAME/, and the students' notebook. All of it works: `grader verify NAME` says
    so, and stays at your side while you change it. A folder that is in no course becomes one.
    Nothing is ever replaced.
    """
    from .new import new as begin

    try:
        course = Course.find(root)
    except CourseError:
        course = Course(root.resolve())
    for path in begin(course, name, title):
        console.print(f"[green]✓[/] {path.relative_to(course.root)} was written", highlight=False)
    console.print(f"Begin to read in solutions/{name}.py; `grader verify {name}` tests the tests.")


@click.command()
@click.argument("names", nargs=-1)
@click.option(
    "-o", "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("build/handout"),
    show_default=True, help="Folder for NAME.html and NAME.py.",
)  # fmt: skip
@click.pass_obj
def handout(root: Path, names: tuple[str, ...], out: Path) -> None:
    """Render the students' notebooks of assignments NAMES (default: all) to print and to edit.

    NAME.html loads nothing from anywhere, and can be printed. NAME.py is the notebook as a script
    for editors that have no notebooks; it can be handed in like one. No solution is in them.
    """
    from .report import replace_file

    try:
        from . import handout as rendered
    except ImportError as error:
        remedy = "install the grader with its extra: pip install 'torch-grader[author]'"
        raise click.UsageError(f"{error.name} is not installed; {remedy}") from None

    course = Course.find(root)
    for name in names or course.names():
        assignment = Assignment.read(course.solution(name))
        replace_file(out / f"{name}.html", rendered.page(assignment))
        replace_file(out / f"{name}.py", rendered.script(assignment))
        console.print(f"[green]✓[/] {out / name}.html and .py were written", highlight=False)


COMMANDS: tuple[Any, ...] = (new, handout)
