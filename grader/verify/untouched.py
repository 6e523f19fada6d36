"""Checks that a mistake in another question cannot touch, so that they need not be run for it.

They pass where whatever is called of that question's cell ends Python; and a mistake that changes
nothing but what functions do is met only by those who call them.
"""

import ast
from typing import Any

from ..checking.mistake import Mistake
from ..course.assignment import Assignment


def barred(source: str) -> str:
    """Return an answer whose functions and methods end Python as soon as they are called."""
    return ast.unparse(_Barred().visit(ast.parse(source)))


def is_inside(mistake: Mistake, assignment: Assignment) -> bool:
    """Tell whether a mistake changes only what functions and methods do."""
    (source,) = (c.source for c in assignment.cells if c.question == mistake.question)
    return barred(source) == barred(mistake.made_in(source))


class _Barred(ast.NodeTransformer):
    """Replaces what functions do by what no `except Exception` stops."""

    def _bar(self, node: Any) -> Any:
        node.body = ast.parse("raise SystemExit").body
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _bar
