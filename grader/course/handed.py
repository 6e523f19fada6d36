"""Code between the questions that every submission would run, which few authors want.

What hands a graded name on may change it, as far as a reader can tell. So whoever reads a
submission runs it as well: training that a table of graded functions goes through, in every worker.
"""

import ast
import builtins
from collections.abc import Iterator

from .assignment import Assignment

DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def handed_over(assignment: Assignment) -> Iterator[tuple[int, str]]:
    """Yield line and text of each statement that is run since it may change a graded name.

    It imports torch, as what reads submissions does.
    """
    from ..sandbox.guest.notebook import slice
    from ..sandbox.guest.notebook.cell import Cell, cell_number
    from ..sandbox.guest.notebook.web import How

    cells = [cell for cell in assignment.cells if cell.kind == "code" and not cell.is_check]
    statements, _ = slice.statements(Cell(n, cell.source) for n, cell in enumerate(cells, 1))
    sure = slice.needed(statements, assignment.questions, How.SURE)
    for one in slice.needed(statements, assignment.questions):
        touches = one.uses - one.imported - {*dir(builtins)}  # `torch.manual_seed(0)` does not
        if one not in sure and touches and not isinstance(one.node, DEFINITION):
            cell = cells[cell_number(one.code.co_filename) - 1]
            yield cell.line_of(one.node.lineno), ast.unparse(one.node).partition("\n")[0]
