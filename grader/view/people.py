"""The class as it is in the store right now, and as a reviewer may call its people."""

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model.language import Say, speaker
from ..model.message import Message, Text
from ..report.page import headline
from ..report.row import First, Row
from ..report.sanitize import clean, shown
from ..store.entry import Entry
from ..store.store import Store
from ..store.terms import Terms

if TYPE_CHECKING:
    from .requests import Asked

LETTERS = 16
"""Of a handle: 64 bits."""
ANONYMOUS = Message("Student {number}")


@dataclass(frozen=True)
class Person:
    """A student whose submission is judged."""

    entry: Entry
    row: Row
    handle: str
    """Stands for the id in addresses: a browser's history has no names."""
    number: int
    """Where names are hidden; its order says nothing of the name."""
    name: str
    """From the roster; empty without one."""
    requests: "tuple[Asked, ...]" = ()
    """Theirs for another look."""

    def called(self, hidden: bool) -> Text:
        """Return what they are called on a page."""
        if hidden:
            return ANONYMOUS.format(number=self.number)
        return f"{self.name} · {self.row.student}" if self.name else self.row.student

    def first(self, question: str) -> First | None:
        """Return the first failure in a question, if there is one."""
        return next((first for first in self.row.firsts if first.question == question), None)

    def mistake(self, question: str) -> str:
        """Return what is the same for all who fail alike in a question; empty if it holds."""
        first = self.first(question)
        return (first.mistake or first.key) if first else ""

    @property
    def asks(self) -> list[str]:
        """Questions at which they want another look, and nobody has decided since."""
        return [one.question for one in self.requests if one.open]

    @property
    def waits(self) -> bool:
        """Whether a person must look, and none has decided."""
        return bool(self.asks) or (self.row.for_a_person and not self.row.decided)


class People:
    """Reads the class at each request; a row is made anew only where something has changed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, tuple[object, Row]] = {}
        self._examples: dict[object, str] = {}

    def of(self, store: Store) -> list[Person]:
        """Return everybody who is judged, in the order of the ids."""
        say, rule, language = speaker(store.language), store.late_rule, store.language
        names, translations = Terms.of(store).people or {}, store.setting("translations")
        found: list[tuple[Entry, Row]] = []
        with self._lock:
            for entry in store.entries():
                stamp = (entry, rule, language, translations)
                known, row = self._rows.get(entry.student, (None, None))
                if known != stamp or row is None:
                    if (standing := store.standing(entry)) is None:
                        continue
                    row = Row.of(standing, say)
                    self._rows[entry.student] = stamp, row
                found.append((entry, row))
        handles = {entry.student: _handle(entry.student) for entry, _ in found}
        places = {h: number for number, h in enumerate(sorted(handles.values()), 1)}
        return [
            Person(entry, row, handle := handles[entry.student], places[handle],
                   clean(names.get(entry.student, "")))
            for entry, row in found
        ]  # fmt: skip

    def example(self, store: Store, person: Person, question: str, say: Say) -> str:
        """Say what went wrong first in a question of a student, in a line."""
        first = person.first(question)
        if first is None:
            return ""
        settings = (store.language, store.setting("translations"))
        key = (person.entry.record, first.place, *settings)
        if key not in self._examples and (standing := store.standing(person.entry)):
            result = shown(standing, say).judgement.counted[first.place]
            known = f"{result.hypothesis}" or result.mistake.replace("_", " ")
            self._examples[key] = known or headline(result) or f"{result.sentence}"
        return self._examples.get(key, "")


def waiting(store: Store) -> int:
    """Return how many have handed in and are not judged yet."""
    return sum(entry.record is None for entry in store.entries())


def questions(people: Sequence[Person]) -> list[str]:
    """Return the questions of everybody, in order."""
    return list(dict.fromkeys(question for person in people for question in person.row.points))


def _handle(student: str) -> str:
    return hashlib.sha256(json.dumps(student).encode()).hexdigest()[:LETTERS]
