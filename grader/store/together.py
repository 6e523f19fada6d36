"""Several stores, walked side by side, so that a large class is compared without being held."""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby, repeat

from .entry import Entry
from .store import Store

Held = dict[Store, Entry]
"""A student's current submission in each store that has one."""


def side_by_side(stores: Iterable[Store]) -> Iterator[tuple[str, Held]]:
    """Yield every student in the order of the ids, and what the stores hold of them."""
    walks = (zip(store.entries(), repeat(store), strict=False) for store in stores)
    everything = merge(*walks, key=lambda found: found[0].student)
    for student, found in groupby(everything, key=lambda found: found[0].student):
        yield student, {store: entry for entry, store in found}
