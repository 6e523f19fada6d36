"""Tables that spreadsheets write and read, as CSV (RFC 4180)."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")  # full width too: CJK spreadsheets accept it


class TableError(Exception):
    """A table cannot be used; the message says which line, and what to do."""


def rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield ("file:line", cells by column) of a CSV whose first line names at least `columns`.

    Commas or semicolons part the cells, capitals and order of the names play no part, and a cell
    that is not there is empty. Raises TableError.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise TableError(f"{path} is not UTF-8: save it as “CSV UTF-8”.") from None
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    table = csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    try:
        table.fieldnames = given = [name.strip().casefold() for name in table.fieldnames or ()]
        if missing := [name for name in columns if name not in given]:
            raise TableError(
                f"{path}:1: there is no column {' and no '.join(missing)}; the first line must be "
                f"{','.join(columns)}."
            )
        for row in table:
            yield f"{path}:{table.line_num}", {c: (row[c] or "").strip() for c in columns}
    except csv.Error as error:
        raise TableError(f"{path}:{table.line_num + 1}: this is no CSV: {error}.") from None


def written(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as a CSV in which no cell is a formula and None is empty."""
    table = io.StringIO()
    csv.writer(table).writerows(map(cell, row) for row in rows)
    return table.getvalue()


def cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if FORMULA.match(text) else text
