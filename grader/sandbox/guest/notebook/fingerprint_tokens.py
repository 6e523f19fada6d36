"""What code looks like with its names, layout and comments taken away: for telling copies.

Parses and runs nothing. For grading it runs in the sandbox alone.
"""

import ast
import zlib
from collections.abc import Iterable, Iterator

import torch
from torch import nn

from .cell import Cell, parse

KNOWN = frozenset(
    name
    for owner in (torch, torch.Tensor, nn, nn.functional, nn.Module)
    for name in dir(owner)
    if not name.startswith("_")
)
"""Attributes that mean something to torch: a copy cannot rename them."""


def fingerprint_tokens(cells: Iterable[Cell]) -> tuple[str, list[int], list[int]]:
    """Return the code, and for each node of its syntax trees a token and its line.

    A token is a number that stands for the kind of the node, and its name where torch knows it.
    Lines are counted from 1 in the code of all cells together.
    """
    text: list[str] = []
    tokens: list[int] = []
    lines: list[int] = []
    for cell in cells:
        above = len(text)
        text += cell.source.split("\n")
        statements, _ = parse(cell)
        for statement in statements:
            for word, line in _words(statement, statement.lineno):
                tokens.append(zlib.crc32(word.encode()))
                lines.append(above + line)
    return "\n".join(text), tokens, lines


def _words(node: ast.AST, line: int) -> Iterator[tuple[str, int]]:
    """Yield the words of a tree, each with its line, from the top down."""
    line = getattr(node, "lineno", line)
    match node:
        case ast.Import() | ast.ImportFrom() | ast.expr_context():
            return  # everybody's
        case ast.Expr(value=ast.Constant()):
            return  # a docstring
        case ast.Attribute(attr=name) if name in KNOWN:
            yield f"Attribute {name}", line
        case ast.keyword(arg=str(name)) if name in KNOWN or name == "dim":
            yield f"keyword {name}", line
        case ast.Constant(value=value):
            yield f"Constant {type(value).__name__}", line
        case ast.arg():
            yield "arg", line
            return  # an annotation is decoration
        case _:
            yield type(node).__name__, line
    for field, child in ast.iter_fields(node):
        if field in {"returns", "annotation", "decorator_list"}:
            continue
        for item in child if isinstance(child, list) else [child]:
            if isinstance(item, ast.AST):
                yield from _words(item, line)
