"""What helps a student who is stuck at a check: plain data, all of it public."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One value of a worked example, in words."""

    name: str
    due: str
    own: str
    """What the student's code gives."""
    right: bool


@dataclass(frozen=True)
class Example:
    """A small computation that the author shows to everybody, and what came of it."""

    code: str
    rows: tuple[Row, ...]
    others: int = 0
    """How many others of the question there are, where a student's code is right in all of them."""

    @property
    def right(self) -> bool:
        """Whether the student's code gives what is due."""
        return all(row.right for row in self.rows)


@dataclass(frozen=True)
class Guidance:
    """What the author has written for this failure."""

    hints: tuple[str, ...] = ()
    """Step by step: a student unfolds one after the other."""
    example: Example | None = None
    """Worked out where no known mistake explains the numbers."""


def read(fields: dict[str, object] | None) -> Guidance | None:
    """Make one from its fields as read from JSON, with lists for tuples."""
    match fields:
        case {"hints": list(hints), "example": {"code": str(code), "rows": list(rows), **rest}}:
            others = rest.get("others")  # an older one has none
            shown = tuple(Row(**row) for row in rows)
            example = Example(code, shown, others if isinstance(others, int) else 0)
            return Guidance(tuple(hints), example)
        case {"hints": list(hints)}:
            return Guidance(tuple(hints))
    return None
