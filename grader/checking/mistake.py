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
NOWHERE = "Copy it from the solution as it stands there now, blanks and all"
TWICE = "Let replace be longer, so that it stands there once"
NO_PYTHON = "Correct with: with it in its place, the cell must be Python, and as far to the right"


class Unusable(ValueError):
    """What is wrong with a mistake, and what its author can do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


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
        """Return the source with this mistake in it. Raises Unusable where it does not fit."""
        for old, new in self.patches:
            if (count := source.count(old)) != 1:
                what = f"{old!r} stands {count} times in the cell of {self.question}"
                raise Unusable(what, TWICE if count else NOWHERE)
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
    mistakes: list[Mistake] = []
    lines: dict[str, int] = {}
    for line, entry in tables["mistake"]:
        try:
            mistake = _mistake(entry, sources)
        except (Unusable, SyntaxError) as error:
            raise _refused(path, line, error) from None
        if before := lines.get(mistake.name):
            what = f"{mistake.name} is the name of the mistake on line {before} as well"
            raise AssignmentError(path, line, what, "Rename one of them, or take one out")
        mistakes.append(mistake)
        lines[mistake.name] = line
    return tuple(mistakes)


def refuse_hints_of_mistakes(path: Path, assignment: Assignment) -> None:
    """Raise AssignmentError at the first mistake whose hints cannot be used.

    The rest of a mistake is not looked at: it may have to follow a solution that is being changed.
    """
    sources = {cell.question: cell.source for cell in assignment.cells if cell.question}
    for line, entry in entries(path)["mistake"]:
        try:
            _hints(entry.get("hints", []), sources.get(str(entry.get("question")), ""))
        except Unusable as error:
            raise _refused(path, line, error) from None


def _refused(path: Path, line: int, error: Unusable | SyntaxError) -> AssignmentError:
    remedy = error.remedy if isinstance(error, Unusable) else NO_PYTHON
    return AssignmentError(path, line, f"this mistake cannot be made: {error}", remedy)


def _mistake(entry: dict[str, Any], sources: dict[str, str]) -> Mistake:
    """Read one entry and make the mistake once. Raises Unusable and SyntaxError."""
    if unknown := entry.keys() - KEYS:
        named = " and no ".join(sorted(unknown))
        what = f"there is no {named} in a mistake, which has {', '.join(sorted(KEYS))}"
        raise Unusable(what, "Spell it as one of these, or take it out")
    match entry:
        case {"name": str(name), "question": str(question), "sentence": str(sentence)}:
            equivalent = entry.get("equivalent", False)
        case _:
            raise Unusable("name, question and sentence must be texts", "Write all three of them")
    if question not in sources:
        what = f"question must be one of {', '.join(sources)}"
        raise Unusable(what, f"{question} is not, or no longer: write the one that is meant")
    if not isinstance(equivalent, bool):
        raise Unusable("equivalent must be true or false", "Write it without quotation marks")
    old, new = _texts(entry.get("replace")), _texts(entry.get("with"))
    if not old or len(old) != len(new):
        what = "replace and with must be two texts, or two lists of as many texts"
        raise Unusable(what, "For each text that is replaced, write the one that takes its place")
    hints = _hints(entry.get("hints", []), sources[question])
    patches = tuple(zip(old, new, strict=True))
    mistake = Mistake(name, question, sentence, patches, equivalent, hints)
    ast.parse(mistake.made_in(sources[question]))
    return mistake


def _hints(value: object, source: str) -> tuple[str, ...]:
    """Read the hints of a mistake in a cell. Raises Unusable, also where one tells the answer."""
    hints = _texts(value) if isinstance(value, list) else []
    if not isinstance(value, list) or len(hints) != len(value) or len(hints) > MOST_HINTS:
        what = f"hints must be a list of texts, {MOST_HINTS} at most"
        raise Unusable(what, 'Write hints = ["…", "…"], even if there is only one')
    for hint in hints:
        if wrong := fault(hint, source):
            raise Unusable(wrong, "Say what to look at, and not what to write")
    return tuple(hints)


def _texts(value: object) -> list[str]:
    """Return a text, or a list of texts, as a list; what is neither is empty."""
    match value:
        case str():
            return [value]
        case list() if all(isinstance(text, str) for text in value):
            return value
    return []
