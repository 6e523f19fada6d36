"""A known mistake, as the course team writes it in mistakes.toml beside the hidden checks.

It is a patch on the cell of its question, and a clause for the student:

    [[mistake]]
    name = "no_scale"
    question = "ScaledDotProductAttention"
    sentence = "the scores are not divided by √d"
    replace = " / math.sqrt(Q.size(-1))"
    with = ""

    hints = ["Print one query's scores: how large are they?", "How does their size depend on d?"]

`hints` are steps that the student unfolds one by one; they may not show how it is done.
`replace` and `with` may be lists, for pairs that are applied one after the other. Mistakes whose
numbers cannot be told apart share one sentence, which says what is computed and not how it is
written: it must hold for all code that gives these numbers. Frequent ones stand first: pairs are
sought among the first of each question. What is `equivalent = true` is not one, and no check may
fail it.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..course.assignment import Assignment
from ..course.cell import Cell
from ..course.hints import fault
from ..course.settings import AssignmentError
from .entries import Entries, entries

KEYS = {"name", "question", "sentence", "replace", "with", "equivalent", "hints"}
MOST_HINTS = 5


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
    hints: tuple[str, ...] = ()
    """What helps a student to see it, step by step."""

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
    return mistakes_of(path, entries(path), assignment)


def mistakes_of(path: Path, tables: Entries, assignment: Assignment) -> tuple[Mistake, ...]:
    """Return the mistakes among the tables of a file. Raises AssignmentError."""
    sources = {cell.question: cell.source for cell in assignment.cells if cell.question}
    mistakes: dict[str, Mistake] = {}
    for line, entry in tables["mistake"]:
        try:
            mistake = _mistake(entry, sources)
            if mistake.name in mistakes:
                raise ValueError(f"{mistake.name} is already the name of another one")
        except (ValueError, SyntaxError) as error:
            raise _refused(path, line, error) from None
        mistakes[mistake.name] = mistake
    return tuple(mistakes.values())


def refuse_hints_of_mistakes(path: Path, assignment: Assignment) -> None:
    """Raise AssignmentError at the first mistake whose hints cannot be used.

    The rest of a mistake is not looked at: it may have to follow a solution that is being changed.
    """
    sources = {cell.question: cell.source for cell in assignment.cells if cell.question}
    for line, entry in entries(path)["mistake"]:
        try:
            _hints(entry.get("hints", []), sources.get(str(entry.get("question")), ""))
        except ValueError as error:
            raise _refused(path, line, error) from None


def _refused(path: Path, line: int, error: Exception) -> AssignmentError:
    remedy = "Correct it, or follow the solution if that has changed"
    return AssignmentError(path, line, f"this mistake cannot be made: {error}", remedy)


def _mistake(entry: dict[str, Any], sources: dict[str, str]) -> Mistake:
    """Read one entry and make the mistake once. Raises ValueError and SyntaxError."""
    if unknown := entry.keys() - KEYS:
        named = " and no ".join(sorted(unknown))
        raise ValueError(f"there is no {named} in a mistake, which has {', '.join(sorted(KEYS))}")
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
    hints = _hints(entry.get("hints", []), sources[question])
    patches = tuple(zip(old, new, strict=True))
    mistake = Mistake(name, question, sentence, patches, equivalent, hints)
    ast.parse(mistake.made_in(sources[question]))
    return mistake


def _hints(value: object, source: str) -> tuple[str, ...]:
    """Read the hints of a mistake in a cell. Raises ValueError, also where one tells the answer."""
    hints = _texts(value) if isinstance(value, list) else []
    if not isinstance(value, list) or len(hints) != len(value) or len(hints) > MOST_HINTS:
        raise ValueError(f"hints must be a list of texts, {MOST_HINTS} at most")
    for hint in hints:
        if wrong := fault(hint, source):
            raise ValueError(wrong)
    return tuple(hints)


def _texts(value: object) -> list[str]:
    """Return a text, or a list of texts, as a list; what is neither is empty."""
    match value:
        case str():
            return [value]
        case list() if all(isinstance(text, str) for text in value):
            return value
    return []
