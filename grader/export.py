"""The files that people get, as a function of the store alone: the same bytes at every call.

The pages of 1,000 students take 9 s to make. What they were made of is noted in the store, so that
a command that judges nothing writes nothing; a file that somebody has changed or deleted is made
anew.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from . import report
from .store import Entry, Store

STUDENTS = ("results.json", "feedback.html")
CLASS = ("grades.csv", "report.html")
PAGES = (
    "report", "verdict", "page", "clean", "results", "formats", "spreadsheet", "picture",
    "clusters", "words",
)  # fmt: skip
"""Modules that make them, beside the templates."""
HERE = Path(__file__).parent

Stamp = tuple[str, int, int]
"""What a file was made of, its bytes, and its time of change in ns."""


class Export:
    """The files in a folder."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder.absolute()
        self.language = store.language
        self._stamps = store.files()
        self._new: dict[str, Stamp] = {}

    def write(self) -> int:
        """Bring all files up to date and return how many were not."""
        entries = list(self.store.entries())
        self.write_students(entries)
        made_of = _digest([self.language, *map(_ingredients, entries)])
        paths = [self.folder / name for name in CLASS]
        if not self._up_to_date(paths, made_of):
            report.write_class(self.store.reports(), self.folder, self.language)
            self._note(paths, made_of)
        count, new = len(self._new), self._new
        if new:
            self.store.wrote(new)
            self._new = {}
        return count

    def write_students(self, entries: Iterable[Entry]) -> None:
        """Bring the files of these students up to date."""
        for entry in entries:
            paths = [self.folder / entry.student / name for name in STUDENTS]
            made_of = _digest([self.language, *_ingredients(entry)])
            if entry.judgement is None or self._up_to_date(paths, made_of):
                continue
            if made := self.store.report(entry):
                report.write(made, self.folder / entry.student, self.language)
                self._note(paths, made_of)

    def _up_to_date(self, paths: Iterable[Path], made_of: str) -> bool:
        stamps = {path: _stamp(path, made_of) for path in paths}
        return all(now is not None and now == self._stamps.get(str(p)) for p, now in stamps.items())

    def _note(self, paths: Iterable[Path], made_of: str) -> None:
        new = {str(path): stamp for path in paths if (stamp := _stamp(path, made_of))}
        self._new |= new
        self._stamps |= new


def _ingredients(entry: Entry) -> list[object]:
    """Return what a student's pages say, in short: a judgement never changes."""
    decided = [(o.question, o.points, o.comment) for o in entry.overrides]
    return [entry.student, os.fsencode(entry.path.name).hex(), entry.judgement, decided]


def _digest(ingredients: object) -> str:
    return hashlib.sha256(json.dumps([_recipe(), ingredients]).encode()).hexdigest()[:16]


@cache
def _recipe() -> str:
    """Return a digest of the code that makes pages."""
    code = hashlib.sha256()
    texts = *sorted(HERE.glob("templates/*.html")), *sorted(HERE.glob("words/*.toml"))
    for path in (*(HERE / f"{name}.py" for name in PAGES), *texts):
        code.update(path.read_bytes())
    return code.hexdigest()


def _stamp(path: Path, made_of: str) -> Stamp | None:
    """Return the stamp of a file as it is, or None where there is none."""
    try:
        about = path.stat()
    except OSError:
        return None
    return made_of, about.st_size, about.st_mtime_ns
