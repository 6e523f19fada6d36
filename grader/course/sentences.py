"""The sentences that an author writes for students, and where: what a catalogue translates.

They are read as they are written, and nothing is run: the docstrings of checks, their hints, and
the words of failures. The latter may be made anywhere in a file, and handed through any helper, so
every text in it counts that has two words, but code and the names of axes.
"""

import ast
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..model.message import FIELD
from .assignment import Assignment
from .hints import hints_at
from .settings import AssignmentError

WORD = re.compile(r"[^\W\d_]{2,}")
SIGNATURE = re.compile(r"(?P<name>[^(){}]*\S) \((?:(?:\d*[^\W\d]|…)[^()]*|\d+)\)")
"""A tensor's name and its axes: only the name is said, "the last output (B, H)"."""
TEXTS = (ast.Constant, ast.JoinedStr, ast.BinOp, ast.Call)


@dataclass(frozen=True)
class Sentence:
    """What is said to students, with {names} where values are put in, and where it is written."""

    text: str
    path: Path
    line: int


def of_students(assignment: Assignment) -> Iterator[Sentence]:
    """Yield what students have in their notebook: the title, and what public checks say."""
    yield Sentence(assignment.title, assignment.path, 1)
    for cell in assignment.cells:
        if cell.is_check:
            yield from of_checks(assignment.path, cell.source, cell.line_of(1))


def of_checks(path: Path, source: str, first: int = 1) -> Iterator[Sentence]:
    """Yield what the checks in some source say, which begins on the line `first` of a file.

    Raises AssignmentError where it is not Python.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        what = f"Python cannot read this file of checks: {error.msg}"
        line = first - 1 + (error.lineno or 1)
        raise AssignmentError(path, line, what, "Correct it") from None
    found = [*_docstrings(tree), *hints_at(source), *_words(tree)]
    for line, text in sorted(found, key=lambda one: one[0]):
        yield Sentence(text, path, first - 1 + line)


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) if name.startswith("test_"):
                if text := ast.get_docstring(node):
                    yield node.lineno, " ".join(text.split())


def _words(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the texts that have words in them, each with its line."""
    done = {id(found) for node in ast.walk(tree) if (found := _docstring(node))}
    for node in ast.walk(tree):  # a text comes before its parts
        if isinstance(node, TEXTS) and id(node) not in done and (text := _template(node, done)):
            signature = SIGNATURE.fullmatch(text)
            said = signature["name"] if signature else text
            if is_in_words(said) if signature else _has_words(said):
                yield node.lineno, said


def is_in_words(name: str) -> bool:
    """Tell "the last output" from the names that code has, such as ``out[:, -1]``."""
    return " " in name and "[" not in name


def _docstring(node: ast.AST) -> ast.expr | None:
    match node:
        case ast.FunctionDef(body=body) | ast.ClassDef(body=body) | ast.Module(body=body):
            first = body[0] if body else None
            return first.value if isinstance(first, ast.Expr) else None
    return None


def _has_words(text: str) -> bool:
    words = WORD.findall(FIELD.sub(" ", text))
    return len(words) > 1 and " " in text.strip() and "\n" not in text


def _template(node: ast.expr, done: set[int]) -> str:
    """Return a text with {names} where values are, or empty if it is not one; its parts are done.

    A value without a name of its own is called by its place, from 1 on.
    """
    match node:
        case ast.Call(func=ast.Attribute(ast.Constant(str(said)) as own, "format")):
            done.add(id(own))
            places = itertools.count(1)
            return re.sub(r"\{\}", lambda _: f"{{{next(places)}}}", said)
        case ast.Call():
            return ""
    leaves, values = list(_leaves(node, done)), itertools.count(1)
    texts = [_text(leaf) for leaf in leaves]
    if not any(texts):
        return ""
    return "".join(
        _named(leaf, next(values)) if text is None else text
        for leaf, text in zip(leaves, texts, strict=True)
    )


def _leaves(node: ast.expr, done: set[int]) -> Iterator[ast.expr]:
    """Yield what a text is put together from."""
    done.add(id(node))
    match node:
        case ast.JoinedStr(values=parts):
            yield from (leaf for part in parts for leaf in _leaves(part, done))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from (leaf for part in (left, right) for leaf in _leaves(part, done))
        case _:
            yield node


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _named(node: ast.expr, place: int) -> str:
    """Return how a value is called: by its name if it has one, or else by its place."""
    match node:
        case ast.FormattedValue(value=ast.Name(id=name)) | ast.Name(id=name):
            return f"{{{name}}}"
    return f"{{{place}}}"
