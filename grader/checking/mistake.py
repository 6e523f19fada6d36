"""A known mistake, as the course team writes it in mistakes.toml beside the hidden checks.

It is a patch on the cell of its question, and a clause for the student:

    [[mistake]]
    name = "no_scale"
    question = "ScaledDotProductAttention"
    sentence = "the scores are not divided by √d"
    replace = " / math.sqrt(Q.size(-1))"
    with = ""

`replace` and `with` may be lists, for pairs that are applied one after the other. Mistakes whose
numbers cannot be told apart share one sentence, which says what is computed and not how it is
written: it must hold for all code that gives these numbers. Frequent ones stand first: pairs are
sought among the first of each question. What is `equivalent = true` is not one, and no check may
fail it.
"""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..course.assignment import Assignment
from ..course.cell import Cell
from ..course.settings import AssignmentError

KEYS = {"name", "question", "sentence", "replace", "with", "equivalent"}
ENTRY = re.compile(r"\s*\[\[\s*mistake\s*\]\]")


@dataclass(frozen=True)
class Mistake:
    """One known mistake in the answer to one question."""

    name: str
    question: str
    sentence: str
    """What was probably done, as a clause: "the scores are not divided by √d"."""
    patches: tuple[tuple[str, str], ...]
    """What to replace in the question's cell, each exactly once, and by what."""
    equivalent: bool = False
    """Whether the results are right all the same."""

    def made_in(self, source: str) -> str:
        """Return the source with this mistake in it. Raises ValueError where it does not fit."""
        for old, new in self.patches:
            if (count := source.count(old)) != 1:
                raise ValueError(f"{old!r} stands {count} times in the cell of {self.question}")
            source = source.replace(old, new)
        return source

    def made_among(self, cells: Iterable[Cell]) -> Iterator[Cell]:
        """Yield the cells of the solution with this mistake in that of its question."""
        for cell in cells:
            mine = cell.question == self.question
            yield replace(cell, source=self.made_in(cell.source)) if mine else cell


def read_mistakes(path: Path, assignment: Assignment) -> tuple[Mistake, ...]:
    """Read a mistakes.toml. Raises AssignmentError, and OSError for a missing file."""
    data = path.read_bytes()
    remedy = "Write one [[mistake]] after the other, each on a line of its own, in UTF-8"
    try:
        text = data.decode("utf-8")
        table = tomllib.loads(text)
    except ValueError as error:  # not UTF-8, or not TOML
        at = re.search(r"line (\d+)", str(error))  # absent when it says "at end of document"
        line = int(at[1]) if at else data.count(b"\n") + 1
        raise AssignmentError(path, line, f"this cannot be read: {error}", remedy) from None
    entries = table.pop("mistake", [])
    lines = [number for number, line in enumerate(text.split("\n"), 1) if ENTRY.match(line)]
    if table or not isinstance(entries, list) or len(entries) != len(lines):
        raise AssignmentError(path, 1, "this is not a list of mistakes", remedy)
    sources = {cell.question: cell.source for cell in assignment.cells if cell.question}
    mistakes: dict[str, Mistake] = {}
    for line, entry in zip(lines, entries, strict=True):
        try:
            mistake = _mistake(entry, sources)
            if mistake.name in mistakes:
                raise ValueError(f"{mistake.name} is already the name of another one")
        except (ValueError, SyntaxError) as error:
            what = f"this mistake cannot be made: {error}"
            remedy = "Correct it, or follow the solution if that has changed"
            raise AssignmentError(path, line, what, remedy) from None
        mistakes[mistake.name] = mistake
    return tuple(mistakes.values())


def _mistake(entry: dict[str, Any], sources: dict[str, str]) -> Mistake:
    """Read one entry and make the mistake once. Raises ValueError and SyntaxError."""
    if unknown := entry.keys() - KEYS:
        raise ValueError(f"there is no {' and no '.join(sorted(unknown))} in a mistake")
    match entry:
        case {"name": str(name), "question": str(question), "sentence": str(sentence)}:
            equivalent = entry.get("equivalent", False)
        case _:
            raise ValueError("name, question and sentence must be texts")
    if question not in sources:
        raise ValueError(f"question must be one of {', '.join(sources)}")
    if not isinstance(equivalent, bool):
        raise ValueError("equivalent must be true or false")
    old, new = _texts(entry.get("replace")), _texts(entry.get("with"))
    if not old or len(old) != len(new):
        raise ValueError("replace and with must be two texts, or two lists of as many texts")
    mistake = Mistake(name, question, sentence, tuple(zip(old, new, strict=True)), equivalent)
    ast.parse(mistake.made_in(sources[question]))
    return mistake


def _texts(value: object) -> list[str]:
    """Return a text, or a list of texts, as a list; what is neither is empty."""
    match value:
        case str():
            return [value]
        case list() if all(isinstance(text, str) for text in value):
            return value
    return []
