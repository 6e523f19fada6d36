"""Small drawings of where something is wrong: plain data without a single value, no torch.

A level is a digit from 0 to 4, so that nobody can read what is due out of a drawing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

MOST_CELLS = 16
"""Places along an axis of a Grid; what is longer is pooled, and the worst of a cell counts."""
MOST_BARS = 32
SHARES = (0.01, 0.1, 0.5)
"""What separates the levels 1 to 4 of a Grid: shares of the largest entry that is due."""
NONE, ALL = 0, 4
NOT_DUE = "-"


@dataclass(frozen=True)
class Grid:
    """How far off the places of a tensor are, of one two-dimensional piece of it."""

    name: str
    axes: tuple[str, str]
    """Of rows and columns; the first is empty where there is one row only."""
    sizes: tuple[int, int]
    rows: tuple[str, ...]
    """A digit for each cell: 0 is right, 4 far off or NaN."""
    at: tuple[str, ...] = ()
    """Where the piece lies on the other axes, as in ``("B = 1",)``."""
    over: tuple[str, ...] = ()
    """Axes along which the worst is shown."""
    gradient: bool = False
    """Whether it is the gradient with respect to `name` that is off."""
    kind: Literal["grid"] = "grid"

    def wrong(self) -> list[tuple[str, str]]:
        """Return for each row with wrong places where it is, and where they are."""
        spans = [_spans(row, self.sizes[1]) for row in self.rows]
        return [
            (_span(i, i, len(self.rows), self.sizes[0]), found)
            for i, found in enumerate(spans)
            if found
        ]


@dataclass(frozen=True)
class Reach:
    """How much of the gradient that is due arrives at each place along an axis, or at each name."""

    name: str
    """The tensor; empty where each bar is a tensor of its own."""
    axis: str
    labels: tuple[str, ...]
    levels: str
    """A character for each label: 0 is none of it, 4 all of it, - where none is due."""
    kind: Literal["reach"] = "reach"

    @property
    def missed(self) -> str:
        """Return where nothing arrives."""
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
        """Return which axis of `due` is which of `have`, as far as sizes tell: in place first."""
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
"""Draws a picture if anybody is to see it."""
KINDS: Mapping[str, Callable[..., Picture]] = {"grid": Grid, "reach": Reach, "shapes": Shapes}


def read(fields: Mapping[str, Any] | None) -> Picture | None:
    """Make a picture of its fields, as JSON has them: lists for tuples."""
    if fields is None:
        return None
    values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in fields.items()}
    made: Picture = KINDS[values["kind"]](**values)
    return made


def _spans(row: str, size: int) -> str:
    """Return where a row is wrong, as in ``1–3, 6``."""
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
    """Return the indices under some cells in a row of them."""
    start, end = first * size // cells, -((last + 1) * size // -cells) - 1
    return f"{start}" if start == end else f"{start}–{end}"
