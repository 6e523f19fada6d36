"""Whether each mistake is explained by its own sentence rather than another's.

Each mistake in the solution, and each pair, is explained like a submission. The explanation may be
the mistake's own sentence, which mistakes with indistinguishable numbers share. For a pair, either
sentence will do, because one may hide the other. Any other sentence is wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, get_args

from ..checking.explain import MOST_PAIRED, Hypothesis, together
from ..checking.mistake import Mistake

Verdict = Literal["own", "likely", "ended", "none", "other"]
"""Equal numbers show the mistake; it ends like that; the sandbox has ended it, and has said why;
nothing is said; another one is named."""


def pairs(mistakes: Sequence[Mistake]) -> list[tuple[Mistake, Mistake]]:
    """Return the pairs that are sought in a submission, question by question."""
    known: dict[str, list[Mistake]] = {}
    for mistake in mistakes:
        if not mistake.equivalent:
            known.setdefault(mistake.question, []).append(mistake)
    return [pair for group in known.values() for pair in combinations(group[:MOST_PAIRED], 2)]


@dataclass(frozen=True)
class Row:
    """One mistake or a pair, and what is said about it."""

    made: tuple[Mistake, ...]
    told: Hypothesis | None
    sentences: dict[str, str]
    """Of all mistakes, by name."""
    ended: bool = False
    """Whether the sandbox has ended it, by a limit or as forbidden."""

    @property
    def name(self) -> str:
        """The names of what was made."""
        return " + ".join(mistake.name for mistake in self.made)

    @property
    def said(self) -> list[str]:
        """The sentences that a student reads."""
        if self.told is None:
            return []
        names = (name for text in self.told.mistakes for name in text.split(" + "))
        return list(dict.fromkeys(self.sentences[name] for name in names))

    @property
    def others(self) -> list[str]:
        """The names of mistakes that were not made, but are claimed."""
        if self.told is None:
            return []
        own = {f"{together(self.made)}", *(mistake.sentence for mistake in self.made)}
        names = (name for text in self.told.mistakes for name in text.split(" + "))
        return list(dict.fromkeys(name for name in names if self.sentences[name] not in own))

    @property
    def verdict(self) -> Verdict:
        """What became of it."""
        if self.told is None:
            return "ended" if self.ended else "none"
        if self.others:
            return "other"
        return "own" if self.told.by_numbers else "likely"


def counted(rows: Sequence[Row]) -> dict[str, int]:
    """Return how many rows there are of each verdict."""
    verdicts = [row.verdict for row in rows]
    return {verdict: verdicts.count(verdict) for verdict in get_args(Verdict)}
