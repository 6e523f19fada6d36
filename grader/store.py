"""What has been judged, in one SQLite file: nothing that it has acknowledged is ever lost.

    submissions   who handed in which bytes; a later line of the same student takes its place
    judgements    one line each time that bytes were judged, with all that it followed from
    results       the checks of a judgement, each with the version of the check
    overrides     what people have decided; the last line on a student's question counts
    files         which files were written, and of what; a cache, see export.py
    settings      the language of pages and the terminal

Nothing is overwritten, so that `grader diff` can say who moved and why. Several students who hand
in the same bytes share a judgement. A method that writes returns once all it wrote is on the disk.

Texts that a student may have written are JSON: a lone surrogate, which notebooks can hold, is no
UTF-8, and SQLite would refuse it.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from . import __version__
from .database import Database
from .limits import Limits
from .picture import read as read_picture
from .verdict import Override, Report, Result, Status, whole
from .versions import Versions, torch_version
from .words import DEFAULT

NAME = "grades.sqlite"
SAID = ("title", "sha256", "questions", "notes", "problem", "uses", "output", "seconds")
RESULT_SAID = (
    "sentence", "message", "detail", "public", "mistake", "hypothesis", "notes", "picture",
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


@dataclass(frozen=True)
class Entry:
    """A student's current submission."""

    student: str
    path: Path
    digest: str
    """sha256 of the bytes; of a file that was refused, why."""
    judgement: int | None
    overrides: tuple[Override, ...] = ()


class Store(Database):
    """The store of one assignment."""

    @property
    def assignment(self) -> str:
        """Name of the assignment, or empty while nothing is judged."""
        rows = self.db.execute("SELECT assignment FROM judgements LIMIT 1").fetchone()
        return rows[0] if rows else ""

    @property
    def language(self) -> str:
        """What pages and the terminal speak."""
        rows = self.db.execute("SELECT value FROM settings WHERE name = 'language'").fetchone()
        return rows[0] if rows else DEFAULT

    @language.setter
    def language(self, language: str) -> None:
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO settings VALUES ('language', ?)", (language,))

    def hand_in(self, entries: Iterable[Entry]) -> None:
        """Note who has handed in what, where that is new."""
        known = {entry.student: (entry.path, entry.digest) for entry in self.entries()}
        with self.transaction() as db:
            db.executemany(
                "INSERT INTO submissions (student, path, digest) VALUES (?, ?, ?)",
                (
                    (entry.student, os.fsencode(entry.path), entry.digest)
                    for entry in entries
                    if known.get(entry.student) != (entry.path, entry.digest)
                ),
            )

    def record(
        self, digest: str, report: Report, versions: Versions, limits: Limits, seed: bytes
    ) -> None:
        """Keep a Report of these bytes. Once this returns, no crash or power cut can lose it."""
        said = {name: getattr(report, name) for name in SAID}
        judgement = (
            report.assignment, digest, versions.plan, seed.hex(), json.dumps(asdict(limits)),
            json.dumps(report.layers), __version__, torch_version(), json.dumps(said),
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
        """Yield the current submissions, or those of these bytes, in the order of the ids."""
        decided = self._overrides()
        which = "" if digest is None else "WHERE digest = ?"
        asked = () if digest is None else (digest,)
        query = f"SELECT * FROM current {which} ORDER BY student"
        rows = self.db.execute(query, asked).fetchall()
        for student, path, digest, judgement in rows:
            given = decided.get(student, ())
            yield Entry(student, Path(os.fsdecode(path)), digest, judgement, given)

    def latest(self, digest: str) -> Judgement | None:
        """Return the last judgement of these bytes."""
        (number,) = self.db.execute(
            "SELECT max(id) FROM judgements WHERE digest = ?", (digest,)
        ).fetchone()
        return None if number is None else self.judgement(number)

    def before(self, entry: Entry) -> Entry | None:
        """Return a submission as it stood before its bytes were judged the last time."""
        (number,) = self.db.execute(
            "SELECT max(id) FROM judgements WHERE digest = ? AND id < ?",
            (entry.digest, entry.judgement),
        ).fetchone()
        return None if number is None else replace(entry, judgement=number)

    def settled(self, plan: str, *, unsafe: bool) -> set[str]:
        """Return the digests whose last judgement followed this plan and needs no second try."""
        rows = self.db.execute(
            "SELECT digest, layers FROM judgements WHERE plan = ?"
            " AND id IN (SELECT max(id) FROM judgements GROUP BY digest)"
            " AND NOT EXISTS (SELECT 1 FROM results WHERE judgement = id AND status = ?)",
            (plan, Status.GRADER_ERROR),
        )
        return {digest for digest, layers in rows if unsafe or "UNSANDBOXED" not in layers}

    def report(self, entry: Entry) -> Report | None:
        """Rebuild a student's Report, or return None while there is no judgement."""
        if entry.judgement is None:
            return None
        return replace(
            self.judgement(entry.judgement).report,
            student=entry.student, file=entry.path.name, overrides=entry.overrides,
        )  # fmt: skip

    def reports(self) -> Iterator[Report]:
        """Yield the Report of every student whose submission is judged, one at a time."""
        return (report for entry in self.entries() if (report := self.report(entry)))

    def override(self, decisions: Iterable[tuple[str, Override]]) -> None:
        """Note what a person has decided about students' questions."""
        with self.transaction() as db:
            db.executemany(
                "INSERT INTO overrides (student, question, points, comment) VALUES (?, ?, ?, ?)",
                ((s, o.question, o.points, json.dumps(o.comment)) for s, o in decisions),
            )

    def files(self) -> dict[str, tuple[str, int, int]]:
        """Return what each file was made of, its size and its time of change in ns."""
        return {path: (*row,) for path, *row in self.db.execute("SELECT * FROM files")}

    def wrote(self, files: Mapping[str, tuple[str, int, int]]) -> None:
        """Note which files were written."""
        with self.transaction() as db:
            rows = ((path, *row) for path, row in files.items())
            db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", rows)

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
        results = (
            Result(
                check=check, question=question, status=Status(status), points=points,
                seconds=seconds, **_read(said),
            )
            for _, check, question, status, points, seconds, said in rows
        )  # fmt: skip
        report = Report(
            assignment=assignment, student="", file="", results=tuple(results),
            layers=tuple(json.loads(layers)), **_read(said),
        )  # fmt: skip
        return Judgement(number, plan, tuple(version for version, *_ in rows), report)

    def _overrides(self) -> dict[str, tuple[Override, ...]]:
        """Return the decisions in force; one without points and comment lifts an earlier one."""
        rows = self.db.execute(
            "SELECT student, question, points, comment FROM overrides WHERE id IN"
            " (SELECT max(id) FROM overrides GROUP BY student, question) ORDER BY student, id"
        )
        found: dict[str, tuple[Override, ...]] = {}
        for student, question, points, comment in rows:
            given = None if points is None else whole(points)
            made = Override(question, given, json.loads(comment))
            if made != Override(question):
                found[student] = (*found.get(student, ()), made)
        return found


def _read(said: str) -> dict[str, Any]:
    """Read fields from JSON, which has lists for tuples."""
    fields = json.loads(said)
    if "picture" in fields:
        fields["picture"] = read_picture(fields["picture"])
    return {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
