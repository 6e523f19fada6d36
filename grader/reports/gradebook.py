"""Fill scores into the table that an LMS has exported, and leave every other byte as it is.

An LMS takes its own table back, and is picky: Canvas wants all columns and the row of points,
Moodle its identifiers. So cells are replaced where they stand in the file; no CSV is written anew.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..verdict import Report
from .clean import clean
from .spreadsheet import TableError, cell

NUMBER = re.compile(r"\d+$")


@dataclass
class Gradebook:
    """A table, as raw cells that make the file when they are joined."""

    rows: list[list[str]]
    delimiter: str
    ends: list[str]
    """How each line ends."""
    mark: str
    """The byte order mark, if the file begins with one."""

    @classmethod
    def read(cls, text: str) -> "Gradebook":
        """Cut a table into raw cells, quotes included. Raises TableError."""
        mark = "\ufeff" * text.startswith("\ufeff")
        text = text.removeprefix(mark)
        header = text.partition("\n")[0]
        delimiter = max(",;\t", key=header.count)
        token = re.compile(
            rf'((?:"(?:[^"]|"")*"|[^"{delimiter}\r\n][^{delimiter}\r\n]*)?)({delimiter}|\r\n|\n|\r|\Z)'
        )
        rows: list[list[str]] = [[]]
        ends: list[str] = []
        at = 0
        while at < len(text):
            found = token.match(text, at)
            if found is None:
                raise TableError(f"line {len(ends) + 1} is no CSV: a quote is open or stray.")
            rows[-1].append(found[1])
            at = found.end()
            if found[2] != delimiter:
                ends.append(found[2])
                rows.append([])
            elif at == len(text):
                rows[-1].append("")
                ends.append("")
                rows.append([])
        return cls(rows[:-1], delimiter, ends, mark)

    def __str__(self) -> str:
        lines = zip(self.rows, self.ends, strict=True)
        return self.mark + "".join(self.delimiter.join(row) + end for row, end in lines)

    def column(self, name: str) -> int:
        """Return the place of a column, by its name or how that begins. Raises TableError."""
        names = [value(raw) for raw in self.rows[0]] if self.rows else []
        exact = [i for i, one in enumerate(names) if one == name]
        found = exact or [i for i, one in enumerate(names) if one.startswith(name)]
        if len(found) != 1:
            known = ", ".join(repr(one) for one in names)
            raise TableError(
                f"{'no' if not found else 'more than one'} column is called {name!r}; there are "
                f"{known}."
            )
        return found[0]

    def who(self, students: Sequence[str], column: int) -> dict[int, str]:
        """Return the student of each row, by the id, or by the number in which both ids end.

        So Moodle's “Participant 4711” is 4711, and 12345 is kim_12345, if no other id ends so.
        """
        numbers = [(end[0], s) for s in students if (end := NUMBER.search(s))]
        often = Counter(number for number, _ in numbers)
        known = {number: student for number, student in numbers if often[number] == 1}
        known |= {student.casefold(): student for student in students}
        found: dict[int, str] = {}
        for i, row in enumerate(self.rows[1:], 1):
            text = value(row[column]) if column < len(row) else ""
            number = NUMBER.search(text)
            for name in (text, number[0] if number else ""):
                if name.casefold() in known:
                    found[i] = known[name.casefold()]
                    break
        return found

    def fill(
        self, reports: Mapping[str, Report], ids: str, scores: str, comments: str = ""
    ) -> list[str]:
        """Fill in scores, and comments where a column for them is named; say who is left out.

        A submission without a score leaves its cell as it is. Raises TableError.
        """
        place, target = self.column(ids), self.column(scores)
        remark = self.column(comments) if comments else None
        rows = self.who(list(reports), place)
        filled, twice = set[str](), set[str]()
        for i, student in rows.items():
            if student in filled:
                twice.add(student)
            filled.add(student)
            report = reports[student]
            if report.score is not None:
                self._put(i, target, f"{report.score}")
                if remark is not None:
                    said = [f"{o.question}: {o.comment}" for o in report.overrides if o.comment]
                    if said:
                        self._put(i, remark, "\n".join(said))
        if twice:
            raise TableError(f"{', '.join(sorted(twice))} has more than one row.")
        left = [f"not in the table: {s}" for s in reports if s not in filled]
        open_ones = [f"no score yet: {s}" for s in filled if reports[s].score is None]
        return sorted(left) + sorted(open_ones)

    def _put(self, row: int, column: int, text: str) -> None:
        cells = self.rows[row]
        cells += [""] * (column + 1 - len(cells))
        safe = cell(clean(text))
        special = any(sign in safe for sign in (self.delimiter, '"', "\n", "\r"))
        cells[column] = '"' + safe.replace('"', '""') + '"' if special else safe


def value(raw: str) -> str:
    """Return what a raw cell holds."""
    text = raw.strip()
    return text[1:-1].replace('""', '"').strip() if text[:1] == '"' else text
