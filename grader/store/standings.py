"""Where everybody of a class stands; each is read when it is asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model.standing import Standing

if TYPE_CHECKING:
    from .store import Store


@dataclass(frozen=True)
class Standings:
    """Everybody's Standing, in the order of the ids; each walk reads them one at a time."""

    store: "Store"

    def __iter__(self) -> Iterator[Standing]:
        store = self.store
        return (found for entry in store.entries() if (found := store.standing(entry)))


@dataclass(frozen=True)
class ByStudent(Mapping[str, Standing]):
    """The Standings of those whose submission is judged, by their ids."""

    store: "Store"

    def __getitem__(self, student: str) -> Standing:
        entry = self.store.entry(student)
        if entry is None or (found := self.store.standing(entry)) is None:
            raise KeyError(student)
        return found

    def __iter__(self) -> Iterator[str]:
        return (entry.student for entry in self.store.entries() if entry.record is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)
