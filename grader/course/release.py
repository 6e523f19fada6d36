"""Pack what students get, and prove that no solution and no hidden check is in it.

The proof searches the very bytes that students receive: line by line (including outputs, texts and
metadata), and by the syntax trees of statements, which spacing, comments and line breaks do not
change.
"""

import ast
import io
import json
import textwrap
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..files import LONG_AGO, replace_file
from ..sandbox.guest.notebook import read as notebook
from ..sandbox.guest.notebook.cell import Cell, parse
from .assignment import Assignment
from .build import build
from .catalogue import translations
from .cell import REGION, without_solution
from .course import Course
from .sentences import of_students
from .settings import AssignmentError, read_metadata

SHORTEST_LINE = 24
"""Characters; shorter lines, such as `super().__init__()`, are common."""
SMALLEST_STATEMENT = 14
"""Nodes of a syntax tree; `return self.out_proj(x)` has 10."""

README = """\
# {title}

Open `{name}.ipynb` in Jupyter, VS Code or Colab, and begin at the top: the notebook says what to
write and checks it as you go. Hand in that one file.

It needs Python {python} and these packages:

    python -m pip install {packages}
"""


def release(course: Course, name: str, target: Path) -> None:
    """Write a zip with the notebook and a README. Raises AssignmentError if it would leak."""
    assignment = Assignment.read(course.solution(name))
    path = course.notebook(name)
    if not build(assignment.path, path, check=True):
        remedy = f"Run `grader build {name}`, and commit the notebook"
        raise AssignmentError(assignment.path, 1, f"{path.name} is stale or missing", remedy)
    files = {path.name: path.read_bytes(), "README.md": readme(assignment).encode()}
    for inside, data in files.items():
        if found := leaks(assignment, course.checks(name), data):
            what = f"{inside} would give students `{found[0]}`"
            remedy = "It is part of a solution or of a hidden check: take it out of what they see"
            raise AssignmentError(assignment.path, 1, what, remedy)
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        for inside, data in files.items():
            archive.writestr(zipfile.ZipInfo(f"{name}/{inside}", LONG_AGO), data)
    replace_file(target, packed.getvalue())


def readme(assignment: Assignment) -> str:
    """Return how to begin, with the author's text on the data."""
    needs = read_metadata(assignment.path)
    text = README.format(
        title=assignment.title, name=assignment.name, python=needs.get("requires-python", ">=3.11"),
        packages=" ".join(needs.get("dependencies", ["torch"])),
    )  # fmt: skip
    notes = [c.source for c in assignment.cells if c.kind == "markdown" and _is_on_data(c.source)]
    return "\n".join([text, *(f"{note}\n" for note in notes)])


def leaks(assignment: Assignment, checks: Path, data: bytes) -> list[str]:
    """Return the lines and statements of solutions and hidden checks that are in `data`.

    Text that also occurs outside of solutions is meant for students.
    """
    code = (path.read_text("utf-8") for path in sorted(checks.glob("*.py")))
    secret = [*_solutions(assignment), *code, *_translations(assignment, checks)]
    shown = [without_solution(cell.source) for cell in assignment.cells]
    text, shown_text = _plain(data.decode("utf-8", "replace")), _plain("\n".join(shown))
    lines = {line for line in _lines(secret) if line not in shown_text}
    found = {line for line in lines if line in text or json.dumps(line)[1:-1] in text}
    trees, shown_trees, given = map(_statements, (secret, shown, _code(data)))
    found |= {text for tree, text in trees.items() if tree in given and tree not in shown_trees}
    return sorted(found)


def _solutions(assignment: Assignment) -> Iterator[str]:
    """Yield the text between the marks."""
    for cell in assignment.cells:
        for region in REGION.finditer(cell.source):
            yield textwrap.dedent("\n".join(region[0].splitlines()[1:-1]))


def _translations(assignment: Assignment, checks: Path) -> Iterator[str]:
    """Yield what the hidden checks say in other languages, unless a public one says the same."""
    public = translations(checks, only=(one.text for one in of_students(assignment)))
    for language, words in translations(checks).languages.items():
        given = "\n".join(public.of(language).words.values())
        yield from (said for said in words.values() if said not in given)


def _code(data: bytes) -> list[str]:
    try:
        return [cell.source for cell in notebook.read(data)]
    except notebook.Unreadable:
        return []  # a text, which has only lines


def _plain(text: str) -> str:
    """Return a text with single spaces."""
    return " ".join(text.split())


def _lines(sources: Iterable[str]) -> set[str]:
    """Return the longer lines."""
    lines = {_plain(line) for source in sources for line in source.splitlines()}
    return {line for line in lines if len(line) >= SHORTEST_LINE}


def _statements(sources: Iterable[str]) -> dict[str, str]:
    """Return the larger statements: their syntax trees, and their text."""
    found = {}
    for number, source in enumerate(sources):
        for node in (node for top in parse(Cell(number, source))[0] for node in ast.walk(top)):
            if isinstance(node, ast.stmt) and sum(1 for _ in ast.walk(node)) >= SMALLEST_STATEMENT:
                found[ast.dump(node)] = ast.unparse(node)
    return found


def _is_on_data(markdown: str) -> bool:
    first = markdown.partition("\n")[0]
    return first.startswith("#") and "data" in first.lower().split()
