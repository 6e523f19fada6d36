"""Which lines of a student's code a check has stopped at."""

import re
from collections.abc import Iterable

from ..model.result import CAUSES, Result

FRAME = re.compile(r'File "code cell (\d{1,6})", line (\d{1,6})')

Place = tuple[int, int]
"""A cell, and a line in it."""


def places(result: Result) -> list[Place]:
    """Return the student's lines that the traceback of a check names, the innermost last."""
    found = FRAME.findall(result.traceback) if result.status in CAUSES else []
    return [(int(cell), int(line)) for cell, line in found]


def place(result: Result) -> Place | None:
    """Return where a check stopped: the last line of the traceback that is the student's."""
    return next(reversed(places(result)), None)


def marks(results: Iterable[Result]) -> dict[Place, list[Result]]:
    """Return the checks that stopped at each line."""
    found: dict[Place, list[Result]] = {}
    for result in results:
        if at := place(result):
            found.setdefault(at, []).append(result)
    return found
