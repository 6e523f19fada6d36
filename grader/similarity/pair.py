"""Pairs of documents that share unusual code."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..report.sanitize import clean
from .disjoint import DisjointSets
from .document import Document

SUSPICIOUS = 0.5
"""Share of the rarer code that a pair must have in common; see docs/similarity.md."""
LEAST = 6
"""Fingerprints that a pair must share: fewer are two lines that anybody would write."""
SAME = 0.9
"""From this share on, two documents are one work."""
UNIT = 1 << 20
"""Weights are whole multiples of 1 / UNIT, so that a sum does not depend on the order."""

Numbers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two documents that share unusual code."""

    one: Document
    other: Document
    score: float
    """Weight of the shared fingerprints, relative to the lighter document: 0 to 1."""
    shared: int
    """Number of fingerprints in common."""

    def sides(self) -> list[tuple[Document, list[tuple[int, str, bool]]]]:
        """Return each line of both, with its number and whether the other one shares it."""
        common = self.one.prints.lines.keys() & self.other.prints.lines.keys()
        found = []
        for document in (self.one, self.other):
            marked = set().union(*(document.prints.lines[h] for h in common))
            lines = enumerate(clean(document.code).split("\n"), 1)
            found.append((document, [(n, text, n in marked) for n, text in lines]))
        return found


def compare(documents: Sequence[Document], least: float = SUSPICIOUS) -> list[Pair]:
    """Return the pairs with a score of `least` or more, the most alike first.

    Copies count as one document in the frequency of a fingerprint: a solution leaked to half of a
    class is common there, but not an idiom. Takes time quadratic in the size of the class.
    """
    numbers = range(len(documents))
    sets = DisjointSets[int]()
    for i, j, _, _ in _overlaps(documents, numbers, SAME):
        sets.join(i, j)
    works = [sets.head(number) for number in numbers]
    pairs = [
        Pair(documents[i], documents[j], score, shared)
        for i, j, score, shared in _overlaps(documents, works, least)
        if not (documents[i].archived and documents[j].archived)
    ]
    return sorted(pairs, key=lambda p: (-p.score, -p.shared, p.one.student, p.other.student))


def _overlaps(
    documents: Sequence[Document], works: Sequence[int], least: float
) -> Iterator[tuple[int, int, float, int]]:
    """Yield the numbers of two documents, their score of `least` or more, and what they share.

    `works` says which documents are the same work, which counts once.
    """
    having: defaultdict[int, list[int]] = defaultdict(list)
    for number, document in enumerate(documents):
        for fingerprint in document.prints.lines:
            having[fingerprint].append(number)
    most, many = len(set(works)) + 1, len(documents)
    count = {h: len({works[number] for number in those}) for h, those in having.items()}
    weight = {h: round(UNIT * math.log(most / n)) for h, n in count.items()}
    total = np.array([sum(weight[h] for h in d.prints.lines) for d in documents])
    rows = {h: np.array(those) for h, those in having.items() if len(those) > 1}
    for number, document in enumerate(documents):
        shared = [h for h in document.prints.lines if h in rows]
        later = [rows[h][np.searchsorted(rows[h], number, "right") :] for h in shared]
        if not later:
            continue
        found = np.concatenate(later)
        weights = np.repeat([weight[h] for h in shared], [len(those) for those in later])
        counts: Numbers = np.bincount(found, minlength=many)
        sums = np.bincount(found, weights, minlength=many)
        others = np.flatnonzero(counts >= LEAST)
        scores = sums[others] / np.minimum(total[number], total[others])
        others, scores = others[scores >= least], scores[scores >= least]
        for other, score, common in zip(
            others.tolist(), scores.tolist(), counts[others].tolist(), strict=True
        ):
            yield number, other, score, common
