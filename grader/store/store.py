"""All judgements of an assignment, in one SQLite file: what it has acknowledged is never lost.

    submissions   who handed in which bytes and how; a later line of a student takes its place
    judgements    one line each time that bytes were judged, with everything it followed from
    results       the checks of a judgement, each with the version of the check
    overrides     manual grades; the last line on a student's question counts, see act.py
    files         which files were written, and from what; a cache, see export.py
    roll          what the class's page says of each student; a cache, see report/row.py
    settings      deadline, roster and the like, see terms.py
    marks         moments to which `grader diff` goes back, see history.py

Nothing is overwritten, so that `grader diff` can say who moved and why. Several students who hand
in the same bytes share a judgement. A method that writes returns once all it wrote is on the disk.

Texts that a student may have written are JSON: a lone surrogate, which notebooks can hold, is not
UTF-8, and SQLite would refuse it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from ..course.versions import Versions
from ..intake.walk import RESULTS
from ..model.judgement import UNSANDBOXED, Judgement
from ..model.language import DEFAULT
from ..model.limits import Limits
from ..model.result import Status
from ..model.standing import Override, Standing
from ..model.translation import Translations
from .act import FOREVER, Decided, decide, in_force
from .database import Database
from .entry import CURRENT, Entry
from .record import Record, keep
from .standings import ByStudent, Standings

NAME = RESULTS
PAGE = 200
"""Students per page of reading or writing."""


class Moment(NamedTuple):
    """A moment in a store's history: the last line of each table then, and the late rule."""

    submission: int
    judgement: int
    override: int
    late: str


Kept = tuple[str, str, bytes]
"""A student, what their row of the roll was made of, and the row; see report/row.py."""


class Store(Database):
    """The store of one assignment."""

    until: Moment | None = None
    """The moment as of which the store is seen, see history.py."""

    @property
    def assignment(self) -> str:
        """Name of the assignment, or empty before the first judgement."""
        rows = self.db.execute("SELECT assignment FROM judgements LIMIT 1").fetchone()
        return rows[0] if rows else ""

    @property
    def late_rule(self) -> str:
        """What lateness costs, see late.py; empty if nothing."""
        return self.until.late if self.until else self.setting("late")

    @late_rule.setter
    def late_rule(self, rule: str) -> None:
        self.set("late", rule)

    @property
    def language(self) -> str:
        """Language of pages and terminal."""
        return self.setting("language", DEFAULT)

    @language.setter
    def language(self, language: str) -> None:
        self.set("language", language)

    @property
    def translations(self) -> Translations:
        """The author's sentences in other languages, as the course had them last."""
        return Translations.read(self.setting("translations"))

    @translations.setter
    def translations(self, translations: Translations) -> None:
        self.set("translations", translations.written())

    @property
    def anonymous(self) -> bool:
        """Whether names are left out of everything that people read."""
        return bool(self.setting("anonymous"))

    def setting(self, name: str, otherwise: str = "") -> str:
        """Return the value of a setting."""
        row = self.db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return row[0] if row else otherwise

    def set(self, name: str, value: str) -> None:
        """Store a setting, if it is new."""
        if value == self.setting(name):
            return
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def hand_in(self, entries: Iterable[Entry]) -> None:
        """Store who submitted what, if it is new; one page per transaction."""
        coming = iter(entries)
        while page := list(islice(coming, PAGE)):
            with self.transaction() as db:
                for entry in page:
                    entry.note(db)

    def record(
        self, digest: str, judgement: Judgement, versions: Versions, limits: Limits, seed: bytes
    ) -> None:
        """Keep a Judgement of these bytes: no crash or power cut can lose it once this returns."""
        with self.transaction() as db:
            keep(db, digest, judgement, versions, limits, seed)

    def entries(self, digest: str | None = None) -> Iterator[Entry]:
        """Yield the current submissions, or those of these bytes, in the order of the ids.

        They are read page by page, so that a large class takes no memory and the caller may
        write in between.
        """
        which = "" if digest is None else "AND digest = :digest"
        query = f"{CURRENT} AND student > :student {which} ORDER BY student LIMIT {PAGE}"
        asked = {**self._seen(), "digest": digest, "student": ""}
        everything = self._decided() if digest is None else None
        while rows := self.db.execute(query, asked).fetchall():
            for row in rows:
                decided = self._decided(row[0]) if everything is None else everything
                yield Entry.read(row, decided)
            asked["student"] = rows[-1][0]

    def entry(self, student: str) -> Entry | None:
        """Return a student's current submission, if there is one."""
        asked = {**self._seen(), "student": student}
        row = self.db.execute(f"{CURRENT} AND student = :student", asked).fetchone()
        return Entry.read(row, self._decided(student)) if row else None

    def now(self) -> Moment:
        """Return the present moment."""
        tables = ("submissions", "judgements", "overrides")
        maxima = ", ".join(f"(SELECT coalesce(max(id), 0) FROM {table})" for table in tables)
        submission, judgement, override = self.db.execute(f"SELECT {maxima}").fetchone()
        return Moment(submission, judgement, override, self.late_rule)

    def _seen(self) -> dict[str, int | str | None]:
        """Return the last lines that are visible."""
        moment = self.until or Moment(FOREVER, FOREVER, FOREVER, "")
        return {"submission": moment.submission, "judgement": moment.judgement}

    def _decided(self, student: str | None = None) -> Decided:
        """Return the decisions that count at the moment as of which the store is seen."""
        return in_force(self.db, self.until.override if self.until else FOREVER, student)

    def latest(self, digest: str) -> Record | None:
        """Return the last record of these bytes."""
        (number,) = self.db.execute(
            "SELECT max(id) FROM judgements WHERE digest = ?", (digest,)
        ).fetchone()
        return None if number is None else self.read(number)

    def settled(self, digest: str, plan: str, *, unsafe: bool) -> bool:
        """Whether the last judgement of these bytes followed this plan and needs no retry."""
        row = self.db.execute(
            "SELECT plan, layers, EXISTS"
            " (SELECT 1 FROM results WHERE judgement = id AND status = ?)"
            " FROM judgements WHERE digest = ? ORDER BY id DESC LIMIT 1",
            (Status.GRADER_ERROR, digest),
        ).fetchone()
        if row is None:
            return False
        followed, layers, fault = row
        return followed == plan and not fault and (unsafe or UNSANDBOXED not in layers)

    def standing(self, entry: Entry) -> Standing | None:
        """Return where a student stands, or None while nothing is judged."""
        if entry.record is None:
            return None
        judgement = self.read(entry.record).judgement
        arrival = replace(entry.arrival, name=None) if self.anonymous else entry.arrival
        return Standing(
            entry.student, entry.path.name, judgement, entry.overrides, arrival,
            self.late_rule, self.setting("contact"), self.translations,
        )  # fmt: skip

    def by_student(self) -> Mapping[str, Standing]:
        """Return everybody's Standing by their id; each is read when it is asked for."""
        return ByStudent(self)

    def standings(self) -> Standings:
        """Return the Standing of every student whose submission is judged."""
        return Standings(self)

    def override(self, decisions: Iterable[tuple[str, Override]], who: str = "") -> None:
        """Store manual grades."""
        decide(self, decisions, who)

    def file(self, path: str) -> tuple[str, int, int] | None:
        """Return the digest a file was made from, its size and its modification time in ns."""
        query = "SELECT made_of, bytes, mtime FROM files WHERE path = ?"
        row: tuple[str, int, int] | None = self.db.execute(query, (path,)).fetchone()
        return row

    def wrote(self, files: Mapping[str, tuple[str, int, int]], rows: Iterable[Kept] = ()) -> None:
        """Note which files were written, and the rows of the roll."""
        with self.transaction() as db:
            of_files = ((path, *stamp) for path, stamp in files.items())
            db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", of_files)
            db.executemany("INSERT OR REPLACE INTO roll VALUES (?, ?, ?)", rows)

    def roll(self) -> Iterator[Kept]:
        """Yield the rows of the roll as they were noted, in the order of the ids, page by page."""
        query = f"SELECT * FROM roll WHERE student > ? ORDER BY student LIMIT {PAGE}"
        student = ""
        while rows := self.db.execute(query, (student,)).fetchall():
            yield from rows
            student = rows[-1][0]

    def read(self, number: int) -> Record:
        """Return the record of this number."""
        return Record.read(self.db, number)
