"""Who has decided what, and when: nothing is overwritten, so all of it can be looked at and undone.

An act is what one person decides at one moment, about one student or many; each is a line.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ..model.standing import Override, whole
from .database import Database

LINE = "id, act, student, question, points, comment, who, moment"
LATEST = f"SELECT {LINE} FROM overrides WHERE student = ? AND question = ? AND id < ?"
FOREVER = 1 << 62
Decided = dict[str, tuple[Override, ...]]
"""Decisions by student."""


@dataclass(frozen=True)
class Decision:
    """One line: what somebody has decided about a question of a student."""

    number: int
    """Later ones are greater; the last one on a student's question counts."""
    act: int
    """Number of the first line of the same act."""
    student: str
    made: Override
    """Without points and comment, it removes an earlier one."""
    who: str
    """Who decided, by the name they gave; empty where nobody said."""
    moment: float
    """When, in seconds since 1970."""


class Overtaken(Exception):
    """Others have decided the same in the meantime, and nothing was stored."""

    def __init__(self, others: list[Decision]) -> None:
        super().__init__(others)
        self.others = others


def decide(
    store: Database, decisions: Iterable[tuple[str, Override]], who: str = "",
    seen: int = FOREVER,
) -> int:  # fmt: skip
    """Store what one person decides at this moment; return the number of the act.

    `seen` is the number of the last line that they have seen. Raises Overtaken for a later one on
    the same question of the same student, unless that says the same.
    """
    decisions = list(decisions)
    with store.transaction() as db:
        latest = (_latest(db, student, made.question) for student, made in decisions)
        others = [
            found
            for found, (_, made) in zip(latest, decisions, strict=True)
            if found and found.number > seen and found.made != made
        ]
        if others:
            raise Overtaken(others)
        return put(db, decisions, who, present())


def undo(store: Database, act: int, who: str) -> list[str]:
    """Restore what counted before an act, and return whom that is about.

    It is an act as well, and can be undone. Raises Overtaken if any line of it does not count any
    more.
    """
    with store.transaction() as db:
        lines = _read(db.execute(f"SELECT {LINE} FROM overrides WHERE act = ? ORDER BY id", (act,)))
        before: list[tuple[str, Override]] = []
        others: list[Decision] = []
        for line in lines:
            question = line.made.question
            now = _latest(db, line.student, question)
            if now and now.act != act:
                others.append(now)
            was = _latest(db, line.student, question, line.number)
            before.append((line.student, was.made if was else Override(question)))
        if others:
            raise Overtaken(others)
        if before:
            put(db, before, who, present())
    return [student for student, _ in before]


def decisions(store: Database, student: str | None = None, most: int = FOREVER) -> list[Decision]:
    """Return the latest decisions, about everybody or one student, the newest first."""
    which = "" if student is None else "WHERE student = :student"
    query = f"SELECT {LINE} FROM overrides {which} ORDER BY id DESC LIMIT :most"
    return list(_read(store.db.execute(query, {"student": student, "most": most})))


def latest(store: Database, student: str, question: str) -> Decision | None:
    """Return the decision that counts on a question of a student, even if it only removes one."""
    return _latest(store.db, student, question)


def in_force(db: sqlite3.Connection, until: int = FOREVER, student: str | None = None) -> Decided:
    """Return the decisions that count, about everybody or one student.

    One without points and comment removes an earlier one.
    """
    whose = "" if student is None else "AND student = :student"
    rows = db.execute(
        "SELECT student, question, points, comment FROM overrides WHERE id IN (SELECT max(id)"
        f" FROM overrides WHERE id <= :until {whose} GROUP BY student, question)"
        " ORDER BY student, id",
        {"until": until, "student": student},
    )
    found: Decided = {}
    for student, question, points, comment in rows:
        made = _made(question, points, comment)
        if made != Override(question):
            found[student] = (*found.get(student, ()), made)
    return found


def put(
    db: sqlite3.Connection, decisions: Iterable[tuple[str, Override]], who: str, moment: float
) -> int:
    """Add the lines of an act within a transaction, and return the act's number."""
    (act,) = db.execute("SELECT coalesce(max(id), 0) + 1 FROM overrides").fetchone()
    db.executemany(
        "INSERT INTO overrides (act, student, question, points, comment, who, moment)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (act, student, made.question, made.points, json.dumps(made.comment), who, moment)
            for student, made in decisions
        ),
    )
    return int(act)


def _latest(
    db: sqlite3.Connection, student: str, question: str, before: int = FOREVER
) -> Decision | None:
    rows = db.execute(f"{LATEST} ORDER BY id DESC LIMIT 1", (student, question, before))
    return next(_read(rows), None)


def _read(
    rows: Iterable[tuple[int, int, str, str, float | None, str, str, float]],
) -> Iterator[Decision]:
    for number, act, student, question, points, comment, who, moment in rows:
        yield Decision(number, act, student, _made(question, points, comment), who, moment)


def _made(question: str, points: float | None, comment: str) -> Override:
    return Override(question, None if points is None else whole(points), json.loads(comment))


def present() -> float:
    """Return this moment in seconds since 1970."""
    return datetime.now(UTC).timestamp()
