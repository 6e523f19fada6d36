"""All judgements of an assignment, in one SQLite file: what it has acknowledged is never lost.

    submissions   who handed in which bytes and how; a later line of a student takes its place
    judgements    one line each time that bytes were judged, with everything it followed from
    results       the checks of a judgement, each with the version of the check
    overrides     manual grades; the last line on a student's question counts, see act.py
    files         which files were written, and from what; a cache, see export.py
    roll          what the class's page says of each student; a cache, see report/roll.py
    settings      deadline, roster and the like, see terms.py
    marks         moments to which `grader diff` goes back, see history.py

Nothing is overwritten, so that `grader diff` can say who moved and why. Several students who hand
in the same bytes share a judgement. A method that writes returns once all it wrote is on the disk.

Texts that a student may have written are JSON: a lone surrogate, which notebooks can hold, is not
UTF-8, and SQLite would refuse it.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from .. import __version__
from ..course.versions import Versions, torch_version
from ..intake.walk import RESULTS
from ..model.judgement import UNSANDBOXED, Judgement
from ..model.language import DEFAULT
from ..model.limits import Limits
from ..model.result import Result, Status
from ..model.standing import UNKNOWN, Arrival, Override, Standing, whole
from ..model.translation import Translations
from .act import decide
from .as_json import tuples
from .database import Database

NAME = RESULTS
PAGE = 200
"""Students per page of reading or writing."""
COLUMNS = {"assignment", "results", "layers"}
SAID = tuple(field.name for field in fields(Judgement) if field.name not in COLUMNS)
RESULT_COLUMNS = {"check", "question", "status", "points", "seconds"}
RESULT_SAID = tuple(field.name for field in fields(Result) if field.name not in RESULT_COLUMNS)
"""What has no column of its own, and is kept as JSON."""


@dataclass(frozen=True)
class Record:
    """A Judgement as it is kept."""

    number: int
    """Later ones are greater."""
    plan: str
    versions: tuple[str, ...]
    """Of the check of each result."""
    judgement: Judgement


class Moment(NamedTuple):
    """A moment in a store's history: the last line of each table then, and the late rule."""

    submission: int
    judgement: int
    override: int
    late: str


@dataclass(frozen=True)
class Entry:
    """A student's current submission."""

    student: str
    path: Path
    digest: str
    """sha256 of the bytes; of a refused file, the reason."""
    arrival: Arrival = UNKNOWN
    """What is not known here is kept as it was known of these bytes."""
    record: int | None = None
    """Number of the latest record of these bytes."""
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True)
class Standings:
    """Everybody's Standing, in the order of the ids; each walk reads them one at a time."""

    store: "Store"

    def __iter__(self) -> Iterator[Standing]:
        store = self.store
        return (found for entry in store.entries() if (found := store.standing(entry)))


@dataclass(frozen=True)
class ByStudent(Mapping[str, Standing]):
    """The Standings of those whose submission is judged, by their ids."""

    store: "Store"

    def __getitem__(self, student: str) -> Standing:
        entry = self.store.entry(student)
        if entry is None or (found := self.store.standing(entry)) is None:
            raise KeyError(student)
        return found

    def __iter__(self) -> Iterator[str]:
        return (entry.student for entry in self.store.entries() if entry.record is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


Kept = tuple[str, str, bytes]
"""A student, what their row of the roll was made of, and the row; see report/roll.py."""
Decided = dict[str, tuple[Override, ...]]
"""Decisions by student."""
FOREVER = (1 << 62, 1 << 62, 1 << 62)
CURRENT = """
    SELECT student, path, digest, arrival, (
        SELECT max(id) FROM judgements
        WHERE judgements.digest = submissions.digest AND judgements.id <= :judgement
    )
    FROM submissions
    WHERE id = (
        SELECT max(id) FROM submissions AS s
        WHERE s.student = submissions.student AND s.id <= :submission
    )
"""
"""What counts of everybody, with its record; the fields of an Entry but for decisions."""


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
                    _note(db, entry)

    def record(
        self, digest: str, judgement: Judgement, versions: Versions, limits: Limits, seed: bytes
    ) -> None:
        """Keep a Judgement of these bytes: no crash or power cut can lose it once this returns."""
        said = {name: getattr(judgement, name) for name in SAID}
        row = (
            judgement.assignment, digest, versions.plan, seed.hex(), json.dumps(asdict(limits)),
            json.dumps(judgement.layers), __version__, torch_version(),
            json.dumps(said, default=asdict),
        )  # fmt: skip
        with self.transaction() as db:
            number = db.execute(
                "INSERT INTO judgements (assignment, digest, plan, seed, limits, layers, grader,"
                " torch, said) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            ).lastrowid
            db.executemany(
                "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        number, place, r.check, versions.of(r.check), r.question, r.status,
                        r.points, r.seconds,
                        json.dumps({n: getattr(r, n) for n in RESULT_SAID}, default=asdict),
                    )
                    for place, r in enumerate(judgement.results)
                ),
            )  # fmt: skip

    def entries(self, digest: str | None = None) -> Iterator[Entry]:
        """Yield the current submissions, or those of these bytes, in the order of the ids.

        They are read page by page, so that a large class takes no memory and the caller may
        write in between.
        """
        which = "" if digest is None else "AND digest = :digest"
        query = f"{CURRENT} AND student > :student {which} ORDER BY student LIMIT {PAGE}"
        asked = {**self._seen(), "digest": digest, "student": ""}
        decided = self._overrides()
        while rows := self.db.execute(query, asked).fetchall():
            for row in rows:
                yield _entry(row, decided)
            asked["student"] = rows[-1][0]

    def entry(self, student: str) -> Entry | None:
        """Return a student's current submission, if there is one."""
        asked = {**self._seen(), "student": student}
        row = self.db.execute(f"{CURRENT} AND student = :student", asked).fetchone()
        return _entry(row, self._overrides()) if row else None

    def now(self) -> Moment:
        """Return the present moment."""
        tables = ("submissions", "judgements", "overrides")
        maxima = ", ".join(f"(SELECT coalesce(max(id), 0) FROM {table})" for table in tables)
        submission, judgement, override = self.db.execute(f"SELECT {maxima}").fetchone()
        return Moment(submission, judgement, override, self.late_rule)

    def _seen(self) -> dict[str, int | str | None]:
        """Return the last visible line of each table."""
        moment = self.until or FOREVER
        return dict(zip(("submission", "judgement", "override"), moment, strict=False))

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
        db = self.db
        assignment, plan, layers, said = db.execute(
            "SELECT assignment, plan, layers, said FROM judgements WHERE id = ?", (number,)
        ).fetchone()
        rows = db.execute(
            'SELECT version, "check", question, status, points, seconds, said FROM results'
            " WHERE judgement = ? ORDER BY place",
            (number,),
        ).fetchall()
        said_of = json.loads(f"[{','.join(row[-1] for row in rows)}]")  # at once: half the time
        results = (
            Result(
                check=check, question=question, status=Status(status), points=points,
                seconds=seconds, **tuples(fields),
            )
            for (_, check, question, status, points, seconds, _), fields in zip(
                rows, said_of, strict=True
            )
        )  # fmt: skip
        judgement = Judgement(
            assignment=assignment, results=tuple(results), layers=tuple(json.loads(layers)),
            **tuples(json.loads(said)),
        )  # fmt: skip
        return Record(number, plan, tuple(version for version, *_ in rows), judgement)

    def _overrides(self) -> Decided:
        """Return the current decisions; one without points and comment removes an earlier one."""
        rows = self.db.execute(
            "SELECT student, question, points, comment FROM overrides WHERE id IN"
            " (SELECT max(id) FROM overrides WHERE id <= :override GROUP BY student, question)"
            " ORDER BY student, id",
            self._seen(),
        )
        found: Decided = {}
        for student, question, points, comment in rows:
            given = None if points is None else whole(points)
            made = Override(question, given, json.loads(comment))
            if made != Override(question):
                found[student] = (*found.get(student, ()), made)
        return found


def _note(db: sqlite3.Connection, entry: Entry) -> None:
    """Store a submission unless it is nothing new."""
    query = "SELECT path, digest, arrival FROM submissions WHERE student = ? {} ORDER BY id DESC"
    latest = db.execute(query.format(""), (entry.student,)).fetchone()
    same = db.execute(query.format("AND digest = ?"), (entry.student, entry.digest)).fetchone()
    known = {name: fact for name, fact in asdict(entry.arrival).items() if fact is not None}
    arrival = (json.loads(same[2]) if same else {}) | known
    row = (os.fsencode(entry.path), entry.digest, json.dumps(arrival, sort_keys=True))
    if row != latest:
        db.execute(
            "INSERT INTO submissions (student, path, digest, arrival) VALUES (?, ?, ?, ?)",
            (entry.student, *row),
        )


def _entry(row: tuple[str, bytes, str, str, int | None], decided: Decided) -> Entry:
    """Return a line of CURRENT with what people have decided."""
    student, path, digest, arrival, record = row
    came = Arrival(**json.loads(arrival))
    return Entry(student, Path(os.fsdecode(path)), digest, came, record, decided.get(student, ()))
