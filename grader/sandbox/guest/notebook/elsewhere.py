"""Graded names that are defined where nothing is run: in cells of text, and in files of cells.

Asked only for names that the notebook does not define. For grading it runs in the sandbox alone.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from ..saying import Saying
from .cell import CELL_MAGICS, WRITES, Cell

MOST = 20
"""Notes on one notebook."""


def elsewhere(data: bytes, cells: Iterable[Cell], missing: Sequence[str]) -> list[Saying]:
    """Return a note for each of the missing names that stands in a text or in a file."""
    found = {name: _defined(name) for name in missing}
    notes: list[Saying] = []
    for cell in cells:
        head = CELL_MAGICS.match(cell.source)
        if head and (writes := WRITES.match(head[0])):
            notes += [
                Saying(
                    "code cell {cell} writes `{name}` into the file {file}, and nothing imports it "
                    "from there: take the line that begins with %% away",
                    cell=cell.number, name=name, file=writes["file"].strip(),
                )
                for name, defined in found.items()
                if defined.search(cell.source)
            ]  # fmt: skip
    for source in _texts(data) if missing else ():
        notes += [
            Saying(
                "`{name}` stands in a cell of text, which is not run: make it a cell of code (in "
                "Jupyter: Esc, then Y)",
                name=name,
            )
            for name, defined in found.items()
            if defined.search(source)
        ]
    return [*dict.fromkeys(notes)][:MOST]


def _defined(name: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*(?:def|class)[ \t]+{re.escape(name)}\b", re.MULTILINE)


def _texts(data: bytes) -> Iterator[str]:
    """Yield the sources of a notebook's cells that are not code."""
    try:
        document = json.loads(data)
        cells = document["cells"] if isinstance(document, dict) else []
    except (ValueError, KeyError, RecursionError, MemoryError):
        return
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") in ("markdown", "raw"):
            source = cell.get("source", "")
            lines = source if isinstance(source, list) else [source]
            yield "".join(line for line in lines if isinstance(line, str))
