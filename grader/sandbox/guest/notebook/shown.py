"""The code of a notebook as a person reads it: what each word is, and which lines count.

Parses and runs nothing. For grading it runs in the sandbox alone.
"""

from collections.abc import Iterable, Sequence

from pygments.lexers.python import PythonLexer
from pygments.token import Token

from . import slice
from .cell import Cell, cell_number
from .statement import Statement
from .web import Web

KINDS = ("", "keyword", "comment", "text", "number", "defined")
"""What a word may be."""
_OF = {
    Token.Keyword: 1, Token.Operator.Word: 1, Token.Comment: 2, Token.Literal.String: 3,
    Token.Literal.Number: 4, Token.Name.Function: 5, Token.Name.Class: 5, Token.Name.Decorator: 5,
}  # fmt: skip


def shown(
    cells: Sequence[Cell], names: Iterable[str]
) -> tuple[str, list[tuple[int, int]], list[list[int]], list[tuple[int, int]]]:
    """Return the code, and what is known of it.

    Returns:
        the code of all cells, one below the other;
        for each line, the number of its cell and its number there, from 1;
        for each of `names`, the places of the lines on which it depends, from 0;
        for each word, the place in the code where it ends, and its kind among KINDS.
    """
    places = [
        (cell.number, line)
        for cell in cells
        for line in range(1, cell.source.count("\n") + 2)
    ]  # fmt: skip
    text = "\n".join(cell.source for cell in cells)
    statements, _ = slice.statements(cells)
    web, at = Web(statements), {place: index for index, place in enumerate(places)}
    above = _above(statements, places, at, text.split("\n"))
    counting = []
    for name in names:
        lines = (index for one in web.needed([name]) for index in _lines(one, at))
        found = {*lines}
        counting.append(sorted(found | {i for i, next_one in above.items() if next_one in found}))
    return text, places, counting, list(_words(text))


def definitions(
    cells: Iterable[Cell], statements: Iterable[Statement], names: Sequence[str]
) -> Iterable[tuple[str, int, int, str]]:
    """Yield of each of `names` that is defined the cell, the first line there, and its text.

    Of several definitions the last one counts.
    """
    sources = {cell.number: cell.source.split("\n") for cell in cells}
    last = {name: one for one in statements for name in one.defines}
    for name in names:
        if one := last.get(name):
            cell = cell_number(one.code.co_filename)
            first, end = _extent(one)
            yield name, cell, first, "\n".join(sources[cell][first - 1 : end])


def _lines(one: Statement, at: dict[tuple[int, int], int]) -> list[int]:
    """Return the places of a statement's lines."""
    cell, (first, last) = cell_number(one.code.co_filename), _extent(one)
    return [at[cell, line] for line in range(first, last + 1) if (cell, line) in at]


def _extent(one: Statement) -> tuple[int, int]:
    """Return the first and the last line of a statement, its decorators included."""
    decorators = getattr(one.node, "decorator_list", [])
    first = min([one.node.lineno, *(decorator.lineno for decorator in decorators)])
    return first, one.node.end_lineno or first


def _above(
    statements: Iterable[Statement], places: Sequence[tuple[int, int]],
    at: dict[tuple[int, int], int], lines: Sequence[str],
) -> dict[int, int]:  # fmt: skip
    """Return, for each line of no statement, the line of one that follows it in its cell.

    A comment belongs to what stands below it.
    """
    covered = {index for one in statements for index in _lines(one, at)}
    found: dict[int, int] = {}
    following = -1
    for index in range(len(lines) - 1, -1, -1):
        if index in covered:
            following = index
        elif following >= 0 and places[following][0] == places[index][0]:
            found[index] = following
    return found


def _words(text: str) -> Iterable[tuple[int, int]]:
    end = 0
    for kind, word in PythonLexer(stripnl=False, ensurenl=False).get_tokens(text):
        end += len(word)
        yield end, next((_OF[up] for up in reversed(kind.split()) if up in _OF), 0)
