"""What has been judged, in one SQLite file: nothing that it has acknowledged is ever lost.

    submissions   who handed in which bytes; a later line of the same student takes its place
    judgements    one line each time that bytes were judged, with all that it followed from
    results       the checks of a judgement, each with the version of the check
    overrides     what people have decided; the last line on a student's question counts
    files         which files were written, and of what; a cache, see export.py
    standings     what the class's page says of each student; a cache, see reports/standing.py
    settings      how the class is asked for, see terms.py
    marks         moments to which `grader diff` goes back, see history.py

Nothing is overwritten, so that `grader diff` can say who moved and why. Several students who hand
in the same bytes share a judgement. A method that writes returns once all it wrote is on the disk.

Texts that a student may have written are JSON: a lone surrogate, which notebooks can hold, is no
UTF-8, and SQLite would refuse it.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from .. import __version__
from ..course.versions import Versions, torch_version
from ..model.language import DEFAULT
from ..model.limits import Limits
from ..model.result import Result, Status
from ..model.verdict import Override, Report, whole
from .as_json import tuples
from .database import Database

NAME = "grades.sqlite"
PAGE = 200
"""Students whose submissions are read, or written, at a time."""
SAID = ("title", "sha256", "questions", "notes", "problem", "uses", "output", "seconds")
RESULT_SAID = (
    "sentence", "message", "traceback", "error", "waits_for", "refused", "detail", "public",
    "mistake", "hypothesis", "notes", "picture", "counted",
)  # fmt: skip


@dataclass(frozen=True)
class Judgement:
    """What was found about some bytes, without who handed them in."""

    number: int
    """Later ones are greater."""
    plan: str
    versions: tuple[str, ...]
    """Of the check of each result."""
    report: Report


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
    """sha256 of the bytes; of a file that was refused, why."""
    judgement: int | None
    overrides: tuple[Override, ...] = ()
    hours_late: float | None = 0.0
    """After the deadline; None keeps what was known of these bytes."""
    handed_in: float | None = None
    """In seconds since 1970, as far as the platform says; None keeps what was known."""


@dataclass(frozen=True)
class Reports:
    """Every student's Report, in the order of the ids; each walk reads them one at a time."""

    store: "Store"

    def __iter__(self) -> Iterator[Report]:
        store = self.store
        return (report for entry in store.entries() if (report := store.report(entry)))


@dataclass(frozen=True)
class ByStudent(Mapping[str, Report]):
    """The Reports of those whose submission is judged, by their ids."""

    store: "Store"

    def __getitem__(self, student: str) -> Report:
        entry = self.store.entry(student)
        if entry is None or (report := self.store.report(entry)) is None:
            raise KeyError(student)
        return report

    def __iter__(self) -> Iterator[str]:
        return (entry.student for entry in self.store.entries() if entry.judgement is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


Kept = tuple[str, str, bytes]
"""A student, what their standing was made of, and the standing; see reports/standing.py."""
Decided = dict[str, tuple[Override, ...]]
"""Decisions by student."""
FOREVER = (1 << 62, 1 << 62, 1 << 62)
CURRENT = """
    SELECT student, path, digest, (
        SELECT max(id) FROM judgements
        WHERE judgements.digest = submissions.digest AND judgements.id <= :judgement
    ), hours_late, handed_in
    FROM submissions
    WHERE id = (
        SELECT max(id) FROM submissions AS s
        WHERE s.student = submissions.student AND s.id <= :submission
    )
"""
"""What counts of everybody, with its judgement; the fields of an Entry but for decisions."""


class Store(Database):
    """The store of one assignment."""

    until: Moment | None = None
    """Where only what was there at a moment is seen, see history.py."""

    @property
    def assignment(self) -> str:
        """Name of the assignment, or empty while nothing is judged."""
        rows = self.db.execute("SELECT assignment FROM judgements LIMIT 1").fetchone()
        return rows[0] if rows else ""

    @property
    def late_rule(self) -> str:
        """What a hand-in after the deadline costs, see late.py; empty where it costs nothing."""
        return self.until.late if self.until else self.setting("late")

    @late_rule.setter
    def late_rule(self, rule: str) -> None:
        self.set("late", rule)

    @property
    def language(self) -> str:
        """What pages and the terminal speak."""
        return self.setting("language", DEFAULT)

    @language.setter
    def language(self, language: str) -> None:
        self.set("language", language)

    def setting(self, name: str, otherwise: str = "") -> str:
        """Return what is remembered under a name."""
        row = self.db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return row[0] if row else otherwise

    def set(self, name: str, value: str) -> None:
        """Remember a value under a name, where that is new."""
        if value == self.setting(name):
            return
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def hand_in(self, entries: Iterable[Entry]) -> None:
        """Note who has handed in what, where that is new; a page of them in a transaction."""
        coming = iter(entries)
        before = "SELECT {} FROM submissions WHERE student = ?1 {} ORDER BY id DESC LIMIT 1"
        late, moment = (
            f"coalesce({given}, ({before.format(name, 'AND digest = ?3')}){otherwise})"
            for given, name, otherwise in (("?4", "hours_late", ", 0"), ("?5", "handed_in", ""))
        )
        latest = before.format("path, digest, hours_late, handed_in", "")
        query = (
            "INSERT INTO submissions (student, path, digest, hours_late, handed_in)"
            f" SELECT ?1, ?2, ?3, {late}, {moment}"
            f" WHERE (?2, ?3, {late}, {moment}) IS NOT ({latest})"
        )
        while page := list(islice(coming, PAGE)):
            with self.transaction() as db:
                db.executemany(
                    query,
                    [
                        (e.student, os.fsencode(e.path), e.digest, e.hours_late, e.handed_in)
                        for e in page
                    ],
                )

    def record(
        self, digest: str, report: Report, versions: Versions, limits: Limits, seed: bytes
    ) -> None:
        """Keep a Report of these bytes. Once this returns, no crash or power cut can lose it."""
        said = {name: getattr(report, name) for name in SAID}
        judgement = (
            report.assignment, digest, versions.plan, seed.hex(), json.dumps(asdict(limits)),
            json.dumps(report.layers), __version__, torch_version(),
            json.dumps(said, default=asdict),
        )  # fmt: skip
        with self.transaction() as db:
            number = db.execute(
                "INSERT INTO judgements (assignment, digest, plan, seed, limits, layers, grader,"
                " torch, said) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                judgement,
            ).lastrowid
            db.executemany(
                "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        number, place, r.check, versions.of(r.check), r.question, r.status,
                        r.points, r.seconds,
                        json.dumps({n: getattr(r, n) for n in RESULT_SAID}, default=asdict),
                    )
                    for place, r in enumerate(report.results)
                ),
            )  # fmt: skip

    def entries(self, digest: str | None = None) -> Iterator[Entry]:
        """Yield the current submissions, or those of these bytes, in the order of the ids.

        They are read page by page, so that a large class takes no memory and what is done with one
        may write.
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
        """Return the moment that has come."""
        tables = ("submissions", "judgements", "overrides")
        maxima = ", ".join(f"(SELECT coalesce(max(id), 0) FROM {table})" for table in tables)
        submission, judgement, override = self.db.execute(f"SELECT {maxima}").fetchone()
        return Moment(submission, judgement, override, self.late_rule)

    def _seen(self) -> dict[str, int | str | None]:
        """Return the last line of each table that is seen."""
        moment = self.until or FOREVER
        return dict(zip(("submission", "judgement", "override"), moment, strict=False))

    def latest(self, digest: str) -> Judgement | None:
        """Return the last judgement of these bytes."""
        (number,) = self.db.execute(
            "SELECT max(id) FROM judgements WHERE digest = ?", (digest,)
        ).fetchone()
        return None if number is None else self.judgement(number)

    def settled(self, digest: str, plan: str, *, unsafe: bool) -> bool:
        """Whether the last judgement of these bytes followed this plan and needs no second try."""
        row = self.db.execute(
            "SELECT plan, layers, EXISTS"
            " (SELECT 1 FROM results WHERE judgement = id AND status = ?)"
            " FROM judgements WHERE digest = ? ORDER BY id DESC LIMIT 1",
            (Status.GRADER_ERROR, digest),
        ).fetchone()
        if row is None:
            return False
        followed, layers, fault = row
        return followed == plan and not fault and (unsafe or "UNSANDBOXED" not in layers)

    def report(self, entry: Entry) -> Report | None:
        """Rebuild a student's Report, or return None while there is no judgement."""
        if entry.judgement is None:
            return None
        return replace(
            self.judgement(entry.judgement).report,
            student=entry.student, file=entry.path.name, overrides=entry.overrides,
            hours_late=entry.hours_late or 0.0, late_rule=self.late_rule,
        )  # fmt: skip

    def by_student(self) -> Mapping[str, Report]:
        """Return everybody's Report by their id; each is read when it is asked for."""
        return ByStudent(self)

    def reports(self) -> "Reports":
        """Return the Report of every student whose submission is judged."""
        return Reports(self)

    def override(self, decisions: Iterable[tuple[str, Override]]) -> None:
        """Note what a person has decided about students' questions."""
        with self.transaction() as db:
            db.executemany(
                "INSERT INTO overrides (student, question, points, comment) VALUES (?, ?, ?, ?)",
                ((s, o.question, o.points, json.dumps(o.comment)) for s, o in decisions),
            )

    def file(self, path: str) -> tuple[str, int, int] | None:
        """Return what a file was made of, its size and its time of change in ns."""
        query = "SELECT made_of, bytes, mtime FROM files WHERE path = ?"
        row: tuple[str, int, int] | None = self.db.execute(query, (path,)).fetchone()
        return row

    def wrote(
        self, files: Mapping[str, tuple[str, int, int]], standings: Iterable[Kept] = ()
    ) -> None:
        """Note which files were written, and how students stand."""
        with self.transaction() as db:
            rows = ((path, *row) for path, row in files.items())
            db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", rows)
            db.executemany("INSERT OR REPLACE INTO standings VALUES (?, ?, ?)", standings)

    def standings(self) -> Iterator[Kept]:
        """Yield what was noted of how students stand, in the order of the ids, page by page."""
        query = f"SELECT * FROM standings WHERE student > ? ORDER BY student LIMIT {PAGE}"
        student = ""
        while rows := self.db.execute(query, (student,)).fetchall():
            yield from rows
            student = rows[-1][0]

    def judgement(self, number: int) -> Judgement:
        """Return the judgement of this number."""
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
        report = Report(
            assignment=assignment, student="", file="", results=tuple(results),
            layers=tuple(json.loads(layers)), **tuples(json.loads(said)),
        )  # fmt: skip
        return Judgement(number, plan, tuple(version for version, *_ in rows), report)

    def _overrides(self) -> Decided:
        """Return the decisions in force; one without points and comment lifts an earlier one."""
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


def _entry(row: tuple[str, bytes, str, int | None, float, float | None], decided: Decided) -> Entry:
    """Return a line of CURRENT with what people have decided."""
    student, path, digest, judgement, hours, moment = row
    given = decided.get(student, ())
    return Entry(student, Path(os.fsdecode(path)), digest, judgement, given, hours, moment)
