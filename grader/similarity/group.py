"""Groups of students connected by suspicious pairs."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from .disjoint import DisjointSets
from .pair import Pair


@dataclass(frozen=True)
class Group:
    """Two or more students, each of which shares code with another one."""

    students: list[str]
    """In the order of their names."""
    pairs: list[Pair]
    """The most similar pairs that connect them all, one fewer than students. All n (n - 1) / 2
    would be too many to look at if a solution leaked to half of a class."""


def groups(pairs: Sequence[Pair]) -> list[Group]:
    """Return the groups that the pairs connect, the largest first.

    `pairs` are sorted, the most similar first, so the result is a maximum spanning forest: Kruskal,
    On the shortest spanning subtree of a graph, Proc. AMS 7 (1956).
    """
    sets = DisjointSets[str]()
    kept = [pair for pair in pairs if sets.join(pair.one.student, pair.other.student)]
    students: defaultdict[str, set[str]] = defaultdict(set)
    connecting: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in kept:
        head = sets.head(pair.one.student)
        students[head] |= {pair.one.student, pair.other.student}
        connecting[head].append(pair)
    found = [Group(sorted(names), connecting[head]) for head, names in students.items()]
    return sorted(found, key=lambda group: (-len(group.students), group.students))


def in_turns(groups: Iterable[Group]) -> list[Pair]:
    """Return the pairs that connect groups: the closest of each group, then the second of each.

    So that the first hundred show every group, not only the largest.
    """
    rounds = zip_longest(*(group.pairs for group in groups))
    return [pair for pair in chain.from_iterable(rounds) if pair is not None]
