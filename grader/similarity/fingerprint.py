"""Fingerprints of code by winnowing: of each stretch of tokens, the hash of a few neighbours.

Schleimer, Wilkerson, Aiken: Winnowing: Local Algorithms for Document Fingerprinting, SIGMOD 2003.
Two documents that share a run of GRAM + WINDOW - 1 tokens share a fingerprint, wherever it stands.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Numbers = np.ndarray[Any, np.dtype[np.int64]]
GRAM = 8
"""Tokens in a hash: shorter runs are idioms that everybody writes. Measured, docs/similarity.md."""
WINDOW = 3
"""Hashes of which the least is kept."""
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no factor is lost modulo 2^64


@dataclass(frozen=True)
class Fingerprints:
    """Of one document: which hashes it has, and the lines that each stands for."""

    lines: dict[int, set[int]]

    @classmethod
    def of(cls, tokens: Numbers, lines: Numbers) -> Self:
        """Winnow tokens (N,), which stand on lines (N,)."""
        if len(tokens) < GRAM:
            return cls({})
        hashes = np.zeros(len(tokens) - GRAM + 1, np.uint64)
        for column in sliding_window_view(tokens.astype(np.uint64), GRAM).T:
            hashes = (hashes ^ column) * FACTOR
            hashes ^= hashes >> np.uint64(29)
        windows = sliding_window_view(hashes, min(WINDOW, len(hashes)))
        chosen = np.unique(windows.argmin(axis=1) + np.arange(len(windows)))
        found: dict[int, set[int]] = {}
        for place in chosen.tolist():
            covered = found.setdefault(int(hashes[place]), set())
            covered.update(lines[place : place + GRAM].tolist())
        return cls(found)

    def without(self, others: set[int]) -> Self:
        """Return the fingerprints whose hashes are not among `others`."""
        return type(self)({h: lines for h, lines in self.lines.items() if h not in others})
