"""A student's current submission, as the store has it: the last line of theirs."""

import json
import os
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from ..model.standing import UNKNOWN, Arrival, Override
from .act import Decided

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

    @classmethod
    def read(cls, row: tuple[str, bytes, str, str, int | None], decided: Decided) -> Self:
        """Return a line of CURRENT with what people have decided."""
        student, path, digest, arrival, record = row
        came = Arrival(**json.loads(arrival))
        made = decided.get(student, ())
        return cls(student, Path(os.fsdecode(path)), digest, came, record, made)

    def note(self, db: sqlite3.Connection) -> None:
        """Store a submission unless it is nothing new."""
        query = (
            "SELECT path, digest, arrival FROM submissions WHERE student = ? {} ORDER BY id DESC"
        )
        latest = db.execute(query.format(""), (self.student,)).fetchone()
        same = db.execute(query.format("AND digest = ?"), (self.student, self.digest)).fetchone()
        known = {name: fact for name, fact in asdict(self.arrival).items() if fact is not None}
        arrival = (json.loads(same[2]) if same else {}) | known
        row = (os.fsencode(self.path), self.digest, json.dumps(arrival, sort_keys=True))
        if row != latest:
            db.execute(
                "INSERT INTO submissions (student, path, digest, arrival) VALUES (?, ?, ?, ?)",
                (self.student, *row),
            )
