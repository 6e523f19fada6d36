"""When work is due: a deadline for all, and dates of their own that some students have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..csv_table import TableError
from ..model.message import joined, said
from .deadline import Deadline
from .identity import safe
from .roster import by_id


@dataclass(frozen=True)
class Due:
    """The deadlines of a class."""

    everybody: Deadline | None = None
    own: Mapping[str, Deadline] = field(default_factory=dict)
    """By the safe id of a student; it counts in the place of everybody's."""

    def __bool__(self) -> bool:
        return bool(self.everybody or self.own)

    def of(self, student: str) -> Deadline | None:
        """Return a student's deadline, if there is one."""
        return self.own.get(student.partition("~")[0], self.everybody)

    @property
    def first(self) -> Deadline | None:
        """The earliest deadline."""
        known = [*self.own.values(), *([self.everybody] if self.everybody else [])]
        return min(known, key=lambda deadline: deadline.start, default=None)


def read_dues(path: Path) -> dict[str, str]:
    """Read due dates by id from the column `due` of a roster, if it has one.

    They are written like --deadline; an empty cell is the deadline of all. Raises TableError.
    """
    dues = by_id(path, "due").items()
    return {one: _due(place, due) for one, (place, due) in dues if due}


def own(dues: Mapping[str, str]) -> dict[str, Deadline]:
    """Return the deadlines of students by their safe ids."""
    return {safe(one): Deadline.read(text) for one, text in dues.items()}


def _due(place: str, text: str) -> str:
    """Return a date with its time zone. Raises TableError."""
    try:
        return Deadline.read(text).text
    except ValueError as error:
        raise TableError(joined(": ", (place, said(error)))) from None
