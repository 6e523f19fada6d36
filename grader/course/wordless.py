"""Public checks say in words what is wrong: without, a student reads a bare line of Python."""

import ast

from .assignment import Assignment
from .settings import AssignmentError


def refuse_wordless(assignment: Assignment) -> None:
    """Raise AssignmentError at the first assert in a cell of public checks that says nothing."""
    for cell in assignment.cells:
        for node in ast.walk(ast.parse(cell.source)) if cell.is_check else ():
            if isinstance(node, ast.Assert) and not _says(node.msg):
                what = f"`{ast.unparse(node)}` has no words, so students would read just this line"
                remedy = 'Say what is wrong: assert …, f"it should be 3, yours is {x}"'
                raise AssignmentError(assignment.path, cell.line_of(node.lineno), what, remedy)


def _says(message: ast.expr | None) -> bool:
    """Whether it says something, as far as one can see."""
    if isinstance(message, ast.Constant):
        return bool(str(message.value or "").strip())
    return message is not None
