"""Outcomes of an assignment's checks by candidate, and the figures drawn from them."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from statistics import fmean
from typing import Any

from ..checking.mistake import Mistake
from ..compare.margin import Margin
from ..course.assignment import Assignment
from ..model.result import CAUSES, Result, Status
from .case import AND, Kind, Outcome
from .confusion import Row, counted, pairs


def failed(outcome: Outcome) -> list[Result]:
    """Return the failures of a candidate; checks that were not run prove nothing."""
    return [result for result in outcome.results if result.status in CAUSES]


def share(outcome: Outcome, question: str) -> float:
    """Return which share of a question's points a candidate has earned."""
    results = [result for result in outcome.results if result.question == question]
    return sum(r.earned for r in results) / (sum(r.points for r in results) or 1)


def nearest_right(outcomes: Iterable[Outcome], *, coarse: bool) -> float:
    """Return how close correct code comes to the tolerance; above 1, an attempt was abandoned."""
    margins = (margin for outcome in outcomes for margin in outcome.margins)
    return max((m.ratio for m in margins if m.ratio <= 1 and m.coarse == coarse), default=0.0)


def farthest_wrong(outcome: Outcome) -> Margin | None:
    """Return how far wrong code goes beyond the tolerance, or None where no number decides."""
    beyond = [margin for margin in outcome.margins if margin.ratio > 1]
    return max(beyond) if beyond and failed(outcome) else None


class Evidence:
    """The outcomes of all cases of one assignment."""

    def __init__(
        self,
        assignment: Assignment,
        mistakes: Sequence[Mistake],
        variants: dict[str, set[str]],
        outcomes: Iterable[Outcome],
    ) -> None:
        self.assignment = assignment
        self.mistakes = [mistake for mistake in mistakes if not mistake.equivalent]
        self.equivalents = [mistake for mistake in mistakes if mistake.equivalent]
        self.variants = variants
        """Of each variant's file, the questions that it answers."""
        self._outcomes: defaultdict[tuple[Kind, str], list[Outcome]] = defaultdict(list)
        for outcome in sorted(outcomes, key=lambda outcome: outcome.case.draw):
            self._outcomes[outcome.case.kind, outcome.case.name].append(outcome)

    def of(self, kind: Kind, name: str = "") -> list[Outcome]:
        """Return the outcomes of one candidate, draw by draw."""
        return self._outcomes[kind, name]

    def every(self, kind: Kind) -> list[Outcome]:
        """Return the outcomes of all candidates of a kind."""
        return [o for (k, _), found in self._outcomes.items() if k == kind for o in found]

    @property
    def right(self) -> list[Outcome]:
        """The outcomes of everything that is correct."""
        equivalents = [o for m in self.equivalents for o in self.of("mistake", m.name)]
        return [*self.every("solution"), *self.every("variant"), *equivalents]

    def sound(self) -> "Evidence":
        """Return the evidence without checks that the solution fails: everything fails these."""
        bad = {r.check for o in self.of("solution") for r in o.results if not _is_passed(r)}
        if not bad:
            return self
        outcomes = (
            replace(o, results=tuple(r for r in o.results if r.check not in bad))
            for found in self._outcomes.values()
            for o in found
        )
        mistakes = [*self.mistakes, *self.equivalents]
        return Evidence(self.assignment, mistakes, self.variants, outcomes)

    def mistake(self, mistake: Mistake) -> Outcome:
        """Return what came of a mistake."""
        return self.of("mistake", mistake.name)[0]

    @cached_property
    def explained(self) -> list[Row]:
        """What is said of each mistake; those are left out that cannot be judged."""
        return list(self._said("mistake", [(m,) for m in self.mistakes]))

    @cached_property
    def paired(self) -> list[Row]:
        """What is said of two mistakes together, wherever both can be made."""
        return list(self._said("pair", pairs(self.mistakes)))

    def _said(self, kind: Kind, made: Iterable[tuple[Mistake, ...]]) -> Iterator[Row]:
        sentences = {mistake.name: mistake.sentence for mistake in self.mistakes}
        for mistakes in made:
            for outcome in self.of(kind, AND.join(mistake.name for mistake in mistakes)):
                if not outcome.problem:
                    ended = kind == "mistake" and self._is_ended(mistakes[0])
                    yield Row(mistakes, outcome.told, sentences, ended)

    def _is_ended(self, mistake: Mistake) -> bool:
        """Whether the sandbox has ended a mistake's first failure: then that is the reason."""
        lost = [r for r in failed(self.mistake(mistake)) if r.question == mistake.question]
        return bool(lost) and _is_ended(lost[0])

    def is_killed(self, mistake: Mistake) -> bool:
        """Tell whether a mistake fails a hidden check of its own question."""
        losses = failed(self.mistake(mistake))
        return any(r.question == mistake.question and not r.public for r in losses)

    @property
    def checks(self) -> list[Result]:
        """The hidden checks, as they ended on the solution."""
        return [result for result in self.of("solution")[0].results if not result.public]

    def killers(self, check: str) -> list[Mistake]:
        """Return the mistakes that a check fails."""
        return [m for m in self.mistakes if any(r.check == check for r in failed(self.mistake(m)))]

    def figures(self) -> dict[str, Any]:
        """Return the figures to publish; times are in ms, margins in shares of the tolerance."""
        wrong = [self.mistake(mistake) for mistake in self.mistakes]
        margins = [margin for outcome in wrong if (margin := farthest_wrong(outcome))]
        passed = [o for o in self.right if o.results and all(map(_is_passed, o.results))]
        stubs = [
            share(outcome, question)
            for outcome in self.every("stub")
            for question in self.assignment.questions
        ]
        return {
            "mistakes": len(self.mistakes),
            "killed": sum(self.is_killed(mistake) for mistake in self.mistakes),
            "explained": sum(row.verdict in ("own", "likely", "ended") for row in self.explained),
            "explanations": counted(self.explained),
            "pairs": counted(self.paired),
            "equivalent": len(self.equivalents),
            "variants": len(self.variants),
            "draws": len(self.of("solution")),
            "correct runs": len(self.right),
            "correct runs that passed": len(passed),
            "nearest right": nearest_right(passed, coarse=False),
            "nearest right in float32": nearest_right(passed, coarse=True),
            "farthest wrong": _least(margin.ratio for margin in margins if not margin.coarse),
            "farthest wrong in float32": _least(m.ratio for m in margins if m.coarse),
            "best stub": max(stubs, default=0.0),
            "draws of references": sum(outcome.case.draws for outcome in self.every("reference")),
            "killers": {c.check: len(self.killers(c.check)) for c in self.checks},
            "ms": {c.check: 1000 * self._seconds(c.check) for c in self.checks},
        }

    def _seconds(self, check: str) -> float:
        """Return the mean time of a check on the solution, without a sandbox."""
        every = (result for outcome in self.of("solution") for result in outcome.results)
        return fmean(result.seconds for result in every if result.check == check)


def _least(ratios: Iterable[float]) -> float | None:
    return min((ratio for ratio in ratios if math.isfinite(ratio)), default=None)


def _is_ended(result: Result) -> bool:
    """Whether the sandbox has ended the call, and said why."""
    return result.forbidden or result.status in (Status.TIMED_OUT, Status.OUT_OF_MEMORY)


def _is_passed(result: Result) -> bool:
    return result.status is Status.PASSED
