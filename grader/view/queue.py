"""In which order a reviewer goes through a class, and who is in it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Self
from unicodedata import normalize
from urllib.parse import urlencode

from .people import Person

PERSON, MISTAKES, SCORE, NAME = "person", "mistakes", "score", "name"
ORDERS = (PERSON, MISTAKES, SCORE, NAME)


@dataclass(frozen=True)
class Queue:
    """What a reviewer has asked for; it travels along in addresses."""

    question: str = ""
    """Empty for all of them."""
    by: str = NAME
    search: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str], people: Sequence[Person]) -> Self:
        """Read an address; begin with those who need a person, if there are any."""
        otherwise = PERSON if any(person.waits for person in people) else MISTAKES
        by = asked.get("by", otherwise)
        return cls(
            asked.get("question", ""), by if by in ORDERS else otherwise, asked.get("search", "")
        )

    def address(self, **changes: str) -> str:
        """Return this as the query of an address, with changes."""
        return urlencode(asdict(replace(self, **changes)))

    def of(self, people: Sequence[Person], hidden: bool = False) -> list[Person]:
        """Return who is in the queue, in its order. With names `hidden`, none is searched."""
        wanted = _plain(self.search)
        found = [
            person
            for person in people
            if wanted in _plain(_words(person, hidden)) and (self.by != PERSON or person.waits)
        ]
        if self.by == SCORE:
            return sorted(found, key=self._points)
        if self.by == MISTAKES:
            many = Counter(self.mistake(person) for person in found)
            return sorted(found, key=lambda p: _rank(self.mistake(p), many))
        return sorted(found, key=lambda p: p.number) if hidden else found

    def mistake(self, person: Person) -> tuple[str, str]:
        """Return the question that is asked for, or their first wrong one, and what is wrong."""
        if self.question:
            return self.question, person.mistake(self.question)
        first = next(iter(person.row.firsts), None)
        return (first.question, first.mistake or first.key) if first else ("", "")

    def _points(self, person: Person) -> float:
        row = person.row
        points = row.points.get(self.question) if self.question else row.score
        return -1 if points is None else points


def beside(people: Sequence[Person], handle: str) -> tuple[int, Person | None, Person | None]:
    """Return the place of somebody in a queue, from 1, and who is before and after; 0 if not in."""
    places = [person.handle for person in people]
    if handle not in places:
        return 0, None, people[0] if people else None
    at = places.index(handle)
    before = people[at - 1] if at else None
    return at + 1, before, people[at + 1] if at + 1 < len(people) else None


def _rank(mistake: tuple[str, str], many: Counter[tuple[str, str]]) -> tuple[bool, int, object]:
    return not mistake[1], -many[mistake], mistake


def _words(person: Person, hidden: bool) -> str:
    known = (f"{person.number}",) if hidden else (person.row.student, person.name, person.row.id)
    return " ".join((*known, person.row.mistakes))


def _plain(text: str) -> str:
    """Return text to compare: file names from macOS come with their Hangul decomposed."""
    return normalize("NFC", text).strip().casefold()
