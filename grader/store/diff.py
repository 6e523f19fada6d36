"""Whose score or submission has changed between two moments, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ..model.message import Message, Text
from ..model.result import Result, Status
from ..model.standing import Standing
from . import history
from .entry import Entry
from .record import Record
from .store import Store
from .together import side_by_side

NEW = Message("judged since")
STATUSES = {
    Status.PASSED: Message("passed"),
    Status.FAILED: Message("failed"),
    Status.STUDENT_ERROR: Message("student error"),
    Status.TIMED_OUT: Message("timed out"),
    Status.OUT_OF_MEMORY: Message("out of memory"),
    Status.NOT_RUN: Message("not run"),
    Status.GRADER_ERROR: Message("grader error"),
}
"""How the course team calls the ends of a check."""
SHORT = 8
"""Digits of a sha256 to tell two files of the same name apart."""


@dataclass(frozen=True)
class Side:
    """A student on one side of a comparison: submission, record, and where that leaves them."""

    entry: Entry
    record: Record
    standing: Standing

    def results(self) -> dict[str, tuple[Result, str]]:
        """Return each result by its check, with the check's version."""
        pairs = zip(self.record.judgement.results, self.record.versions, strict=True)
        return {result.check: (result, version) for result, version in pairs}


@dataclass(frozen=True)
class Move:
    """A student whose score or submission has changed."""

    student: str
    before: float | None
    after: float | None
    reasons: tuple[Text, ...]
    """One line each, the most general first."""


def between(before: Store, after: Store) -> Iterator[Move]:
    """Yield who has changed from one store to another, such as from a backup to today."""
    one = before.db is after.db and before.late_rule == after.late_rule
    for student, held in side_by_side((before, after)):
        was, now = held.get(before), held.get(after)
        if not (one and was == now):
            yield from _move(student, side(before, was), side(after, now))


def since(store: Store) -> tuple[list[Move], Text]:
    """Return who has changed since scores were last written out, and the command that did so.

    If they never were: who was changed by the last command, among those judged before it.
    """
    then, published = history.base(store)
    moves = between(then, store)
    return [move for move in moves if published or move.reasons != (NEW,)], published


def side(store: Store, entry: Entry | None) -> Side | None:
    """Return a student on one side, or None before the first."""
    standing = store.standing(entry) if entry else None
    if standing is None or entry is None or entry.record is None:
        return None
    return Side(entry, store.read(entry.record), standing)


def files(old: Entry, new: Entry) -> str:
    """Describe how two submissions of a student differ: in name, in time or else in bytes."""
    shown = [[entry.path.name, _time(entry)] for entry in (old, new)]
    if shown[0] == shown[1]:
        shown = [[entry.path.name, f"sha256 {entry.digest[:SHORT]}…"] for entry in (old, new)]
    return " → ".join(f"{name} ({about})" if about else name for name, about in shown)


def _move(student: str, old: Side | None, new: Side | None) -> Iterator[Move]:
    before, after = (s.standing.score if s else None for s in (old, new))
    if old is None or new is None:
        if old is not new:
            yield Move(student, before, after, (NEW if new else Message("not judged any more"),))
    elif before != after or _is_another(old.entry, new.entry):
        yield Move(student, before, after, tuple(_reasons(old, new)))


def _is_another(old: Entry, new: Entry) -> bool:
    """Whether the bytes differ, or the time of submission, if known."""
    times = {old.arrival.moment, new.arrival.moment} - {None}
    return old.digest != new.digest or len(times) > 1


def _time(entry: Entry) -> str:
    moment = entry.arrival.moment
    return "" if moment is None else f"{datetime.fromtimestamp(moment):%Y-%m-%d %H:%M:%S}"


def _reasons(old: Side, new: Side) -> Iterator[Text]:
    """Yield what has changed a score: a person, the submission, or checks."""
    another = old.entry.digest != new.entry.digest
    if another:
        yield Message("handed in another file: {files}", files=files(old.entry, new.entry))
    elif _is_another(old.entry, new.entry):
        yield Message(
            "handed in at another time: {before} → {now}",
            before=_time(old.entry),
            now=_time(new.entry),
        )
    was_rule, rule = (side.standing.late_rule or Message("none") for side in (old, new))
    if was_rule != rule:
        yield Message("the late rule: {before} → {now}", before=was_rule, now=rule)
    if old.standing.hours != new.standing.hours:
        yield Message(
            "hours late that count: {before} → {now}",
            before=f"{old.standing.hours:g}",
            now=f"{new.standing.hours:g}",
        )
    decided = {**old.standing.decided, **new.standing.decided}
    for question in decided:
        was, now = (s.standing.points(question) for s in (old, new))
        if old.standing.decided.get(question) != new.standing.decided.get(question):
            moved = {"question": question, "before": _shown(was), "now": _shown(now)}
            if question in new.standing.decided:
                yield Message("{question}: {before} → {now}, set by a person", **moved)
            else:
                yield Message("{question}: {before} → {now}, no longer set by a person", **moved)
    if (was_bonus := old.standing.bonus) != (now_bonus := new.standing.bonus):
        yield Message(
            "points beside the questions: {before} → {now}, set by a person",
            before=f"{was_bonus:g}",
            now=f"{now_bonus:g}",
        )
    then, today = old.results(), new.results()
    for check in {**then, **today}:
        was_result, now_result = then.get(check), today.get(check)
        some = now_result or was_result
        if some is None or some[0].question in decided:
            continue
        if change := _change(was_result, now_result, another):
            yield Message(
                "{question}, {check}: {change}",
                question=some[0].question,
                check=check,
                change=change,
            )


def _change(
    old: tuple[Result, str] | None, new: tuple[Result, str] | None, another: bool
) -> Message | None:
    """Return how a check changed the score and why, or None if it did not."""
    if old is None or new is None:
        result = (old or new or ())[0]  # type: ignore[misc]
        points = {"earned": result.earned, "all": result.points}
        if new is None:
            return Message("is gone, {earned} of {all} points", **points)
        return Message("is new, {earned} of {all} points", **points)
    (was, version), (now, version_now) = old, new
    ours = Status.GRADER_ERROR in (was.status, now.status)
    if was.earned == now.earned and not ours:
        return None
    moved = {"before": _words(was), "now": _words(now)}
    if another:
        return Message("{before} → {now}", **moved)
    if version != version_now:
        return Message("{before} → {now}, because the check has changed", **moved)
    if ours:
        return Message("{before} → {now}, a fault of ours", **moved)
    if Status.NOT_RUN in (was.status, now.status):
        return Message(
            "{before} → {now}, because another check that it builds on has moved", **moved
        )
    return Message(
        "{before} → {now}, though check and submission are the same: is it random, or near a "
        "limit?",
        **moved,
    )


def _words(result: Result) -> Message:
    return Message(
        "{status} ({earned} of {all})",
        status=STATUSES[result.status],
        earned=result.earned,
        all=result.points,
    )


def _shown(points: float | None) -> str:
    return "—" if points is None else f"{points}"
