"""A code cell, and the Python statements in it: magics translated, and what is not Python left out.

A file that a cell writes (`%%writefile f.py`) becomes a call of execution.Shell.write_file.

For grading it runs in the sandbox alone.
"""

import ast
import contextlib
import linecache
import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from ..saying import Saying

MOST_ERRORS = 200
"""Errors repaired per cell. Each costs a parse of the rest of the cell: 4-100 ms per megabyte."""
MOST_MAGIC = 20_000
"""Lines with magics times characters, per block: IPython reads a block again for each magic."""

CELL_MAGICS = re.compile(r"(?:\s*%%[^\n]*(?:\n|\Z))+")
ELSEWHERE = re.compile(
    "!|bash|cython|file|html|javascript|js|latex|markdown|perl|pypy|python[23]?|ruby|script|sh|svg"
    "|sx|system|timeit|writefile"
)
"""Cell magics whose body binds nothing in the notebook; under all others it is Python."""
WRITES = re.compile(
    r"\s*%%(?:write)?file[ \t]+(?P<append>-a[ \t]+|--append[ \t]+)?(?P<file>[^\n]+)"
)
TIMED = re.compile(r"^%time[ \t]+(?=\S)", re.MULTILINE)
"""A line that times a statement, which the notebook runs."""
NEWER: tuple[tuple[tuple[int, int], str], ...] = (
    ((3, 14), r"[rR]?[tT][rR]?(?:\"|')"),
    ((3, 14), r"except[ \t]+\w+[ \t]*,"),
    ((3, 13), r"(?:def|class|type)[ \t]+\w+\[[^\]]*=[^\]]*\]"),
    ((3, 12), r"(?:def|class)[ \t]+\w+\["),
    ((3, 12), r"type[ \t]+\w+(?:\[.*\])?[ \t]*="),
    ((3, 12), r"f-string"),
)
"""What Python versions have brought, newest first, as it looks in source or in an error's words."""
MAGIC_LINE = re.compile(r"^\s*[%!?,;/]|=\s*[%!]|\?\s*$", re.MULTILINE)
BLOCK_LINE = re.compile(r"(?!(?:else|elif|except|finally)\b)[^\s#)\]}]")
DEFINITION_LINE = re.compile(r"(?:async\s+)?(?:def|class)\b")

CELL = re.compile(r"code cell (\d{1,9})")
"""What stands for a file in tracebacks."""
GRADING = ".".join(map(str, sys.version_info[:2]))
"""The version of Python that grading runs."""
IPYTHON: Any = TransformerManager()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Cell:
    """A code cell as the student wrote it."""

    number: int
    """Counted among the code cells from the top, from 1."""
    source: str

    @property
    def name(self) -> str:
        """What tracebacks and notes call it."""
        return f"code cell {self.number}"


def cell_number(filename: str) -> int:
    """Return the number of the cell that stands for a file in a traceback; 0 for another file."""
    return int(found[1]) if (found := CELL.fullmatch(filename)) else 0


def parse(cell: Cell) -> tuple[list[ast.stmt], list[str]]:
    """Return the statements of a cell, and a note for the student on each part left out.

    Line numbers are those of the cell, and tracebacks will show its lines.
    """
    lines = [line + "\n" for line in cell.source.split("\n")]
    linecache.cache[cell.name] = (len(cell.source), None, lines, cell.name)
    head = found[0] if (found := CELL_MAGICS.match(cell.source)) else ""
    body = cell.source[len(head) :]
    if written := WRITES.match(head):
        return _written(cell, written, body)
    for magic in re.findall(r"%%\s*(!|\w*)", head):
        if ELSEWHERE.fullmatch(magic):
            defines = re.search(r"^(?:def|class) ", body, re.MULTILINE)
            note = Saying(
                "code cell {cell} starts with %%{magic}: what it defines does not count",
                cell=cell.number, magic=magic,
            )  # fmt: skip
            return [], [note] if defines else []
    source = "\n" * head.count("\n") + body
    try:
        nodes, notes = _tree(source), list[str]()
    except SyntaxError:
        nodes, notes = _repaired(cell.number, _undented(source))
    return list(_flat(nodes)), notes


def _written(cell: Cell, written: re.Match[str], body: str) -> tuple[list[ast.stmt], list[str]]:
    """Return a call that writes a file, for a cell that does nothing else."""
    name, append = written["file"].strip().strip("\"'"), bool(written["append"])
    line = 1 + written[0].count("\n")
    call = f"get_ipython().write_file({name!r}, {body!r}, {append}, {cell.name!r}, {line})"
    (node,) = ast.parse("\n" * (line - 1) + call).body
    return [node], []


def _repaired(number: int, source: str) -> tuple[list[ast.stmt], list[str]]:
    """Parse what is Python but for its magics; if that does not help, block by block."""
    text = source.lstrip("\n").rstrip("\n") + "\n"  # IPython leaves blank lines out
    translated = _without_magics(text)
    if translated != text and translated.count("\n") == text.count("\n"):  # lines keep their place
        blank = len(source) - len(source.lstrip("\n"))
        with contextlib.suppress(SyntaxError):
            return _tree("\n" * blank + translated), []
    return _salvage(number, source)


def _flat(nodes: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Give every imported name and every statement under the main guard a statement of its own."""
    for node in nodes:
        match node:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                for name in names:
                    single = copy(node)
                    single.names = [name]
                    yield single
            case ast.If(
                test=ast.Compare(
                    left=ast.Name(id="__name__"),
                    ops=[ast.Eq()],
                    comparators=[ast.Constant(value="__main__")],
                ),
                body=body,
                orelse=[],
            ):
                yield from _flat(body)
            case _:
                yield node


def _tree(source: str) -> list[ast.stmt]:
    """Parse. Raises SyntaxError, and nothing else."""
    try:
        return ast.parse(source).body
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError("too deeply nested", (None, 1, None, None)) from error


def _undented(source: str) -> str:
    """Remove indentation and prompts from a whole cell, as IPython does."""
    lines = source.splitlines(keepends=True)
    for transform in IPYTHON.cleanup_transforms:
        lines = transform(lines)
    head = source[: len(source) - len(source.lstrip())]
    return "\n" * head.count("\n") + "".join(lines)


def _salvage(number: int, source: str) -> tuple[list[ast.stmt], list[str]]:
    """Parse block by block: magics become Python, and a block that is not Python is left out.

    An error is blamed on the first block without which all before it parses: Python reports a
    `try:` without `except` at the innocent line that follows.
    """
    lines = source.split("\n")
    starts = _block_starts(lines)
    last = len(starts) - 1
    nodes: list[ast.stmt] = []
    notes: list[str] = []
    begin, end, errors, left_out = 0, last, 0, -1
    while begin < last:
        try:
            nodes += _tree(_lines(lines, starts[begin], starts[end]))
        except SyntaxError as found:
            error, errors = found, errors + 1
            if errors > MOST_ERRORS:
                note = Saying(
                    "code cell {cell} is not Python from line {line} on",
                    cell=number, line=starts[begin] + 1,
                )  # fmt: skip
                return nodes, [*notes, note]
            blamed = bisect_right(starts, (found.lineno or 1) - 1) - 1
            end = max(begin, min(blamed, end - 1))
            continue
        if end < last:
            block = lines[starts[end] : starts[end + 1]]
            try:
                nodes += _tree("\n" * starts[end] + _without_magics("\n".join(block)))
            except SyntaxError:
                if left_out != end:  # one note for a run of bad blocks
                    notes.append(_left_out(number, error, block))
                left_out = end + 1
        begin, end = end + 1, last
    return nodes, notes


def _lines(lines: list[str], first: int, last: int) -> str:
    """Return the lines from `first` up to `last`, at their place in the cell."""
    return "\n" * first + "\n".join(lines[first:last])


def _block_starts(lines: list[str]) -> list[int]:
    """Return the lines where top-level statements seem to start, and the end.

    A decorator belongs to what it decorates, and `else:` to its `if`.
    """
    starts: list[int] = []
    decorated = False
    for number, line in enumerate(lines):
        if BLOCK_LINE.match(line) or (not starts and line.strip() and not line.startswith("#")):
            if not decorated:
                starts.append(number)
            decorated = line.startswith("@")
    return [*starts, len(lines)]


def _without_magics(block: str) -> str:
    """Translate `%magic`, `!command` and `help?` into Python, as IPython does."""
    if not 0 < len(MAGIC_LINE.findall(block)) * len(block) <= MOST_MAGIC:
        return block
    try:
        translated: str = IPYTHON.transform_cell(TIMED.sub("", block))
    except Exception:  # made for what people type, it throws at some of what they submit
        return block
    return translated


class NewerSyntax(Saying):
    """A note on a block that a newer Python than ours may well read."""


def _left_out(number: int, error: SyntaxError, block: list[str]) -> Saying:
    """Say which block is missing, and why."""
    shown = shorten(
        next((line for line in block if DEFINITION_LINE.match(line)), block[0]), 80,
        placeholder=" ...",
    )  # fmt: skip
    if block[0].startswith("<<<<<<<"):
        return Saying(
            "code cell {cell}, line {line} begins a merge conflict (<<<<<<<), of which the second "
            "version counts: keep one of them, and submit the notebook again",
            cell=number, line=error.lineno,
        )  # fmt: skip
    if newer := _newer("\n".join(block), error):
        return NewerSyntax(
            "code cell {cell}, line {line} is Python {newer} syntax, and grading runs Python "
            "{running}, so this was left out: {code}",
            cell=number, line=error.lineno, newer=newer, running=GRADING, code=shown,
        )  # fmt: skip
    return Saying(
        "code cell {cell}, line {line} is not valid Python ({error}), so this was left out: {code}",
        cell=number, line=error.lineno, error=error.msg, code=shown,
    )  # fmt: skip


def _newer(block: str, error: SyntaxError) -> str:
    """Return the version of Python that may have brought what is an error here, or ""."""
    line = block.split("\n")[0] if error.text is None else error.text
    texts = (line.strip(), block.strip(), error.msg or "")
    for version, looks in NEWER:
        if version > sys.version_info[:2]:
            if any(re.match(looks, text) for text in texts) or (
                version == (3, 14) and re.search(rf"(?:[=(,\[ ]){looks}", line)
            ):
                return ".".join(map(str, version))
    return ""
