"""What `grader verify` has found: the kill matrix as a page, JUnit's XML, and JSON."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from ..checking.mistake import Mistake
from ..compare.margin import Margin
from ..model.result import CAUSES, Result, Status
from ..report.junit import Case, suite
from ..report.page import template
from .claims import Claim
from .confusion import Row as Said
from .confusion import counted
from .evidence import Evidence, farthest_wrong

Verified = tuple[Evidence, list[Claim]]


Cell = tuple[str, Status | None]
"""A check, and how it ended; None where nothing is known."""


@dataclass(frozen=True)
class Row:
    """What the hidden checks made of one mistake."""

    mistake: Mistake
    cells: list[list[Cell]]
    """Question by question."""
    said: Said | None
    """By what it is explained."""
    margin: Margin | None


def rows(evidence: Evidence) -> Iterator[Row]:
    """Yield the rows of the kill matrix, question by question."""
    order = evidence.assignment.questions
    for mistake in sorted(evidence.mistakes, key=lambda m: order.index(m.question)):
        outcome = evidence.mistake(mistake)
        ended = {result.check: result.status for result in outcome.results}
        yield Row(
            mistake,
            [[(c.check, ended.get(c.check)) for c in group] for _, group in _checks(evidence)],
            next((row for row in evidence.explained if row.made == (mistake,)), None),
            farthest_wrong(outcome),
        )


def confusion(said: Sequence[Said]) -> Iterator[tuple[str, list[str], list[tuple[Said, str]]]]:
    """Yield, of each question, its sentences and what is said of its mistakes.

    A row comes with the sentence that is its own.
    """
    for question, group in groupby(said, lambda row: row.made[0].question):
        found = [(row, row.made[0].sentence) for row in group]
        yield question, list(dict.fromkeys(own for _, own in found)), found


def page(verified: Sequence[Verified]) -> str:
    """Return the kill matrices and the defects as a page."""
    parts = [
        {
            "title": evidence.assignment.title,
            "figures": evidence.figures(),
            "defects": [claim for claim in claims if claim.defect],
            "claims": len(claims),
            "questions": _checks(evidence),
            "rows": [
                (q, list(g)) for q, g in groupby(rows(evidence), lambda r: r.mistake.question)
            ],
            "confusion": list(confusion(evidence.explained)),
            "pairs": counted(evidence.paired),
        }
        for evidence, claims in verified
    ]
    return template("verify.html").render(parts=parts)


def summary(evidence: Evidence) -> str:
    """Return the figures that matter most, in one line."""
    figures = evidence.figures()
    return (
        f"{figures['killed']} of {figures['mistakes']} mistakes killed, "
        f"{figures['explained']} explained by their own sentence and "
        f"{figures['explanations']['other']} by another one, "
        f"{figures['correct runs that passed']} of {figures['correct runs']} correct runs passed; "
        f"{points(evidence)}"
    )


def points(evidence: Evidence) -> str:
    """Return how many points there are, and for what: nobody else would see a slipped number."""
    of: Counter[str] = Counter()
    for check in evidence.checks:
        of[check.question] += check.points
    return f"{of.total()} points: {', '.join(f'{name} {n}' for name, n in of.items())}"


def junit(verified: Sequence[Verified]) -> str:
    """Return a JUnit suite of each assignment, with a case for each claim."""
    return "".join(suite(e.assignment.name, map(_case, claims)) for e, claims in verified)


def _case(claim: Claim) -> Case:
    ending = ("failure", f"{claim.subject} {claim.defect}") if claim.defect else ()
    return Case(claim.file, f"{claim.subject} {claim.states}", *ending)


def results(verified: Sequence[Verified]) -> str:
    """Return figures, defects and the kill matrix of every assignment as JSON."""
    whole = {
        evidence.assignment.name: {
            "figures": evidence.figures(),
            "defects": [str(claim) for claim in claims if claim.defect],
            "killed by": {
                row.mistake.name: [
                    check for check, status in chain.from_iterable(row.cells) if status in CAUSES
                ]
                for row in rows(evidence)
            },
            "explained by": {row.name: row.said for row in (*evidence.explained, *evidence.paired)},
        }
        for evidence, claims in verified
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _checks(evidence: Evidence) -> list[tuple[str, list[Result]]]:
    return [(name, list(group)) for name, group in groupby(evidence.checks, lambda c: c.question)]
