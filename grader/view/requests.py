"""Students' requests for another look, each with the submission that it is about."""

import hashlib
import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

from ..intake.requests import Inbox, read
from ..model.errors import GraderError
from ..model.message import Message, Text, said
from ..model.request import LONGEST, Request
from ..model.standing import SUBMISSION
from ..report.sanitize import clean
from ..store.act import Decision, latest
from ..store.asked import first_seen
from ..store.store import Store

if TYPE_CHECKING:
    from .people import Person

NEITHER = Message("It names neither a student nor a submission.")
NOBODY = Message("Nobody here is the student that it names, and no submission is the one it names.")
SEVERAL = Message("It names a submission that several have handed in, and not who asks.")
OTHERS = Message("It names one student, and the submission of another: look who asks.")
EARLIER = Message("It is about an earlier submission; the one that counts now is shown here.")
UNKNOWN = Message("It names a submission that this student has never handed in.")
NO_QUESTION = Message("It names a question that does not exist.")


@dataclass(frozen=True)
class Asked:
    """A request, and whom it is about."""

    request: Request
    person: "Person | None"
    question: str
    """SUBMISSION where it names none that exists."""
    remark: Text
    """What does not fit together; empty if all does."""
    answer: Decision | None
    """The decision that was made since."""

    @property
    def open(self) -> bool:
        """Whether nobody has decided on it."""
        return self.answer is None


class Requests:
    """The requests of a file, which is read again whenever it has changed."""

    def __init__(self, path: Path | None) -> None:
        """Read the file, if there is one. Raises GraderError, and OSError."""
        self.path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._inbox = Inbox()
        if path is not None:
            self._stamp, self._inbox = _stamp(path), read(path)

    @property
    def inbox(self) -> Inbox:
        """What the file holds now; if it cannot be read any more, what it held, and why."""
        with self._lock:
            if self.path is not None:
                try:
                    if (stamp := _stamp(self.path)) != self._stamp:
                        self._stamp, self._inbox = stamp, read(self.path)
                except (GraderError, OSError) as error:
                    return Inbox(self._inbox.requests, [*self._inbox.unread, said(error)])
            return self._inbox

    def of(self, store: Store, people: Sequence["Person"]) -> list[Asked]:
        """Return all requests, the open ones first."""
        if not (requests := self.inbox.requests):
            return []
        names = _names(people)
        seen = first_seen(store, [*map(_key, requests)])
        found = [_asked(store, request, seen[_key(request)], *names) for request in requests]
        return sorted(found, key=lambda one: not one.open)


Found = dict[str, "list[Person]"]


def _names(people: Iterable["Person"]) -> tuple[Found, Found]:
    """Return people by the id as pages show it, and by the digest of their submission."""
    by_id, by_file = Found(), Found()
    for person in people:
        by_id.setdefault(_plain(person.entry.student), []).append(person)
        by_file.setdefault(person.entry.digest, []).append(person)
    return by_id, by_file


def _asked(store: Store, request: Request, seen: float, by_id: Found, by_file: Found) -> Asked:
    """Find whom a request is about: by the submission, and of several by the id."""
    about = request.about
    person, remark = _person(store, request, by_id, by_file)
    question = about.question or SUBMISSION
    if person and question not in (SUBMISSION, *person.row.points):
        question, remark = SUBMISSION, remark or NO_QUESTION
    if person is None:
        return Asked(request, None, question, remark, None)
    since = min(seen, seen if request.moment is None else request.moment)
    made = latest(store, person.entry.student, question)
    return Asked(request, person, question, remark, made if made and made.moment > since else None)


def _person(
    store: Store, request: Request, by_id: Found, by_file: Found
) -> "tuple[Person | None, Text]":
    about = request.about
    named = by_id.get(_plain(about.student), []) if about.student else []
    owners = by_file.get(about.file, []) if about.file else []
    if both := [person for person in owners if person in named]:
        return both[0], ""
    if owners and about.student:
        return None, OTHERS
    if owners:
        return (owners[0], "") if len(owners) == 1 else (None, SEVERAL)
    if len(named) != 1:
        return None, NOBODY if about.student or about.file else NEITHER
    if not about.file:
        return named[0], ""
    return named[0], EARLIER if _was(store, named[0], about.file) else UNKNOWN


def _was(store: Store, person: "Person", digest: str) -> bool:
    """Whether somebody has handed these bytes in before."""
    query = "SELECT 1 FROM submissions WHERE student = ? AND digest = ?"
    return store.db.execute(query, (person.entry.student, digest)).fetchone() is not None


def _key(request: Request) -> str:
    """Return what stays the same when a file gets further requests."""
    said = asdict(request) | {"place": ""}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _plain(student: str) -> str:
    return normalize("NFC", " ".join(clean(student).split())[:LONGEST]).casefold()


def _stamp(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_mtime_ns, about.st_size
