"""A judgement as merging finds it in a store."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..model.judgement import UNSANDBOXED
from ..model.result import Status
from .entry import Entry
from .store import Store

JUDGEMENT = "assignment, digest, plan, seed, limits, layers, grader, torch, said"
RESULT = 'place, "check", version, question, status, points, seconds, said'


@dataclass(frozen=True)
class Found:
    """A judgement, as far as two of them are compared."""

    store: Store
    number: int
    student: str
    """One of the students with these bytes."""
    plan: str
    made_by: str
    """Versions of grader and torch, in words."""
    layers: str
    verdict: Sequence[tuple[str, str, int]]
    """Every check with its status and points."""

    @classmethod
    def read(cls, store: Store, entry: Entry) -> "Found | None":
        """Read a store's last judgement of a submission's bytes, if there is one."""
        row = store.db.execute(
            "SELECT id, plan, layers, grader, torch FROM judgements WHERE digest = ?"
            " ORDER BY id DESC LIMIT 1",
            (entry.digest,),
        ).fetchone()
        if row is None:
            return None
        number, plan, layers, grader, torch = row
        verdict = store.db.execute(
            'SELECT "check", status, points FROM results WHERE judgement = ? ORDER BY place',
            (number,),
        ).fetchall()
        made_by = f"grader {grader}, torch {torch}"
        return cls(store, number, entry.student, plan, made_by, layers, verdict)

    @property
    def fault(self) -> bool:
        """Whether a check ended in an error of ours."""
        return any(status == Status.GRADER_ERROR for _, status, _ in self.verdict)

    @property
    def worth(self) -> tuple[bool, bool]:
        """Of two, the greater one counts."""
        return not self.fault, UNSANDBOXED not in self.layers

    def adds_to(self, other: "Found | None") -> bool:
        """Whether it differs from an earlier judgement of the same bytes."""
        said = (self.plan, self.verdict, self.layers)
        return other is None or said != (other.plan, other.verdict, other.layers)

    def copy(self, out: Store) -> None:
        """Write it into another store, unchanged and under a new number."""
        query = f"SELECT {JUDGEMENT} FROM judgements WHERE id = ?"
        row = self.store.db.execute(query, (self.number,)).fetchone()
        number = out.db.execute(
            f"INSERT INTO judgements ({JUDGEMENT}) VALUES ({', '.join('?' * len(row))})", row
        ).lastrowid
        rows = self.store.db.execute(
            f"SELECT {RESULT} FROM results WHERE judgement = ?", (self.number,)
        )
        out.db.executemany(
            f"INSERT INTO results (judgement, {RESULT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((number, *row) for row in rows),
        )
