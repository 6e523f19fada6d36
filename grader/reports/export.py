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

from ..grading.store import PAGE, Entry, Store
from .file import Unwritable, replace_file
from .report import CLASS, STUDENTS, Files, Of

SOURCES = ("verdict.py", "grading/late.py", "reports/*.py", "templates/*.html", "words/*.toml")
"""What makes pages."""
PACKAGE = Path(__file__).parents[1]
SHORT = 16
"""Letters of a digest; nobody gains by two files that look the same."""

Stamp = tuple[str, int, int]
"""What a file was made of, its bytes, and its time of change in ns."""


class Export:
    """The files in a folder."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder.absolute()
        self._settings = [store.language, store.late_rule]
        self._new: dict[str, Stamp] = {}
        self._count = 0
        self._failed: Unwritable | None = None

    def write(self) -> int:
        """Bring all files up to date and return how many were not, since the beginning.

        Whatever can be written is. Raises Unwritable for the first file that cannot.
        """
        self._failed, everybody = None, hashlib.sha256()
        for entry in self.store.entries():
            everybody.update(self._made_of(entry).encode())
            self.write_student(entry)
        self._bring(self.folder, CLASS, self.store.reports(), everybody.hexdigest()[:SHORT])
        self._remember()
        if self._failed:
            raise self._failed
        return self._count

    def write_student(self, entry: Entry) -> None:
        """Bring the files of a student up to date; `write` tries again what cannot be written."""
        folder, made_of = self.folder / entry.student, self._made_of(entry)
        if entry.judgement is None or self._up_to_date(folder, STUDENTS, made_of):
            return
        if made := self.store.report(entry):
            self._bring(folder, STUDENTS, made, made_of)

    def _bring(self, folder: Path, files: Files[Of], of: Of, made_of: str) -> None:
        """Write all of these files unless they are up to date."""
        if self._up_to_date(folder, files, made_of):
            return
        written = []
        for name, make in files.items():
            try:
                replace_file(folder / name, make(of, self.store.language))
                written.append(folder / name)
            except Unwritable as error:
                self._failed = self._failed or error
        self._note(written, made_of)

    def _made_of(self, entry: Entry) -> str:
        """Return a digest of what a student's pages say: a judgement never changes."""
        decided = [(o.question, o.points, o.comment) for o in entry.overrides]
        said = [
            *self._settings, entry.student, os.fsencode(entry.path.name).hex(), entry.judgement,
            decided, entry.hours_late,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps([_recipe(), said]).encode()).hexdigest()[:SHORT]

    def _up_to_date(self, folder: Path, names: Iterable[str], made_of: str) -> bool:
        return all(
            (now := _stamp(path, made_of)) is not None
            and now == (self._new.get(str(path)) or self.store.file(str(path)))
            for path in (folder / name for name in names)
        )

    def _note(self, paths: Iterable[Path], made_of: str) -> None:
        new = {str(path): stamp for path in paths if (stamp := _stamp(path, made_of))}
        self._new |= new
        self._count += len(new)
        if len(self._new) >= PAGE:
            self._remember()

    def _remember(self) -> None:
        if self._new:
            self.store.wrote(self._new)
        self._new = {}


@cache
def _recipe() -> str:
    """Return a digest of the code that makes pages."""
    code = hashlib.sha256()
    for path in (path for files in SOURCES for path in sorted(PACKAGE.glob(files))):
        code.update(path.read_bytes())
    return code.hexdigest()


def _stamp(path: Path, made_of: str) -> Stamp | None:
    """Return the stamp of a file as it is, or None where there is none."""
    try:
        about = path.stat()
    except OSError:
        return None
    return made_of, about.st_size, about.st_mtime_ns
