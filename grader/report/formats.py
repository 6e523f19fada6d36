"""A class for other programs: JSON lines with everything, JUnit XML, and the table of grades."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from itertools import islice

from ..csv_table import written
from ..model.language import DEFAULT, speaker
from ..model.result import Result, Status
from ..model.standing import Standing
from ..model.translation import NONE
from .columns import AFTER, BEFORE
from .junit import Case, document, suite
from .roll import Roll
from .sanitize import shown, whole, worded

PAGE = 200
"""Rows written at a time."""


def jsonl(standings: Iterable[Standing], language: str = DEFAULT) -> Iterator[str]:
    """Yield one JSON object per student and line: the whole Standing, and what follows from it.

    For the course team: it includes details and what the code printed.
    """
    say = speaker(language)
    for standing in standings:
        said = asdict(replace(worded(standing, say), translations=NONE))
        del said["translations"]
        said |= {
            **said.pop("judgement"),
            "score": standing.score,
            "max_score": standing.judgement.max_score,
            "points": {question: standing.points(question) for question in standing.questions},
        }
        yield f"{json.dumps(said)}\n"


def junit(standings: Iterable[Standing], language: str = DEFAULT) -> Iterator[str]:
    """Yield JUnit XML: a suite per student, a case per check."""
    say = speaker(language)
    in_words = (shown(standing, say) for standing in standings)
    yield from document(
        suite(s.student, map(_case, s.judgement.results), f"{s.judgement.problem}")
        for s in in_words
    )


def _case(result: Result) -> Case:
    if result.status is Status.PASSED:
        return Case(result.question, result.check, seconds=result.seconds)
    endings = {Status.FAILED: "failure", Status.NOT_RUN: "skipped"}
    return Case(
        result.question, result.check, endings.get(result.status, "error"), f"{result.sentence}",
        result.status, whole(result), result.seconds,
    )  # fmt: skip


def grades_csv(roll: Roll) -> Iterator[str]:
    """Yield one row per student (RFC 4180); an unjudged one has an empty cell, not a zero."""
    names = roll.questions
    yield written([[*BEFORE, *names, *AFTER]])
    rows = ([*row.before, *map(row.points.get, names), *row.after] for row in roll)
    while page := list(islice(rows, PAGE)):
        yield written(page)


def _table(standings: Iterable[Standing], language: str = DEFAULT) -> Iterator[str]:
    return grades_csv(Roll.of(standings, language))


FORMATS: dict[str, Callable[[Iterable[Standing], str], Iterator[str]]] = {
    ".jsonl": jsonl,
    ".xml": junit,
    ".csv": _table,
}
"""The writers, by the suffix of the file."""
