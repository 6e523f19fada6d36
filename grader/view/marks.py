"""Which lines of a student's code a check has stopped at."""

import re
from collections.abc import Iterable

from ..model.result import CAUSES, Result

FRAME = re.compile(r'File "code cell (\d{1,6})", line (\d{1,6})')

Place = tuple[int, int]
"""A cell, and a line in it."""


def place(result: Result) -> Place | None:
    """Return where a check stopped: the last line of the traceback that is the student's."""
    found = FRAME.findall(result.traceback) if result.status in CAUSES else []
    return (int(found[-1][0]), int(found[-1][1])) if found else None


def marks(results: Iterable[Result]) -> dict[Place, list[Result]]:
    """Return the checks that stopped at each line."""
    found: dict[Place, list[Result]] = {}
    for result in results:
        if at := place(result):
            found.setdefault(at, []).append(result)
    return found
