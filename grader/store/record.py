"""A Judgement as the store keeps it: what has no column of its own is JSON."""

import json
import sqlite3
from dataclasses import asdict, dataclass, fields
from typing import Self

from .. import __version__
from ..course.versions import Versions, torch_version
from ..model.judgement import Judgement
from ..model.limits import Limits
from ..model.result import Result, Status
from .as_json import tuples

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

    @classmethod
    def read(cls, db: sqlite3.Connection, number: int) -> Self:
        """Return the record of this number."""
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
        return cls(number, plan, tuple(version for version, *_ in rows), judgement)


def keep(
    db: sqlite3.Connection, digest: str, judgement: Judgement, versions: Versions, limits: Limits,
    seed: bytes,
) -> None:  # fmt: skip
    """Add a Judgement of these bytes within a transaction."""
    said = {name: getattr(judgement, name) for name in SAID}
    row = (
        judgement.assignment, digest, versions.plan, seed.hex(), json.dumps(asdict(limits)),
        json.dumps(judgement.layers), __version__, torch_version(),
        json.dumps(said, default=asdict),
    )  # fmt: skip
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
