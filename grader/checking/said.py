"""All that an assignment says to students in its author's words, hidden checks included."""

from collections.abc import Iterator
from pathlib import Path

from ..course.assignment import Assignment
from ..course.sentences import Sentence, is_in_words, of_checks, of_students
from ..course.versions import CHECKS
from .entries import entries


def sentences(assignment: Assignment, folder: Path) -> dict[str, Sentence]:
    """Return the sentences of an assignment by their text, in the order in which it has them.

    Args:
        assignment: Its title and public checks.
        folder: Of its hidden checks and mistakes, where there are some.
    """
    found: dict[str, Sentence] = {}
    for one in _all(assignment, folder):
        found.setdefault(one.text, one)
    return found


def _all(assignment: Assignment, folder: Path) -> Iterator[Sentence]:
    yield from of_students(assignment)
    for path in sorted({path for pattern in CHECKS for path in folder.glob(pattern)}):
        yield from of_checks(path, path.read_text("utf-8"))
    if (mistakes := folder / "mistakes.toml").exists():
        tables = entries(mistakes)
        for line, entry in tables["mistake"]:
            if not entry.get("equivalent"):
                for text in (entry.get("sentence"), *entry.get("hints", ())):
                    if isinstance(text, str):  # what is not is refused where mistakes are made
                        yield Sentence(text, mistakes, line)
        for line, entry in tables["example"]:
            for name in entry.get("shows", ()):
                if isinstance(name, str) and is_in_words(name):
                    yield Sentence(name, mistakes, line)
