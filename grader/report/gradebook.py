"""Fill scores into a table exported by an LMS, and leave every other byte unchanged.

An LMS only accepts its own table: Canvas wants all columns and the row of points, Moodle its
identifiers. So cells are replaced in place; no CSV is written from scratch.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from ..csv_table import TableError, Text, cell
from ..intake.ids import Ids, written
from ..model.message import Message
from ..model.standing import Standing
from .sanitize import clean

PARTICIPANT = re.compile(r"(?:\D*\s|Teilnehmer/in)(\d+)")
"""What Moodle calls a student, in any language: “Participant 4711”; in German without a blank."""
SCHEME = re.compile(r"(.+)_(\d+)")
"""An id of a file such as kim_12345_attention.ipynb."""
NUMBERED = re.compile(r"(?:\s*\(\d+\))?")
"""What Canvas adds to the name of a column."""
FEW = 10
COMMA, POINT = re.compile(r"-?\d+,\d{1,2}"), re.compile(r"-?\d+\.\d+")


@dataclass
class Filled:
    """Who is missing from a filled table, and other remarks for a person."""

    left: list[Message] = field(default_factory=list)
    remarks: list[Message] = field(default_factory=list)


@dataclass
class Gradebook:
    """A table, as raw cells that form the file when joined."""

    rows: list[list[str]]
    delimiter: str
    ends: list[str]
    """How each line ends."""
    opening: str
    """Anything before the first line: a byte order mark, sep=."""

    @classmethod
    def read(cls, text: str) -> "Gradebook":
        """Split a table into raw cells, including quotes. Raises TableError."""
        opening, delimiter, text = Text.read(text)
        parts = re.escape(delimiter)
        token = re.compile(
            rf'((?:"(?:[^"]|"")*"|[^"{parts}\r\n][^{parts}\r\n]*)?)({parts}|\r\n|\n|\r|\Z)'
        )
        rows: list[list[str]] = [[]]
        ends: list[str] = []
        at = 0
        while at < len(text):
            found = token.match(text, at)
            if found is None:
                raise TableError(
                    Message(
                        "line {line} is not valid CSV: a quote is open or stray.",
                        line=len(ends) + 1,
                    )
                )
            rows[-1].append(found[1])
            at = found.end()
            if found[2] != delimiter:
                ends.append(found[2])
                rows.append([])
            elif at == len(text):
                rows[-1].append("")
                ends.append("")
                rows.append([])
        return cls(rows[:-1], delimiter, ends, opening)

    def __str__(self) -> str:
        lines = zip(self.rows, self.ends, strict=True)
        return self.opening + "".join(self.delimiter.join(row) + end for row, end in lines)

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [value(raw) for raw in self.rows[0]] if self.rows else []

    def column(self, name: str) -> int:
        """Return the index of a column, by its name or the first words of it. Raises TableError."""
        names = self.names
        exact = [i for i, one in enumerate(names) if one == name]
        begins = re.compile(rf"{re.escape(name)}(?:(?<!\w)|(?!\w))")
        found = exact or [i for i, one in enumerate(names) if begins.match(one)]
        if len(found) != 1:
            known = {"name": repr(name), "known": [repr(one) for one in names]}
            if not found:
                raise TableError(Message("no column is called {name}; there are {known}.", **known))
            raise TableError(
                Message("more than one column is called {name}; there are {known}.", **known)
            )
        return found[0]

    def who(self, students: Sequence[str], column: int) -> dict[int, str]:
        """Return the student of each row, by the id or a platform's form of exactly that.

        Moodle's “Participant 4711” is 4711. If all ids are like kim_12345, or the row also names
        kim, 12345 is kim_12345, unless another id ends in it.
        """
        known, by_number = Ids(students), _by_number(students)
        found: dict[int, str] = {}
        for i, row in enumerate(self.rows[1:], 1):
            text = written(value(row[column])) if column < len(row) else ""
            participant = PARTICIPANT.fullmatch(text)
            student = known.same(text) or known.same(participant[1] if participant else "")
            if student is None and (made := by_number.get(text)):
                said = " ".join(map(value, row)).casefold()
                name = re.escape(made.rpartition("_")[0].casefold())
                is_scheme = len(by_number) == len(students)
                student = made if is_scheme or re.search(rf"\b{name}\b", said) else None
            if student is not None:
                found[i] = student
        return found

    def fill(
        self, standings: Mapping[str, Standing], ids: str, scores: str, comments: str = ""
    ) -> Filled:
        """Fill in scores, and comments if a column for them is named; return who is left out.

        A submission without a score leaves its cell unchanged, and no row is guessed. Raises
        TableError.
        """
        columns = {name: self.column(name) for name in (ids, scores, comments) if name}
        place, target, remark = columns[ids], columns[scores], columns.get(comments)
        rows, decimal = self.who(list(standings), place), self._decimal(target)
        filled = Filled(remarks=[*self._read_as(columns), *self._repeated(rows)])
        for i, student in rows.items():
            standing = standings[student]
            if standing.score is not None:
                self._put(i, target, f"{standing.score}".replace(".", decimal))
                if remark is not None:
                    said = [o.line for o in standing.overrides if o.comment]
                    if said:
                        self._put(i, remark, "\n".join(said))
        in_table = set(rows.values())
        filled.left = self._left_out([s for s in standings if s not in in_table], rows, place)
        filled.left += [
            Message("no score yet: {student}", student=student)
            for student in sorted(in_table)
            if standings[student].score is None
        ]
        if by := [s for i, s in rows.items() if self._is_by_number(i, place, s)]:
            filled.remarks.append(
                Message(
                    "found by the number in which their ids end: {count} ({students})",
                    count=len(by),
                    students=[*by[:FEW], *["…"] * (len(by) > FEW)],
                )
            )
        return filled

    def _read_as(self, columns: Mapping[str, int]) -> Iterator[Message]:
        """Yield which columns are meant, where more of a name was left out than its number."""
        for name, column in columns.items():
            whole = self.names[column]
            if not NUMBERED.fullmatch(whole.removeprefix(name)):
                yield Message(
                    "{name} is read as the column {column}", name=name, column=repr(whole)
                )

    def _repeated(self, rows: Mapping[int, str]) -> list[Message]:
        """Return a remark on each duplicate row. Raises TableError if duplicates differ."""
        first: dict[str, int] = {}
        remarks: list[Message] = []
        for i, student in rows.items():
            other = first.setdefault(student, i)
            if self.rows[other] != self.rows[i]:
                raise TableError(
                    Message(
                        "{student} has more than one row, and they differ: {one} and {other}.",
                        student=student,
                        one=other + 1,
                        other=i + 1,
                    )
                )
            if other != i:
                remarks.append(
                    Message(
                        "row {row} repeats row {other}: {student}",
                        row=i + 1,
                        other=other + 1,
                        student=student,
                    )
                )
        return remarks

    def _left_out(self, students: list[str], rows: Mapping[int, str], column: int) -> list[Message]:
        """Return a line on each student without a row, and on similar rows."""
        known, near = Ids(students), dict[str, list[Message]]()
        for i, row in enumerate(self.rows[1:], 1):
            text = value(row[column]) if column < len(row) else ""
            for student in known.alike(text) if i not in rows else ():
                place = Message("{text} in row {row}", text=repr(text), row=i + 1)
                near.setdefault(student, []).append(place)
        return [_not_there(student, near.get(student, [])) for student in sorted(students)]

    def _is_by_number(self, row: int, column: int, student: str) -> bool:
        return student.endswith(f"_{written(value(self.rows[row][column]))}")

    def _decimal(self, column: int) -> str:
        """Return the decimal separator of the column or else of the whole table."""
        for cells in ([r[column] for r in self.rows if column < len(r)], chain(*self.rows)):
            texts = [value(raw) for raw in cells]
            commas, points = (
                sum(bool(style.fullmatch(text)) for text in texts) for style in (COMMA, POINT)
            )
            if commas != points:
                return "," if commas > points else "."
        return "."

    def _put(self, row: int, column: int, text: str) -> None:
        cells = self.rows[row]
        cells += [""] * (column + 1 - len(cells))
        safe = cell(clean(text))
        quoted = cells[column].startswith('"')
        special = quoted or any(sign in safe for sign in (self.delimiter, '"', "\n", "\r"))
        cells[column] = '"' + safe.replace('"', '""') + '"' if special else safe


def value(raw: str) -> str:
    """Return the value of a raw cell."""
    text = raw.strip()
    return text[1:-1].replace('""', '"').strip() if text[:1] == '"' else text


def _by_number(students: Sequence[str]) -> dict[str, str]:
    """Return students by the number at the end of their id, for ids like kim_12345."""
    made = [(found[2], s) for s in students if (found := SCHEME.fullmatch(s))]
    often = Counter(number for number, _ in made)
    return {number: student for number, student in made if often[number] == 1}


def _not_there(student: str, near: Sequence[Message]) -> Message:
    """Say of a student that no row is theirs; some rows may be similar."""
    if near:
        return Message(
            "not in the table: {student} (similar, and not filled in: {rows})",
            student=student,
            rows=list(near),
        )
    return Message("not in the table: {student}", student=student)
