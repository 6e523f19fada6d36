"""A student's own answer as their page shows it: its lines, and those a check has gone through.

The code and the places are what a worker says, so a place counts only where the code has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from ..model.code import Code
from ..model.result import Result
from .marks import places
from .words import Word, words_of_lines

MOST, AROUND = 60, 12
"""Lines that are shown in full; of longer answers, those around the one that is marked."""


@dataclass(frozen=True)
class Line:
    """A line of an answer."""

    number: int
    """In its cell, from 1."""
    words: Sequence[Word]
    """What each word is, and the word; all of them are the line."""
    mark: str = ""
    """"stopped" where the check has ended, "on the way" where that was called, or empty."""


@dataclass(frozen=True)
class Answer:
    """The lines of an answer that are shown."""

    cell: int
    lines: tuple[Line, ...]
    above: int = 0
    below: int = 0
    """How many lines are left out."""

    @property
    def marked(self) -> bool:
        """Whether it is known where the check has ended."""
        return any(line.mark == "stopped" for line in self.lines)

    @classmethod
    def of(cls, code: Code, result: Result) -> Self:
        """Return an answer as a check has gone through it."""
        marks = {place: "on the way" for place in places(result)}
        marks |= {place: "stopped" for place in places(result)[-1:]}
        lines = [
            Line(number, words, marks.get((code.cell, number), ""))
            for number, words in enumerate(words_of_lines(code.text), code.line)
        ]
        at = next((i for i, line in enumerate(lines) if line.mark == "stopped"), None)
        if len(lines) <= MOST:
            return cls(code.cell, tuple(lines))
        first, end = (0, MOST) if at is None else (max(0, at - AROUND), at + AROUND + 1)
        return cls(code.cell, tuple(lines[first:end]), first, max(0, len(lines) - end))
