"""Disjoint sets that are joined, two at a time: who belongs together through others."""

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class DisjointSets(Generic[T]):
    """Sets of things; each thing is at first alone in its own.

    Galler, Fischer: An improved equivalence algorithm, CACM 7 (1964), with paths halved.
    """

    def __init__(self) -> None:
        self._above: dict[T, T] = {}

    def head(self, thing: T) -> T:
        """Return the thing that stands for the set of this one."""
        above = self._above
        while (parent := above.setdefault(thing, thing)) != thing:
            above[thing] = thing = above[parent]
        return thing

    def join(self, one: T, other: T) -> bool:
        """Make one set of two. Return False if they were one already."""
        head, joined = self.head(one), self.head(other)
        self._above[joined] = head
        return head != joined
