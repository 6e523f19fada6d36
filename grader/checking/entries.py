"""The tables of mistakes.toml, each with the line on which it begins."""

import re
import tomllib
from pathlib import Path
from typing import Any

from ..course.settings import AssignmentError

KINDS = ("mistake", "example")
HEAD = re.compile(r"\s*\[\[\s*(\w+)\s*\]\]")
REMEDY = "Write one [[mistake]] or [[example]] after the other, each on a line of its own, in UTF-8"

Entries = dict[str, list[tuple[int, dict[str, Any]]]]
"""Of each kind, line and fields of each table."""


def entries(path: Path) -> Entries:
    """Read a mistakes.toml. Raises AssignmentError, and OSError for a missing file."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8")
        tables = tomllib.loads(text)
    except ValueError as error:  # not UTF-8, or not TOML
        at = re.search(r"line (\d+)", str(error))  # absent when it says "at end of document"
        line = int(at[1]) if at else data.count(b"\n") + 1
        raise AssignmentError(path, line, f"this cannot be read: {error}", REMEDY) from None
    lines: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for number, line_of_text in enumerate(text.split("\n"), 1):
        if (head := HEAD.match(line_of_text)) and head[1] in lines:
            lines[head[1]].append(number)
    found = {kind: tables.pop(kind, []) for kind in KINDS}
    if tables:
        other = next(iter(tables))
        at = re.search(rf"(?m)^\s*\[*\s*[\"']?{re.escape(other)}\b", text)
        line = text.count("\n", 0, at.end()) + 1 if at else 1
        raise AssignmentError(path, line, f"{other} is neither a mistake nor an example", REMEDY)
    for kind, those in found.items():
        if not isinstance(those, list) or len(those) != len(lines[kind]):
            at = re.search(rf"(?m)^\s*\[?\s*{kind}\b", text)
            line = text.count("\n", 0, at.end()) + 1 if at else 1
            raise AssignmentError(path, line, f"this is not a list: [[{kind}]] is", REMEDY)
    return {kind: list(zip(lines[kind], found[kind], strict=True)) for kind in KINDS}
