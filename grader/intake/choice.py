"""Which file of a student counts, and why the others do not.

Notebooks come first; then files in time; then files with answers; then the last submission; then
the file named like the assignment; then the newest. The order of names decides nothing: a tie goes
to a person.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..model.message import Message, Text, some
from .deadline import Deadline
from .original import original, stem
from .platform import Claim
from .submission import MAX_MB, open_unfollowed

LOOKED_AT = 1 << 20
"""Bytes at the beginning and at the end of a file in which to look for a notebook's keys."""
NOTEBOOK = re.compile(rb'"cell_type"\s*:|"nbformat"\s*:')
MOST_LISTED = 5
AFTER = Message("after the deadline")
REASONS = (
    Message("not a submission"), Message("not a notebook"), AFTER, Message("no answers in it"),
    Message("not a notebook"), Message("an earlier submission"), Message("another name"),
    Message("older"), Message("older"), Message("an earlier copy"),
)  # fmt: skip
"""Why a file does not count, by the first place in which its rank is lower."""

IN_TIME = 2
"""Place in a rank."""
Rank = tuple[bool, bool, bool, bool, int, float, bool, float, int, int]


@dataclass(frozen=True)
class File:
    """One file of one student."""

    path: Path
    shown: str
    """Its path from the given folder, for people to find it."""
    claim: Claim


@dataclass(frozen=True)
class Choice:
    """The file that counts, remarks on the others, and the ties."""

    file: File
    remarks: list[Text] = field(default_factory=list)
    tied: list[File] = field(default_factory=list)
    more: list[File] = field(default_factory=list)
    """Others, unless they are late, that have answers which the file that counts has not."""


def choose(
    student: str, files: Sequence[File], assignment: str, deadline: Deadline | None = None,
    questions: Sequence[str] = (),
) -> Choice:  # fmt: skip
    """Choose one of a student's files, a late one only if all are late.

    Args:
        student: the id, for the remarks.
        files: at least one.
        assignment: its name, which the notebook's should be.
        questions: names that are graded, which some file should define.
    """
    if len(files) == 1:
        return Choice(files[0])
    answers = {file: _answers(file.path, questions) for file in files}
    ranks = {file: _rank(file, assignment, deadline, bool(answers[file])) for file in files}
    best = max(ranks.values())
    chosen = min((f for f in files if ranks[f] == best), key=lambda file: file.shown)
    tied = [f for f in files if ranks[f] == best and f != chosen and not _same(f, chosen)]
    why: dict[Message, list[str]] = {}
    for file in sorted(files, key=lambda file: file.shown):
        if file != chosen and not file.claim.receipt:
            why.setdefault(_why(ranks[file], best), []).append(file.shown)
    remarks = (_remark(student, chosen, reason, listed(them)) for reason, them in why.items())
    in_time = (f for f in files if ranks[f][IN_TIME] == best[IN_TIME])
    more = sorted((f for f in in_time if answers[f] - answers[chosen]), key=lambda f: f.shown)
    return Choice(chosen, [*remarks], tied, more)


def differ(files: Sequence[File]) -> bool:
    """Whether it makes a difference which of these counts."""
    return any(not _same(file, files[0]) for file in files[1:])


def likeness(path: Path) -> int:
    """Return how much a file resembles a notebook: from 4 for one, over 1 for a script, to 0."""
    suffix = path.suffix.lower()
    if _reads_like_one(path):
        return 4 if suffix == ".ipynb" else 3
    return {".ipynb": 2, ".py": 1}.get(suffix, 0)


def listed(names: Sequence[str]) -> Text:
    """Join names for a message; of many, only the first."""
    return some(names, MOST_LISTED)


def _answers(path: Path, questions: Sequence[str]) -> set[str]:
    """Return the graded names that a file defines; it is searched, not parsed."""
    try:
        data = _bytes(path).replace(b"\0", b"")  # of UTF-16 as well
    except OSError:
        return set()
    return {name for name in questions if _definition(name).search(data)}


def _definition(name: str) -> re.Pattern[bytes]:
    """Return what matches where a name is defined, assigned or imported."""
    one = re.escape(name).encode()
    forms = (
        rb"(?:def|class|as)\s+%b\b",
        rb"\bimport\b[^\n\\\"]{0,200}\b%b\b",
        rb"\b%b\s*(?::[^=\n]{0,80})?=(?!=)",
    )
    return re.compile(b"|".join(form % one for form in forms))


def _rank(file: File, assignment: str, deadline: Deadline | None, answers: bool) -> Rank:
    claim, moment = file.claim, file.claim.moment or 0.0
    called = os.path.basename(claim.inside or file.path.name)
    bare, copy = original(stem(called).partition(".")[0])
    named = bare.casefold() == assignment.casefold()
    kind = likeness(file.path)
    in_time = deadline is None or not deadline.is_late(moment)
    return (
        not claim.receipt, kind > 1 or answers, in_time, answers, kind, claim.attempt, named,
        moment, claim.number, copy,
    )  # fmt: skip


def _why(rank: Rank, best: Rank) -> Message:
    """Return why a file does not count."""
    pairs = zip(REASONS, rank, best, strict=True)
    return next((reason for reason, own, other in pairs if own != other), Message("as good"))


def _remark(student: str, chosen: File, why: Message, names: Text) -> Message:
    """Say of a student's files that they do not count, and why."""
    if why == AFTER:
        return Message(
            "another file of {student}, after the deadline: {names}", student=student, names=names
        )
    return Message(
        "another file of {student}, {chosen} counts ({why}): {names}",
        student=student, chosen=chosen.shown, why=why, names=names,
    )  # fmt: skip


def _same(one: File, other: File) -> bool:
    """Whether it makes no difference which of the two is graded."""
    try:
        sizes = one.path.lstat().st_size, other.path.lstat().st_size
        return sizes[0] == sizes[1] and _bytes(one.path) == _bytes(other.path)
    except OSError:
        return False


def _bytes(path: Path) -> bytes:
    with open(path, "rb", opener=open_unfollowed) as file:
        return file.read(MAX_MB << 20)


def _reads_like_one(path: Path) -> bool:
    """Whether a file contains the keys of a notebook; it is searched, not parsed."""
    try:
        with open(path, "rb", opener=open_unfollowed) as file:
            head = file.read(LOOKED_AT)
            file.seek(max(len(head), os.fstat(file.fileno()).st_size - LOOKED_AT))
            text = (head + file.read(LOOKED_AT)).replace(b"\0", b"")  # of UTF-16 as well
            return NOTEBOOK.search(text) is not None
    except OSError:
        return False
