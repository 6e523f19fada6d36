"""Code that assignments share: written once, and given in every notebook that includes it.

    # %% tags=["include"]
    from attention import MultiHeadAttention

This stands for what MultiHeadAttention needs of solutions/attention.py: its definition, solution
included, whatever that uses, and imports, unless they stand in a cell above. To editors and linters
it is an ordinary import. Nothing is run.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path

from .cell import MARK, Cell, read_cells
from .settings import AssignmentError, read_text

MARKED = re.compile(r"""\btags\s*=\s*\[[^\]]*["']include["']""")
REGION_MARK = re.compile(r"(?m)^[ \t]*# (?:BEGIN|END) SOLUTION[ \t]*\n")
DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FORM = "Write from NAME import A, B there, NAME being another file in solutions/"


def filled(path: Path, cells: Iterable[Cell], within: tuple[Path, ...] = ()) -> Iterator[Cell]:
    """Yield the cells of a solution, with the code itself in place of each include.

    Raises AssignmentError.
    """
    above, cells = set[str](), list(cells)
    included = any(cell.includes for cell in cells)
    for cell in cells:
        if cell.includes:
            nodes = ast.parse("\n" * cell.line + cell.source).body
            parts = [_given(path, node, above, (*within, path)) for node in nodes]
            cell = replace(cell, source="\n\n\n".join(filter(None, parts)), given=True)
        elif included and cell.kind == "code":
            above |= set(map(ast.dump, _statements(cell)))
        if cell.source:
            yield cell


def sources(path: Path) -> list[Path]:
    """Return the solutions that one includes, and those that these include, each once.

    It takes milliseconds, for digests. What is not there is left out.
    """
    found, todo = set[Path](), [path]
    while todo:
        for _, _, body in _includes(todo.pop().read_text("utf-8-sig", "replace").splitlines()):
            others = {path.with_name(f"{n}.py") for n in re.findall(r"(?m)^from (\w+) ", body)}
            new = {other for other in others - found - {path} if other.is_file()}
            found |= new
            todo += new
    return sorted(found)


def spelled_out(path: Path) -> str:
    """Return the text of a solution with the code itself in place of each include."""
    lines = (text := read_text(path)).splitlines()
    given = {cell.line: cell.source for cell in filled(path, read_cells(path, text)) if cell.given}
    for mark, end, _ in reversed(list(_includes(lines))):
        lines[mark - 1 : end - 1] = ["# %%", *given.get(mark, "").splitlines(), "", ""]
    return "\n".join(lines) + "\n"


def _includes(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield each include: the line of its mark, that of the next one, and what is between."""
    marks = [number for number, line in enumerate(lines, 1) if MARK.match(line)]
    for mark, end in pairwise([*marks, len(lines) + 1]):
        if MARKED.search(lines[mark - 1]):
            yield mark, end, "\n".join(lines[mark : end - 1])


def _given(path: Path, node: ast.stmt, above: set[str], within: tuple[Path, ...]) -> str:
    """Return the code that an import stands for; add what it holds to what stands `above`."""

    def wrong(what: str, remedy: str) -> AssignmentError:
        return AssignmentError(path, node.lineno, what, remedy)

    if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
        raise wrong("an include holds imports from other solutions, and nothing else", FORM)
    names, other = [alias.name for alias in node.names], path.with_name(f"{node.module}.py")
    if "*" in names or any(alias.asname for alias in node.names):
        raise wrong("an include takes names one by one, and as they are", FORM)
    if not other.is_file():
        known = sorted(p.stem for p in path.parent.glob("*.py") if p != path)
        raise wrong(f"there is no {other.name} to include from", _near(node.module, known))
    if other in within:
        remedy = "Let one of the two files have what both need"
        raise wrong(f"{other.name} itself includes from {path.name}", remedy)
    cells = list(filled(other, read_cells(other, read_text(other)), within))
    needed, defined = _needed([c for c in cells if c.kind == "code" and not c.is_check], names)
    for name in names:
        if name not in defined:
            raise wrong(f"{other.name} does not define {name}", _near(name, sorted(defined)))
    new = {key: text for key, text in needed.items() if key not in above}
    above.update(new)
    text = "\n".join([f"# You wrote this in {other.stem}.ipynb.", *new.values()]) if new else ""
    return re.sub(r"\n{4,}", "\n\n\n", text).strip()


def _needed(cells: Iterable[Cell], names: Iterable[str]) -> tuple[dict[str, str], set[str]]:
    """Return the text of what names need, by its meaning, and all names that are defined."""
    from ..sandbox.guest.notebook.statement import statement

    statements = []
    for cell in cells:
        lines = cell.source.split("\n")
        for node in _statements(cell):
            program = compile(ast.Module([node], []), "", "exec", dont_inherit=True)
            statements.append((statement(node, program), lines))
    defined = {name for one, _ in statements for name in one.defines}
    taken, wanted = set[int](), set(names)
    while wanted:
        new = {
            number
            for number, (one, _) in enumerate(statements)
            if number not in taken and wanted & (one.binds | one.patches & defined)
        }
        taken |= new
        wanted = {name for number in new for name in statements[number][0].uses}
    needed = [statements[number] for number in sorted(taken)]
    return {ast.dump(one.node): _text(one.node, lines) for one, lines in needed}, defined


def _statements(cell: Cell) -> list[ast.stmt]:
    """Return the statements of a code cell; each imported name has one of its own."""
    from ..sandbox.guest.notebook import cell as code  # here, as it brings IPython

    return code.parse(code.Cell(0, cell.source))[0]


def _text(node: ast.stmt, lines: list[str]) -> str:
    """Return a statement as it is written, without the marks of its solution."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return ast.unparse(node)
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    text = REGION_MARK.sub("", "\n".join(lines[first - 1 : node.end_lineno]) + "\n").rstrip()
    return f"\n\n{text}\n\n" if isinstance(node, DEFINITION) else text


def _near(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"Perhaps {near[0]} is meant" if near else f"There are {', '.join(known) or 'none'}"
