"""Ids as tables write them: which belong to a student, and which only look as if they did.

Ids must be equal letter by letter, as in identity.py, apart from case and from what a spreadsheet
makes of a number: 4711.0 is 4711. An id that only looks equal, such as 42 for 0042 or lee42, may be
somebody else's: it is named, but not matched.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from .identity import LONGEST, UNSAFE, looks, safe, same

AS_NUMBER = re.compile(r"(\d+)[.,]0+")
AS_TEXT = re.compile(r'="(.*)"')
"""How to make a spreadsheet keep leading zeros: ="0042"."""
NUMBER = re.compile(r"(\d+)\D*$")


def written(cell: str) -> str:
    """Return the id that a cell of a table means."""
    text = same(cell)
    found = AS_TEXT.fullmatch(text) or AS_NUMBER.fullmatch(text)
    return found[1] if found else text


class Ids:
    """The ids of some students, looked up by what a table contains."""

    def __init__(self, students: Iterable[str]) -> None:
        self._same = {student.casefold(): student for student in students}

    def same(self, cell: str) -> str | None:
        """Return the student with this id."""
        text = written(cell)
        shown = UNSAFE.sub("_", text).strip("_-.@+")[
            :LONGEST
        ]  # like `safe`, but nothing is dropped
        return self._same.get(shown.casefold()) if safe(text) == shown else None

    @cached_property
    def _alike(self) -> dict[str, list[str]]:
        """Students by what their ids look like: 0.2 s for 10,000, and rarely needed."""
        found: dict[str, list[str]] = defaultdict(list)
        for student in self._same.values():
            for look in _looks(student):
                found[look].append(student)
        return found

    def alike(self, cell: str) -> list[str]:
        """Return the students whose ids only look equal."""
        near = (one for look in _looks(written(cell)) for one in self._alike.get(look, ()))
        return sorted(set(near) - {self.same(cell)})


def _looks(text: str) -> set[str]:
    """Reduce an id to what survives file names, spreadsheets and keyboards."""
    number = NUMBER.search(looks(text).partition("@")[0])
    letters = "".join(c for c in looks(text).partition("@")[0] if c.isalnum()).lstrip("0")
    return {letters, number[1].lstrip("0") if number else letters} - {""}
