"""Which lines of a cell students do not get."""

import ast
from enum import Enum

from ..otter_import.solution_marks import Line


class Region(Enum):
    """What stands between two marks; the marks may stand anywhere in their lines."""

    SOLUTION = "SOLUTION"
    TESTS = "HIDDEN TESTS"
    SCHEME = "MARK SCHEME"


def marked(source: str, region: Region) -> list[Line]:
    """Return the lines without their marks, and whether each is inside of a region.

    Raises ValueError, with a remedy in its second sentence.
    """
    begin, end = f"BEGIN {region.value}", f"END {region.value}"
    lines: list[Line] = []
    inside = False
    for line in source.split("\n"):
        if begin in line:
            if inside:
                raise ValueError(f"### {begin} stands inside of another. Put ### {end} before it")
            inside = True
        elif end in line:
            inside = False
        else:
            lines.append((line, inside))
    if inside:
        raise ValueError(f"### {begin} has no end. Put ### {end} below it")
    return lines


def whole_answer(source: str, tree: ast.Module) -> list[Line]:
    """Return an answer of which nbgrader gives students nothing.

    We leave them the head of each function, with its docstring, since the checks ask for its name.
    A class would be defined by what stands in it, so nothing of one is left.
    """
    heads = {
        line
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for line in range(node.lineno, _body(node).lineno)
    }
    return [(text, line not in heads) for line, text in enumerate(source.split("\n"), 1)]


def _body(node: ast.FunctionDef) -> ast.stmt:
    """Return the first statement that is more than a docstring."""
    if ast.get_docstring(node) is not None and len(node.body) > 1:
        return node.body[1]
    return node.body[0]
