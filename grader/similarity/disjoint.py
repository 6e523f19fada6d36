"""Disjoint sets (union-find)."""

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class DisjointSets(Generic[T]):
    """Disjoint sets of items; each item starts in a set of its own.

    Galler, Fischer: An improved equivalence algorithm, CACM 7 (1964), with paths halved.
    """

    def __init__(self) -> None:
        self._above: dict[T, T] = {}

    def head(self, thing: T) -> T:
        """Return the representative of an item's set."""
        above = self._above
        while (parent := above.setdefault(thing, thing)) != thing:
            above[thing] = thing = above[parent]
        return thing

    def join(self, one: T, other: T) -> bool:
        """Join the sets of two items. Return False if they are already joined."""
        head, joined = self.head(one), self.head(other)
        self._above[joined] = head
        return head != joined
