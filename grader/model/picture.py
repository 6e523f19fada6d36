"""Small drawings of where something is wrong: plain data without any value, no torch.

A level is a digit from 0 to 4, so that a drawing does not reveal what is due.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

MOST_CELLS = 16
"""Cells along an axis of a Grid; longer axes are pooled, and a cell shows its worst entry."""
MOST_BARS = 32
SHARES = (0.01, 0.1, 0.5)
"""Borders between the levels 1 to 4 of a Grid, as shares of the largest entry that is due."""
NONE, ALL = 0, 4
NOT_DUE = "-"


@dataclass(frozen=True)
class Grid:
    """How far off the entries of a tensor are, in one two-dimensional piece of it."""

    name: str
    axes: tuple[str, str]
    """Of rows and columns; the first is empty if there is only one row."""
    sizes: tuple[int, int]
    rows: tuple[str, ...]
    """A digit for each cell: 0 is right, 4 far off or NaN."""
    at: tuple[str, ...] = ()
    """Position of the piece on the other axes, as in ``("B = 1",)``."""
    over: tuple[str, ...] = ()
    """Axes reduced to their worst entry."""
    gradient: bool = False
    """Whether it is the gradient with respect to `name` that is off."""
    kind: Literal["grid"] = "grid"

    def wrong(self) -> list[tuple[str, str]]:
        """Return the position of each row that has wrong cells, and theirs."""
        spans = [_spans(row, self.sizes[1]) for row in self.rows]
        return [
            (_span(i, i, len(self.rows), self.sizes[0]), found)
            for i, found in enumerate(spans)
            if found
        ]


@dataclass(frozen=True)
class Reach:
    """How much of the gradient that is due reaches each position along an axis, or each name."""

    name: str
    """The tensor; empty if each bar is a tensor of its own."""
    axis: str
    labels: tuple[str, ...]
    levels: str
    """A character per label: 0 is none of it, 4 is all of it, - means none is due."""
    kind: Literal["reach"] = "reach"

    @property
    def missed(self) -> str:
        """Return the labels that no gradient reaches."""
        return ", ".join(self._where(str(NONE)))

    def _where(self, level: str) -> list[str]:
        return [
            label for label, found in zip(self.labels, self.levels, strict=True) if found == level
        ]


@dataclass(frozen=True)
class Shapes:
    """A shape beside the one that was asked for."""

    name: str
    axes: tuple[str, ...]
    due: tuple[int, ...]
    have: tuple[int, ...]
    kind: Literal["shapes"] = "shapes"

    def pairs(self) -> list[tuple[int, int]]:
        """Match the axes of `due` with those of `have` by size, those in place first."""
        pairs = [
            (i, i) for i, (a, b) in enumerate(zip(self.due, self.have, strict=False)) if a == b
        ]
        for i, size in enumerate(self.due):
            free = (
                j for j, n in enumerate(self.have) if n == size and j not in {b for _, b in pairs}
            )
            if i not in {a for a, _ in pairs} and (j := next(free, None)) is not None:
                pairs.append((i, j))
        return sorted(pairs)


Picture = Grid | Reach | Shapes
Sketch = Callable[[], Picture | None]
"""Draws a picture, called only if somebody will see it."""
KINDS: Mapping[str, Callable[..., Picture]] = {"grid": Grid, "reach": Reach, "shapes": Shapes}


def read(fields: Mapping[str, Any] | None) -> Picture | None:
    """Make a picture from its fields as read from JSON, with lists for tuples."""
    if fields is None:
        return None
    values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in fields.items()}
    made: Picture = KINDS[values["kind"]](**values)
    return made


def _spans(row: str, size: int) -> str:
    """Return the wrong cells of a row, as in ``1–3, 6``."""
    found: list[str] = []
    start = None
    for i, level in enumerate(row + "0"):
        if level != "0" and start is None:
            start = i
        elif level == "0" and start is not None:
            found.append(_span(start, i - 1, len(row), size))
            start = None
    return ", ".join(found)


def _span(first: int, last: int, cells: int, size: int) -> str:
    """Return the indices that adjacent cells cover."""
    start, end = first * size // cells, -((last + 1) * size // -cells) - 1
    return f"{start}" if start == end else f"{start}–{end}"
