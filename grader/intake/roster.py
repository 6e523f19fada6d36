"""Who is in the course, and which of them has submitted what."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..csv_table import TableError, rows
from ..model.message import Message, Text
from .identity import looks, safe, same
from .ids import written

TWICE = Message("{place}: {student} is there twice, as {name} and as {other}.")

ROUNDED = re.compile(r"\d([.,]\d+)?E\+\d+")
DIGITS = Message(
    "{place}: of the id {id} a spreadsheet has kept only the first digits: make its column a text "
    "there, enter or import the ids again, and save the table."
)


def read_roster(path: Path) -> tuple[dict[str, str], list[Text]]:
    """Read a CSV file with columns id and name; return names by id, and remarks on lines.

    Raises TableError.
    """
    seen: set[str] = set()
    remarks: list[Text] = []
    for place, row in rows(path, ("id", "name")):
        one = written(row["id"])
        if not one:
            remarks.append(Message("{place} has no id: {line}", place=place, line=row["name"]))
        elif one in seen:
            remarks.append(
                Message("{place} repeats an earlier line: {line}", place=place, line=one)
            )
        seen.add(one)
    return {one: name for one, (_, name) in by_id(path, "name").items()}, remarks


def read_groups(path: Path) -> dict[str, str]:
    """Read groups by id from the column `group` of a roster, if it has one. Raises TableError."""
    return {one: same(group) for one, (_, group) in by_id(path, "group").items() if group}


def by_id(path: Path, column: str) -> dict[str, tuple[str, str]]:
    """Return place and cell of a column by id; of a column that is not there, cells are empty.

    Raises TableError, also if an id has two different cells.
    """
    found: dict[str, tuple[str, str]] = {}
    for place, row in rows(path, ("id",), (column,)):
        one, cell = written(row["id"]), row[column]
        if ROUNDED.fullmatch(one):
            raise TableError(DIGITS.format(place=place, id=one))
        if one and (known := found.setdefault(one, (place, cell))[1]) != cell:
            said = {"name": repr(known), "other": repr(cell)}
            raise TableError(TWICE.format(place=place, student=one, **said))
    return found


def listed(students: Iterable[str], roster: Mapping[str, str]) -> dict[str, str]:
    """Return the roster's id of each student who is in it; see `compare`."""
    handed_in = sorted(set(students))
    often = Counter(map(safe, roster))
    known = {safe(one): one for one in roster if often[safe(one)] == 1}
    local = Counter(_local(one) for one in roster)
    by_local = {_local(one): one for one in roster if local[_local(one)] == 1}
    often_in = Counter(map(_local, handed_in))
    found: dict[str, str] = {}
    for student in handed_in:
        base = student.partition("~")[0]
        if one := known.get(base) or _by_address(base, by_local, often_in):
            found[student] = one
    return found


def compare(students: Iterable[str], roster: dict[str, str]) -> list[Text]:
    """Return a line for each student who is in only one of the two.

    Ids must be equal letter by letter, apart from the domain of an address if only one matches.
    Similar ids are named, but not matched.
    """
    handed_in = sorted(set(students))
    found, unknown = listed(handed_in, roster), list[Text]()
    for student in handed_in:
        if student not in found:
            base = student.partition("~")[0]
            near = [one for one in roster if _near(base) == _near(one)]
            unknown.append(
                Message(
                    "not in the roster: {student} (similar to {known}, which is)",
                    student=student,
                    known=near,
                )
                if near
                else Message("not in the roster: {student}", student=student)
            )
    there = set(found.values())
    missing = (
        Message("nothing submitted: {student}", student=f"{s} {roster[s]}".rstrip())
        for s in roster
        if s not in there
    )
    return [*missing, *unknown]


def _by_address(student: str, by_local: dict[str, str], often: Mapping[str, int]) -> str:
    """Match addresses on one side with their local parts on the other."""
    local = _local(student)
    one = by_local.get(local, "")
    return one if ("@" in student) != ("@" in one) and often[local] == 1 else ""


def _local(address: str) -> str:
    return address.partition("@")[0].casefold()


def _near(one: str) -> str:
    """Reduce an id to what a spreadsheet or a reader might make of it."""
    text = looks(one).removesuffix(".0")
    return text.lstrip("0") if text.isdecimal() else text
