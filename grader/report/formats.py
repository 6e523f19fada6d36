"""A class for other programs: JSON lines with everything, JUnit XML, and the table of grades."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from xml.etree import ElementTree as XML

from ..csv_table import written
from ..model.language import DEFAULT, speaker
from ..model.result import Result, Status
from ..model.standing import Standing
from .columns import AFTER, BEFORE
from .roll import Roll
from .sanitize import clean, shown, whole, worded

PAGE = 200
"""Rows written at a time."""


def jsonl(standings: Iterable[Standing], language: str = DEFAULT) -> Iterator[str]:
    """Yield one JSON object per student and line: the whole Standing, and what follows from it.

    For the course team: it includes details and what the code printed.
    """
    say = speaker(language)
    for standing in standings:
        said = asdict(worded(standing, say))
        said |= {
            **said.pop("judgement"),
            "score": standing.score,
            "max_score": standing.judgement.max_score,
            "points": {question: standing.points(question) for question in standing.questions},
        }
        yield f"{json.dumps(said)}\n"


def junit(standings: Iterable[Standing], language: str = DEFAULT) -> Iterator[str]:
    """Yield JUnit XML: a suite per student, a case per check, as CI systems show them."""
    say = speaker(language)
    yield "<?xml version='1.0' encoding='utf-8'?>\n<testsuites>\n"
    for standing in (shown(standing, say) for standing in standings):
        judgement = standing.judgement
        suite = XML.Element("testsuite", name=_text(standing.student))
        for result in judgement.results:
            _case(suite, result)
        suite.set("tests", f"{len(judgement.results)}")
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(count, f"{len(suite.findall(f'*/{tag}'))}")
        if judgement.problem:
            XML.SubElement(suite, "system-err").text = _text(f"{judgement.problem}")
        XML.indent(suite, level=1)
        yield f"  {XML.tostring(suite, 'unicode')}\n"
    yield "</testsuites>\n"


def _text(text: str) -> str:
    """Sanitize text; XML lacks two characters that Unicode allows."""
    return clean(text).translate({0xFFFE: "\ufffd", 0xFFFF: "\ufffd"})


def _case(suite: XML.Element, result: Result) -> None:
    case = XML.SubElement(
        suite, "testcase", classname=_text(result.question), name=_text(result.check),
        time=f"{result.seconds:.3f}",
    )  # fmt: skip
    if result.status is Status.PASSED:
        return
    tags = {Status.FAILED: "failure", Status.NOT_RUN: "skipped"}
    ending = XML.SubElement(
        case, tags.get(result.status, "error"), message=_text(f"{result.sentence}")
    )
    ending.set("type", result.status)
    ending.text = _text(whole(result))


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
