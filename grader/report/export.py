"""The files that people get: a function of the store alone, the same bytes at every call.

Making the pages of 1,000 students takes 9 s. The store remembers what each was made from, so a
command that judges nothing writes nothing; a file that was changed or deleted is written again.
"""

import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Container, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from ..files import Unwritable, replace_file
from ..model.language import speaker
from ..store.entry import Entry
from ..store.store import PAGE, Kept, Store
from .pages import CLASS, STUDENTS, Files, Of
from .roll import Roll
from .row import Row
from .whose import Whose

SOURCES = ("__init__.py", "model/*.py", "report/*.py", "templates/*.html", "languages/*.mo")
"""What makes pages."""
PACKAGE = Path(__file__).parents[1]
SHORT = 16
"""Letters of a digest; a collision helps nobody."""

Stamp = tuple[str, int, int]
"""What a file was made from, its size, and its modification time in ns."""
END = ("", "", b"")
"""After the last row; no id is empty."""


class Export:
    """The files in a folder."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder.absolute()
        settings = ("anonymous", "contact")
        self._settings = [store.language, store.late_rule, *map(store.setting, settings)]
        self._settings += [json.dumps(store.translations.of(store.language).words)]
        self._say = speaker(store.language)
        self.whose = Whose(store.setting("pages") or Whose.ALL)
        self._new: dict[str, Stamp] = {}
        self._rows: dict[str, Kept] = {}
        self._count = 0
        self._failed: Unwritable | None = None

    def write(self, students: Container[str] | None = None) -> int:
        """Bring all files up to date; return how many were not.

        Writes every file that can be written. With `students`, files of others are only written if
        what they are made from has changed. Raises Unwritable for the first failure.
        """
        self._remember()
        self._failed, everybody = None, hashlib.sha256(self.whose.encode())
        for entry, known, row in self._entries():
            made_of = self._made_of(entry)
            everybody.update(made_of.encode())
            if students is None or entry.student in students or made_of != known:
                self.write_student(entry, row if made_of == known else b"")
        self._remember()
        self._bring(self.folder, CLASS, self.roll(), everybody.hexdigest()[:SHORT])
        self._remember()
        if self._failed:
            raise self._failed
        return self._count

    def write_student(self, entry: Entry, row: bytes = b"") -> None:
        """Bring a student's files up to date; `write` retries what fails here.

        Stores the student's row as well, unless `row` is the one that stands.
        """
        folder, made_of = self.folder / entry.student, self._made_of(entry)
        if entry.record is None:
            self._keep((entry.student, "", b""))
            return
        written = self._up_to_date(folder, STUDENTS, made_of)
        if row and written and self.whose is Whose.ALL:
            return
        made = None if row else self.store.standing(entry)
        if made:
            row = Row.of(made, self._say).written()
            self._keep((entry.student, made_of, row))
        if not row:
            return
        if not self.whose.have(Row.read(row).outcome):
            self._take_away(folder)
        elif not written and (made := made or self.store.standing(entry)):
            self._bring(folder, STUDENTS, made, made_of)

    def roll(self, students: Container[str] | None = None) -> Roll:
        """Return the roll of all or of these students, as of the last writing."""
        noted = _Noted(self.store, students)
        return Roll(noted, self.store.by_student().__getitem__, self._say, self.whose)

    def _entries(self) -> Iterator[tuple[Entry, str, bytes]]:
        """Yield every submission, what its row was made from, and that row."""
        noted = self.store.roll()
        student, made_of, row = next(noted, END)
        for entry in self.store.entries():
            while student and student < entry.student:
                student, made_of, row = next(noted, END)
            yield entry, *((made_of, row) if student == entry.student else END[1:])

    def _bring(self, folder: Path, files: Files[Of], of: Of, made_of: str) -> None:
        """Write those of these files that are out of date."""
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

    def _take_away(self, folder: Path) -> None:
        """Delete a student's files: nobody would bring them up to date."""
        try:
            for name in STUDENTS:
                (folder / name).unlink(missing_ok=True)
            with contextlib.suppress(FileNotFoundError):
                folder.rmdir()
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):  # somebody's own file is there
                self._failed = self._failed or Unwritable(folder, error)

    def _made_of(self, entry: Entry) -> str:
        """Return a digest of what a student's pages say: a judgement never changes."""
        decided = [(o.question, o.points, o.comment) for o in entry.overrides]
        said = [
            *self._settings, entry.student, os.fsencode(entry.path.name).hex(), entry.record,
            decided, asdict(entry.arrival),
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

    def _keep(self, row: Kept) -> None:
        self._rows[row[0]] = row
        if len(self._rows) >= PAGE:
            self._remember()

    def _remember(self) -> None:
        if self._new or self._rows:
            self.store.wrote(self._new, self._rows.values())
        self._new, self._rows = {}, {}


@dataclass(frozen=True)
class _Noted:
    """Rows from the store; each iteration reads one at a time."""

    store: Store
    students: Container[str] | None

    def __iter__(self) -> Iterator[Row]:
        for student, _, said in self.store.roll():
            if said and (self.students is None or student in self.students):
                yield Row.read(said)


@cache
def _recipe() -> str:
    """Return a digest of the code that makes pages."""
    code = hashlib.sha256()
    for path in (path for files in SOURCES for path in sorted(PACKAGE.glob(files))):
        code.update(path.read_bytes())
    return code.hexdigest()


def _stamp(path: Path, made_of: str) -> Stamp | None:
    """Return the stamp of a file, or None if it does not exist."""
    try:
        about = path.stat()
    except OSError:
        return None
    return made_of, about.st_size, about.st_mtime_ns
