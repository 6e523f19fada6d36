"""A cell of the author's notebook, read from its lines: what is marked in it, and what it checks.

Reading executes nothing, and rejects whatever would surprise students later.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from .percent import read_cell
from .settings import BLOCK, AssignmentError

MARK = re.compile(r"\s*#\s*%%+(\s|$)")  # what jupytext takes for the start of a cell
REGION = re.compile(r"(?ms)^([ \t]*)# BEGIN SOLUTION[ \t]*$.*?^[ \t]*# END SOLUTION[ \t]*$")
NEARLY_A_REGION = re.compile(r"(?i)#+\s*(begin|end)\s+solution")

TELLING = 8
"""Letters of a line that tell a solution: shorter ones, such as `return y`, anybody writes."""


@dataclass(frozen=True)
class Cell:
    """One cell of the author's notebook."""

    kind: Literal["code", "markdown"]
    source: str
    """As in a notebook: markdown without comment signs, solution included."""
    line: int
    """Line of the ``# %%`` mark, so that ``"\\n" * line + source`` has the file's line numbers."""
    tags: tuple[str, ...] = ()
    question: str | None = None
    """Name that students define in this cell."""
    checks: tuple[str, ...] = ()
    """Names of the public checks that this cell defines."""
    is_value: bool = False
    """Whether the question is assigned, ``x = …``, so that it may be a value."""
    is_class: bool = False
    """Whether the question is a class, so that whatever is called by its name makes modules."""
    about: str | None = None
    """The question that this cell of checks says it is about, if it says so."""
    given: bool = False
    """Whether its code stands in another solution, from which it is included."""

    @property
    def is_check(self) -> bool:
        """Whether this is a cell of public checks."""
        return bool(self.checks)

    @property
    def gives(self) -> tuple[str, ...]:
        """Names of what it defines, if that is included."""
        return tuple(_defined(ast.parse(self.source).body)) if self.given else ()

    @property
    def includes(self) -> bool:
        """Whether it says what of other solutions is to stand in its place."""
        return self.kind == "code" and "include" in self.tags

    def line_of(self, number: int) -> int:
        """Return the line of the file for one of the source; what is included has its mark's."""
        return self.line if self.given else self.line + number


def without_solution(source: str) -> str:
    """Replace each solution by a placeholder that raises NotImplementedError."""
    return REGION.sub(r"\1# your code here\n\1raise NotImplementedError", source)


def read_cells(path: Path, text: str) -> Iterator[Cell]:
    """Yield the cells between marks, without settings and empty ones. Raises AssignmentError."""
    lines = BLOCK.sub(lambda block: "\n" * block[0].count("\n"), text).split("\n")
    marks = [number for number, line in enumerate(lines, 1) if MARK.match(line)]
    above = _parse(path, 0, lines[: marks[0] - 1] if marks else lines)
    for node in above.body:
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            what = "this code stands above the first cell"
            raise AssignmentError(path, node.lineno, what, "Put a line # %% before it")
    for mark, end in pairwise([*marks, len(lines) + 1]):
        cell = _cell(path, mark, lines[mark - 1 : end - 1])
        if cell.source.strip():
            yield cell


def _cell(path: Path, line: int, lines: list[str]) -> Cell:
    """Read one cell from its lines, the mark first."""
    try:
        raw = read_cell("\n".join(lines))
    except ValueError:  # tags are not a list; a second mark inside
        raise _unknown_mark(path, line, lines[0]) from None
    allowed = {"question", "tags", "region_name", "cell_marker", "lines_to_next_cell"}
    question, tags = raw.metadata.get("question"), tuple(raw.metadata.get("tags", ()))
    readable = question is None or (isinstance(question, str) and question.isidentifier())
    if raw.cell_type == "raw" or not readable or raw.metadata.keys() - allowed:
        raise _unknown_mark(path, line, lines[0])
    if raw.cell_type == "markdown" and not (question or "check" in tags):
        return Cell("markdown", raw.source, line, tags)
    tree = _parse(path, line - 1, lines)
    checks = tuple(_checks(path, line, tree, "check" in tags))
    if checks:
        _refuse_solution(path, line, lines, None)
        return Cell("code", raw.source, line, tags, None, checks, about=question)
    _refuse_solution(path, line, lines, question)
    assigned = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    is_value = question in set(_defined(assigned))
    is_class = any(isinstance(node, ast.ClassDef) and node.name == question for node in tree.body)
    return Cell("code", raw.source, line, tags, question, is_value=is_value, is_class=is_class)


def _unknown_mark(path: Path, line: int, mark: str) -> AssignmentError:
    remedy = 'A mark is # %% and may add [markdown] or question="Name", and tags=["check"]'
    return AssignmentError(path, line, f"the mark {mark.strip()!r} cannot be read", remedy)


def _parse(path: Path, above: int, lines: list[str]) -> ast.Module:
    """Parse lines that are preceded by `above` others; magics are still comments."""
    try:
        return ast.parse("\n" * above + "\n".join(lines))
    except SyntaxError as error:
        what = f"Python cannot read this cell: {error.msg}"
        remedy = "Correct it, as every cell must be whole and run as it stands"
        raise AssignmentError(path, error.lineno or above + 1, what, remedy) from None


def _checks(path: Path, line: int, tree: ast.Module, is_check: bool) -> Iterator[str]:
    """Yield the names of a cell's checks, which a check cell must have and others must not."""
    tests = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    for test in tests:
        if not is_check:
            what = f"{test.name} would never be run here"
            remedy = 'Begin its cell with # %% tags=["check"]'
        elif ast.unparse(test.args) != "student":
            what = f"{test.name} must take one argument, student"
            remedy = f"Write def {test.name}(student):"
        elif not ast.get_docstring(test):
            what = f"{test.name} has no docstring"
            remedy = "Say there in one sentence what should hold; students read it"
        else:
            yield test.name
            continue
        raise AssignmentError(path, test.lineno, what, remedy)
    if is_check and not tests:
        remedy = "Add one, def test_what_should_hold(student):, or remove the tag"
        raise AssignmentError(path, line, "this check cell defines no check", remedy)


def _refuse_solution(path: Path, line: int, lines: list[str], question: str | None) -> None:
    """Raise unless solution regions are well-formed and leave a cell that defines its question."""
    begins = _regions(path, line, lines)
    if not question:
        return
    if not begins:
        what = f'the question "{question}" has no solution region, so students would get the answer'
        remedy = "Put # BEGIN SOLUTION and # END SOLUTION around it"
        raise AssignmentError(path, line, what, remedy)
    try:
        rest = ast.parse(without_solution("\n".join(lines)))
    except SyntaxError:
        remedy = "Let each region hold whole statements of one block"
        raise AssignmentError(
            path, begins[0], "without its solution this cell is not valid Python", remedy
        ) from None
    if question not in (names := list(_defined(rest.body))):
        instead = f" (it defines {' and '.join(names)})" if names else ""
        what = f'the cell of question "{question}" does not define it outside its solution{instead}'
        remedy = f"Define {question} there, or correct the name in the mark"
        raise AssignmentError(path, line, what, remedy)


def _regions(path: Path, first: int, lines: list[str]) -> list[int]:
    """Return the lines on which solution regions begin. Raises unless they are paired."""
    begins: list[int] = []
    is_open = False
    for number, text in enumerate(lines, first):
        if not (mark := NEARLY_A_REGION.search(text)):
            continue
        exact = f"# {mark[1].upper()} SOLUTION"
        if text.strip(" \t") != exact:  # as in REGION, or the solution would leak
            what = f"{text.strip()!r} does not mark a solution"
            raise AssignmentError(path, number, what, f"Write {exact} on a line of its own")
        opens = exact == "# BEGIN SOLUTION"
        if opens and is_open:
            what = f"this solution begins inside the one of line {begins[-1]}"
            raise AssignmentError(path, number, what, "Close that one with # END SOLUTION first")
        if not opens and not is_open:
            remedy = "Put # BEGIN SOLUTION above it, in the same cell"
            raise AssignmentError(path, number, "this solution ends but never began", remedy)
        if opens:
            begins.append(number)
        is_open = opens
    if is_open:
        remedy = "Put # END SOLUTION below it, in the same cell"
        raise AssignmentError(path, begins[-1], "this solution is never closed", remedy)
    return begins


def _defined(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def tells(text: str, source: str) -> str:
    """Return a line of a cell's solution that stands in a text for students, or nothing."""
    said = "".join(text.split())
    for region in REGION.finditer(source):
        for line in region[0].split("\n"):
            code = line.partition("#")[0].strip()
            if len("".join(code.split())) >= TELLING and "".join(code.split()) in said:
                return code
    return ""
