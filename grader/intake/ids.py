"""Ids as tables write them: which are a student's, and which only look so.

They are the same to the letter, as in identity.py; capitals play no part, nor does what a
spreadsheet makes of a number: 4711.0 is 4711. What only looks the same, such as 42 for 0042 or for
lee42, may be somebody else's: it is named, and never taken for the same.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from .identity import LONGEST, UNSAFE, looks, safe, same

AS_NUMBER = re.compile(r"(\d+)[.,]0+")
AS_TEXT = re.compile(r'="(.*)"')
"""How spreadsheets are made to keep the zeros at the beginning: ="0042"."""
NUMBER = re.compile(r"(\d+)\D*$")


def written(cell: str) -> str:
    """Return the id that is meant by a cell of a table."""
    text = same(cell)
    found = AS_TEXT.fullmatch(text) or AS_NUMBER.fullmatch(text)
    return found[1] if found else text


class Ids:
    """The ids of some students, found by what a table writes."""

    def __init__(self, students: Iterable[str]) -> None:
        self._same = {student.casefold(): student for student in students}

    def same(self, cell: str) -> str | None:
        """Return the student whose id this is."""
        text = written(cell)
        shown = UNSAFE.sub("_", text).strip("_-.@+")[:LONGEST]  # as `safe`, but nothing vanishes
        return self._same.get(shown.casefold()) if safe(text) == shown else None

    @cached_property
    def _alike(self) -> dict[str, list[str]]:
        """Students by what their ids look like: 0.2 s for 10,000, and seldom asked for."""
        found: dict[str, list[str]] = defaultdict(list)
        for student in self._same.values():
            for look in _looks(student):
                found[look].append(student)
        return found

    def alike(self, cell: str) -> list[str]:
        """Return the students whose ids only look the same."""
        near = (one for look in _looks(written(cell)) for one in self._alike.get(look, ()))
        return sorted(set(near) - {self.same(cell)})


def _looks(text: str) -> set[str]:
    """Return what may be left of an id on its way through names, spreadsheets and keyboards."""
    number = NUMBER.search(looks(text).partition("@")[0])
    letters = "".join(c for c in looks(text).partition("@")[0] if c.isalnum()).lstrip("0")
    return {letters, number[1].lstrip("0") if number else letters} - {""}
