"""An Assignment as its author writes it: one runnable notebook in solutions/, solution inside.

The file is ordinary Python in jupytext's py:percent format, with four marks of ours:

    # /// script … # ///                 the settings, TOML under [tool.grader] (PEP 723)
    # %% question="Name"                 a cell in which students define ``Name``
    # BEGIN SOLUTION … # END SOLUTION    lines that students do not get
    # %% tags=["check"]                  a cell of public checks, ``def test_…(student)``

Reading executes nothing, needs no torch, and rejects whatever would surprise students later.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal, Self

from ..model.limits import Limits
from ..model.subject import RESERVED
from .percent import read_cell
from .settings import BLOCK, AssignmentError, read_settings

__all__ = ["Assignment", "AssignmentError", "Cell", "Limits", "without_solution"]

MARK = re.compile(r"\s*#\s*%%+(\s|$)")  # what jupytext takes for the start of a cell
REGION = re.compile(r"(?ms)^([ \t]*)# BEGIN SOLUTION[ \t]*$.*?^[ \t]*# END SOLUTION[ \t]*$")
NEARLY_A_REGION = re.compile(r"(?i)#+\s*(begin|end)\s+solution")


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

    @property
    def is_check(self) -> bool:
        """Whether this is a cell of public checks."""
        return bool(self.checks)


@dataclass(frozen=True)
class Assignment:
    """One assignment: its settings and the author's cells."""

    path: Path
    name: str
    title: str
    questions: tuple[str, ...]
    """Names that a submission must define, in the order of the notebook."""
    forbid: dict[str, tuple[str, ...]]
    """For each question, names that it may not use, e.g. ``torch.nn.MultiheadAttention``."""
    limits: Limits
    values: tuple[str, ...]
    """The questions whose answer may be a value instead of a function or class."""
    visibility: dict[str, str]
    """When Gradescope shows hidden checks, by patterns of their names; the first match counts."""
    cells: tuple[Cell, ...]

    @property
    def trains(self) -> bool:
        """Whether it constructs an optimizer, so that workers should warm these up."""
        return any("torch.optim." in cell.source for cell in self.cells)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read solutions/<name>.py. Raises AssignmentError, and OSError for a missing file."""
        data = path.read_bytes()
        try:
            text = data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise AssignmentError(path, line, "this is not UTF-8", "Save it as UTF-8") from None
        settings = read_settings(path, text)
        cells = tuple(_cells(path, text))
        _refuse_reserved(path, cells)
        _refuse_duplicates(path, cells)
        questions = tuple(cell.question for cell in cells if cell.question)
        if not questions:
            remedy = 'Begin the cell that students complete with # %% question="Name"'
            raise AssignmentError(path, 1, "the file has no question", remedy)
        return cls(
            path=path,
            name=path.stem,
            title=settings.get("title", path.stem),
            questions=questions,
            forbid=_forbid(path, settings.get("forbid", []), questions),
            limits=Limits(**settings.get("limits", {})),
            values=tuple(cell.question for cell in cells if cell.question and cell.is_value),
            visibility=_visibility(settings.get("visibility", {})),
            cells=cells,
        )


def _forbid(
    path: Path, names: list[str] | dict[str, list[str]], questions: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Return the forbidden names of each question; a list applies to all of them."""
    table = names if isinstance(names, dict) else dict.fromkeys(questions, names)
    for question in table:
        if question not in questions:
            remedy = f"There are {', '.join(questions)}"
            what = f"forbid names a question {question} that is not here"
            raise AssignmentError(path, 1, what, remedy)
    return {question: tuple(table[question]) for question in table}


def _visibility(levels: str | dict[str, str]) -> dict[str, str]:
    return {"*": levels} if isinstance(levels, str) else levels


def without_solution(source: str) -> str:
    """Replace each solution by a placeholder that raises NotImplementedError."""
    return REGION.sub(r"\1# your code here\n\1raise NotImplementedError", source)


def _cells(path: Path, text: str) -> Iterator[Cell]:
    """Split the text at its marks, without settings and empty cells."""
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
    _refuse_solution(path, line, lines, question)
    checks = tuple(_checks(path, line, tree, "check" in tags))
    assigned = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    is_value = question in _defined(assigned)
    return Cell("code", raw.source, line, tags, question, checks, is_value)


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


def _refuse_reserved(path: Path, cells: tuple[Cell, ...]) -> None:
    for cell in cells:
        if cell.question in RESERVED:
            what = f"student.{cell.question} is of ours, so no check could ask for this question"
            raise AssignmentError(path, cell.line, what, "Give the question another name")


def _refuse_duplicates(path: Path, cells: tuple[Cell, ...]) -> None:
    seen: dict[str, int] = {}
    for cell in cells:
        for name in (*cell.checks, *([cell.question] if cell.question else [])):
            if name in seen:
                what = f"{name} is already the name of a question or check in line {seen[name]}"
                raise AssignmentError(path, cell.line, what, "Give this one another name")
            seen[name] = cell.line
