"""The settings block of an assignment: TOML under [tool.grader] in a PEP 723 comment."""

import difflib
import math
import re
import tomllib
from pathlib import Path
from typing import Any

from ..model.errors import GraderError
from ..model.language import LANGUAGES

BLOCK = re.compile(r"(?m)^# /// script$\s(?P<toml>(^#(| .*)$\s)+)^# ///$")  # from PEP 723

SETTINGS = {
    "title": 'a text, like "Attention"',
    "language": f"one of {', '.join(LANGUAGES)}",
    "forbid": 'a list of dotted names, like ["torch.nn.LSTM"], or one for each question',
    "limits": "a table, like {seconds = 10.0}",
    "visibility": "visible, hidden, after_due_date or after_published, for all or for each check",
    "learns": 'a sentence on what one learns, like "Why scores are divided by √d."',
    "hours": "a positive number, like 3 or 2.5",
    "level": "1 for the first steps, 2, 3, or 4 for a capstone",
    "builds_on": 'a list of other files in solutions/, like ["rnn"]',
}
LIMITS = {
    "seconds": 'a positive number, like 10.0, or one for each question and "*" for all others',
    "memory_mb": "a positive whole number, like 2048",
    "total_seconds": "a positive number, like 200.0",
}
LEVELS = range(1, 5)
"""How much an assignment asks of students."""
SHOWN = ("visible", "hidden", "after_due_date", "after_published")
"""When Gradescope shows students the result of a test."""


class AssignmentError(GraderError):
    """The author's file cannot be used; the message names line, error and remedy."""

    def __init__(self, path: Path, line: int, what: str, remedy: str) -> None:
        """Point at a line of the author's file, counted from 1."""
        super().__init__(f"{path}:{line}: {what}.", f"{remedy}.")


def read_text(path: Path) -> str:
    """Return the text of a solution. Raises AssignmentError, and OSError for a missing file."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise AssignmentError(path, line, "this is not UTF-8", "Save it as UTF-8") from None


def read_settings(path: Path, text: str) -> dict[str, Any]:
    """Return the table [tool.grader]: known keys with values of the right type, all optional.

    Raises AssignmentError.
    """
    if not (block := BLOCK.search(text)):
        remedy = "Put [tool.grader] between the lines '# /// script' and '# ///', as comments"
        raise AssignmentError(path, 1, "there is no settings block", remedy)
    first = text.count("\n", 0, block.start("toml")) + 1
    toml = _toml(block)
    try:
        table = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at ")
        at = re.match(r"line (\d+)", where)  # absent if it says "at end of document"
        line = first + (int(at[1]) - 1 if at else toml.count("\n"))
        remedy = 'Settings are TOML, like title = "Attention"'
        raise AssignmentError(path, line, f"the settings cannot be read: {what}", remedy) from None
    match table:
        case {"tool": {"grader": dict(settings)}}:
            pass
        case _:
            remedy = "Add the line '# [tool.grader]' and the settings below it"
            raise AssignmentError(path, first - 1, "the block has no [tool.grader]", remedy)
    for key, value in settings.items():
        _refuse_unfit(path, first + _row(toml, key), key, value, SETTINGS)
    for key, value in settings.get("limits", {}).items():
        _refuse_unfit(path, first + _row(toml, key), key, value, LIMITS)
    return settings


def read_metadata(path: Path) -> dict[str, Any]:
    """Return the settings block of a solution that has been read: requires-python, dependencies."""
    block = BLOCK.search(path.read_text("utf-8-sig"))
    return tomllib.loads(_toml(block)) if block else {}


def _toml(block: re.Match[str]) -> str:
    return "\n".join(line[2:] for line in block["toml"].splitlines())


def _refuse_unfit(path: Path, line: int, key: str, value: object, known: dict[str, str]) -> None:
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        remedy = f"Perhaps {near[0]} is meant" if near else f"There are {', '.join(known)}"
        raise AssignmentError(path, line, f"there is no setting {key}", remedy)
    if not _fits(key, value):
        raise AssignmentError(path, line, f"{key} cannot be {value!r}", f"It is {known[key]}")


def _fits(key: str, value: object) -> bool:
    match key, value:
        case _, bool():  # which is a number in Python
            return False
        case ("title" | "learns", str()) | ("limits", dict()):
            return True
        case "language", str(language):
            return language in LANGUAGES
        case "builds_on", list(names):
            return all(isinstance(name, str) and name.isidentifier() for name in names)
        case "level", int(number):
            return number in LEVELS
        case "forbid", list(names):
            return all(isinstance(n, str) and _is_dotted_name(n) for n in names)
        case "forbid", dict(questions):
            return all(isinstance(n, list) and _fits(key, n) for n in questions.values())
        case "visibility", str(level):
            return level in SHOWN
        case "visibility", dict(checks):
            return all(level in SHOWN for level in checks.values())
        case "seconds", dict(questions):
            return all(_fits(key, n) and not isinstance(n, dict) for n in questions.values())
        case ("hours" | "seconds" | "total_seconds", int(number) | float(number)) | (
            "memory_mb",
            int(number),
        ):
            return 0 < number < math.inf
    return False


def _is_dotted_name(name: str) -> bool:
    """Whether it is one; it may end with a star, which means all names that begin so."""
    *path, leaf = name.split(".")
    leaf = leaf.removesuffix("*") or ("a" if path else "")
    return all(part.isidentifier() for part in (*path, leaf))


def _row(toml: str, key: str) -> int:
    """Return how many lines are above the key, or 0 if it is spelled in an unusual way."""
    start = max(0, toml.find("tool.grader"))
    at = re.compile(rf"\b{re.escape(key)}\b\s*[=\]]").search(toml, start)
    return toml.count("\n", 0, at.start()) if at else 0
