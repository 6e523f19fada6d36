"""Select the part of a notebook that counts: the statements that the graded names depend on.

Theory of operation: from the graded names on, what is needed is followed backwards. Of a needed
name all bindings are kept, in the order of the notebook, so that the last one wins, and what surely
changes its object from outside (`Net.forward = forward`). Whatever else *may* change a needed
object is kept as well, and may fail: a call of a method of it, or one that it is given to, or to
something that may have got hold of it (`weight = layer.weight`). What cannot be changed (numbers,
text, modules, and functions that are only called) does not spread. Training may change anything,
but is never taken.

What *could* matter beyond that is told by `left_out`: where a check fails, the whole notebook is
tried. Not followed is the order in which random numbers are drawn.
"""

import __future__

import ast
import sys
import warnings
from collections.abc import Collection, Iterable, Sequence
from itertools import count

from ..saying import Saying
from .cell import Cell, parse
from .device import MENTIONED, NOTES, accelerated, to_cpu
from .names import installed, shown_by
from .statement import Statement, statement
from .verbs import SHOWS
from .web import How, Web


def statements(
    cells: Iterable[Cell], only: Collection[int] | None = None
) -> tuple[list[Statement], list[str]]:
    """Return the statements of a notebook, and notes for the student on how it was read.

    With `only`, those with these numbers, for others need not even be compiled.
    """
    found: list[Statement] = []
    notes: list[str] = []
    flags, device, said = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, "", set[str]()
    imported, shows, numbers = frozenset[str](), frozenset(SHOWS), count()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on invalid escapes and the like
        for cell in cells:
            nodes, left_out = parse(cell)
            unsaid = any(kind in cell.source and kind not in said for kind in NOTES)
            mentioned = MENTIONED.search(cell.source)  # to walk all trees would take half as long
            notes += left_out
            for node, number in zip(nodes, numbers, strict=False):
                flags |= _future(node)
                if only is not None and number not in only:
                    continue
                if mentioned and (asked := to_cpu(node)) and not device:
                    device = asked
                    notes.append(
                        Saying(
                            "code cell {cell} asks for the device '{asked}': graded on the CPU",
                            cell=cell.number,
                            asked=asked,
                        )
                    )
                for kind in accelerated(node) - said if unsaid else ():
                    said.add(kind)
                    notes.append(NOTES[kind](cell.number))
                try:
                    code = compile(ast.Module([node], []), cell.name, "exec", flags, True)
                except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                    notes.append(
                        Saying(
                            "code cell {cell}, line {line} was left out: {error}",
                            cell=cell.number,
                            line=node.lineno,
                            error=error,
                        )
                    )
                    continue
                shown = shown_by(node, shows)
                found.append(statement(node, code, imported, shows | shown, number))
                shows = shows - found[-1].binds | shown
                if found[-1].imports:
                    imported |= found[-1].binds
                    notes += _absent_star(node, cell.number)
    return found, notes


def needed(
    statements: Sequence[Statement], names: Iterable[str], how: How = How.MAY
) -> list[Statement]:
    """Return the statements that `names` depend on, in the order of the notebook.

    With `How.SURE`, only those without which it cannot be.
    """
    return Web(statements).needed(names, how)


def dynamic(statements: Iterable[Statement]) -> bool:
    """Whether names may be made in ways that cannot be followed."""
    return any(s.uses & {"exec", "globals", "locals", "vars"} for s in statements)


def _future(node: ast.stmt) -> int:
    """Return the compiler flag of a `from __future__ import`: it holds from there on."""
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        feature = getattr(__future__, node.names[0].name, None)
        return getattr(feature, "compiler_flag", 0)
    return 0


class AbsentStar(Saying):
    """A note on a star import of a module that is not there: its names cannot be known."""

    @property
    def holds(self) -> bool:
        """Whether the notebook itself has not made the module since."""
        return self.values["module"] not in sys.modules


def _absent_star(node: ast.stmt, cell: int) -> list[str]:
    """Note a star import of a module that is not there yet."""
    if not isinstance(node, ast.ImportFrom) or node.names[0].name != "*":
        return []
    package = "" if node.level else (node.module or "").partition(".")[0]
    if installed(package):
        return []
    return [
        AbsentStar(
            "code cell {cell} imports * from {module}, which is not installed where grading "
            "happens",
            cell=cell,
            module=node.module,
        )
    ]
