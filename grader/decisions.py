"""What people have decided about questions, from a table that any spreadsheet can write.

    id,question,points,comment
    kim_12345,split_heads,2.5,"The idea is right, the axes are swapped."
    lee_67890,split_heads,,"Have a look at einops."

Points take the place of what the checks of the question give, at this and every later judging. With
a comment alone, the checks count. A line with neither lifts an earlier decision.
"""

import csv
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from .verdict import Override, Report, whole

COLUMNS = ("id", "question", "points", "comment")


class TableError(Exception):
    """A table cannot be used; the message says which line, and what to do."""


def read(path: Path, reports: Mapping[str, Report]) -> list[tuple[str, Override]]:
    """Read all decisions about these students. Raises TableError, before any of them counts."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise TableError(f"{path} is not UTF-8: save it as “CSV UTF-8”.") from None
    header = text.partition("\n")[0]
    rows = csv.DictReader(
        text.splitlines(keepends=True), delimiter=";" if ";" in header else ",", strict=True
    )
    given = [name.strip().casefold() for name in rows.fieldnames or ()]
    if missing := [name for name in COLUMNS if name not in given]:
        raise TableError(
            f"{path}:1: there is no column {' and no '.join(missing)}; the first line must be "
            f"{','.join(COLUMNS)}."
        )
    rows.fieldnames = given
    return list(_decisions(path, rows, reports))


def _decisions(
    path: Path, rows: "csv.DictReader[str]", reports: Mapping[str, Report]
) -> Iterator[tuple[str, Override]]:
    seen: set[tuple[str, str]] = set()
    try:
        for row in rows:
            student, question = ((row[name] or "").strip() for name in ("id", "question"))
            try:
                points = _points((row["points"] or "").strip())
                _require(student, question, points, reports)
                if (student, question) in seen:
                    raise ValueError(f"there is a second line on {question} of {student}")
            except ValueError as error:
                raise TableError(f"{path}:{rows.line_num}: {error}.") from None
            seen.add((student, question))
            yield student, Override(question, points, (row["comment"] or "").strip())
    except csv.Error as error:
        raise TableError(f"{path}:{rows.line_num + 1}: this is no CSV: {error}.") from None


def _points(text: str) -> float | None:
    """Read points, or None from an empty cell. Raises ValueError."""
    if not text:
        return None
    try:
        points = float(text.replace(",", "."))  # a decimal comma, as German spreadsheets write
    except ValueError:
        raise ValueError(f"points cannot be {text!r}; they are a number such as 2.5") from None
    if not (math.isfinite(points) and points >= 0):
        raise ValueError(f"points cannot be {text}")
    return whole(points)


def _require(
    student: str, question: str, points: float | None, reports: Mapping[str, Report]
) -> None:
    """Raise ValueError where a line is about nobody, nothing, or more than there is."""
    report = reports.get(student)
    if report is None:
        raise ValueError(f"there is no judged submission of {student!r}")
    if question not in report.questions:
        known = ", ".join(report.questions)
        raise ValueError(f"there is no question {question!r}; there are {known}")
    most = sum(result.points for result in report.of(question))
    if points is not None and points > most:
        raise ValueError(f"{question} is worth {most} points, so {points} is too many")
