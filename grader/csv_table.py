"""Tables that spreadsheets write and read, as CSV (RFC 4180).

They may be in UTF-8, in UTF-16 or in cp949 (Korean Excel), with or without a byte
order mark; separated by commas, semicolons or tabs; with or without Excel's first line, sep=.
"""

import csv
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from .model.errors import GraderError
from .model.message import Message, joined, said

FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")  # full-width too for CJK
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""The first bytes of .xlsx and .xls, which are not text."""
OPENING = re.compile('(\ufeff?)((?:"?sep=([,;\t|])"?\\r?\\n)?)', re.IGNORECASE)
DELIMITERS = ",;\t"
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
AMID_LATIN = re.compile(r"[A-Za-z][^\x00-\x7f][A-Za-z]")
BEYOND = "…"
"""Stands for the columns of cells beyond the named ones."""
MORE = Message(
    "{place}: this line has more cells than the first one has columns. Put quotes around a text "
    "that holds what separates the cells."
)
TWICE = Message("{place}: more than one column is called {name}.")


class TableError(GraderError):
    """A table cannot be used; the message names the line and the remedy."""


class Text(NamedTuple):
    """What a table holds."""

    opening: str
    """The byte order mark and the line sep=…, if present."""
    delimiter: str
    rest: str

    @classmethod
    def read(cls, text: str, columns: Sequence[str] = ()) -> "Text":
        """Find the separator: what the table declares, or what yields all of these `columns`.

        Otherwise it is the most frequent one in the first line, outside of quoted cells.
        """
        found = OPENING.match(text)
        assert found, "it also matches nothing"
        rest = text[found.end() :]
        header = re.split(r"[\r\n]", rest, maxsplit=1)[0]
        bare = re.sub(r'"[^"]*"', "", header)
        likely = sorted(DELIMITERS, key=bare.count, reverse=True)
        fits = (d for d in likely if columns and not _missing(header.split(d), columns))
        return cls(found[0], found[3] or next(chain(fits, likely)), rest)


def decode(data: bytes) -> tuple[str, str]:
    """Return the text of a table, any byte order mark included, and its encoding.

    The same bytes come back when it is encoded. Raises TableError.
    """
    if data.startswith(WORKBOOKS):
        raise TableError(Message("this is a workbook, not text: save it as “CSV UTF-8”."))
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
            if text.encode(encoding) == data and (encoding != "cp949" or _is_korean(text)):
                return text, encoding
        except UnicodeError:
            continue
    raise TableError(Message("this is not UTF-8: save it as “CSV UTF-8”."))


def _encodings(data: bytes) -> Iterator[str]:
    """Yield the encodings that bytes may be in, the most certain first."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        yield "utf-16-le" if data.startswith(BOM_UTF16_LE) else "utf-16-be"
    elif b"\0" in data:  # every other byte of what is ASCII
        yield "utf-16-le" if data[1::2].count(0) > data[::2].count(0) else "utf-16-be"
    else:
        yield from ("utf-8", "cp949")


def _is_korean(text: str) -> bool:
    """Whether a text makes sense in cp949, in which O’Neill of Windows reads O묿eill.

    Korean hardly uses the letters that cp949 adds to KS X 1001, nor one letter within a Latin word.
    """
    letters = "".join(BEYOND_ASCII.findall(text))
    added = sum(min(letter.encode("cp949")) <= 0xA0 for letter in letters)
    return not AMID_LATIN.search(text) and added * 4 <= len(letters)


def rows(
    path: Path, columns: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield ("file:line", cells by column) of a CSV whose first line names at least `columns`.

    Case and order of the names do not matter, and a missing cell or column is empty. Raises
    TableError, also for a cell beyond the columns: those before it may have moved.
    """
    for place, row in table(path, columns, optional):
        if row.get(BEYOND):
            raise TableError(MORE.format(place=place))
        yield place, {name: row.get(name, "") for name in (*columns, *optional)}


def table(
    path: Path, columns: Sequence[str] = (), optional: Sequence[str] = ()
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield rows that are not empty as `rows` does, with all their columns. Raises TableError."""
    try:
        text = Text.read(decode(path.read_bytes())[0], columns)
    except TableError as error:
        raise TableError(joined(": ", (f"{path}", said(error)))) from None
    before = text.opening.count("\n")
    lines = io.StringIO(text.rest, newline="")  # only \n, \r and \r\n end a line
    reader = csv.DictReader(lines, delimiter=text.delimiter, strict=True, restkey=BEYOND)
    try:
        reader.fieldnames = given = [name.strip().casefold() for name in reader.fieldnames or ()]
        if missing := _missing(given, columns):
            raise TableError(
                Message(
                    "{place}: these columns are missing: {missing}; the first line must be "
                    "{columns}.",
                    place=f"{path}:{1 + before}",
                    missing=missing,
                    columns=",".join(columns),
                )
            )
        if twice := [name for name in (*columns, *optional) if given.count(name) > 1]:
            raise TableError(TWICE.format(place=f"{path}:{1 + before}", name=repr(twice[0])))
        for row in reader:
            cells = {n: " ".join(c) if isinstance(c, list) else c or "" for n, c in row.items()}
            place = f"{path}:{reader.line_num + before}"
            if any(text.strip() for text in cells.values()):
                yield place, {name: text.strip() for name, text in cells.items()}
    except csv.Error as error:
        line = reader.line_num + before + 1
        raise TableError(
            Message(
                "{place}: this is not a valid CSV file: {error}.",
                place=f"{path}:{line}",
                error=error,
            )
        ) from None


def _missing(header: Iterable[str], columns: Sequence[str]) -> list[str]:
    names = {name.strip().strip('"').strip().casefold() for name in header}
    return [name for name in columns if name not in names]


def written(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV; no cell is a formula, and None is an empty cell."""
    table = io.StringIO()
    csv.writer(table).writerows(map(cell, row) for row in rows)
    return table.getvalue()


def cell(value: object) -> str:
    """Return a cell that spreadsheets do not take for a formula."""
    text = "" if value is None else str(value)
    number = isinstance(value, int | float)  # points that a person takes are below 0
    return f"'{text}" if FORMULA.match(text) and not number else text
