"""A class for other programs: JSON lines with everything, JUnit XML, and the table of grades."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from xml.etree import ElementTree as XML

from ..csv_table import written
from ..model.language import DEFAULT, speaker
from ..model.result import Result, Status
from ..model.verdict import Report
from .sanitize import clean, shown, whole, worded
from .standing import ENDINGS, Roll, Standing

PAGE = 200
"""Rows written at a time."""
LAST = ("hours late", "decided by hand", "comments", "problem")


def jsonl(reports: Iterable[Report], language: str = DEFAULT) -> Iterator[str]:
    """Yield one JSON object per student and line: the whole Report, and what follows from it.

    For the course team: it includes details and what the code printed.
    """
    say = speaker(language)
    for report in reports:
        said = {
            **asdict(worded(report, say)),
            "score": report.score,
            "max_score": report.max_score,
            "points": {question: report.points(question) for question in report.questions},
        }
        yield f"{json.dumps(said)}\n"


def junit(reports: Iterable[Report], language: str = DEFAULT) -> Iterator[str]:
    """Yield JUnit XML: a suite per student, a case per check, as CI systems show them."""
    say = speaker(language)
    yield "<?xml version='1.0' encoding='utf-8'?>\n<testsuites>\n"
    for report in (shown(report, say) for report in reports):
        suite = XML.Element("testsuite", name=_text(report.student))
        for result in report.results:
            _case(suite, result)
        suite.set("tests", f"{len(report.results)}")
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(count, f"{len(suite.findall(f'*/{tag}'))}")
        if report.problem:
            XML.SubElement(suite, "system-err").text = _text(f"{report.problem}")
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
    ending = XML.SubElement(case, tags.get(result.status, "error"), message=_text(result.sentence))
    ending.set("type", result.status)
    ending.text = _text(whole(result))


def grades_csv(roll: Roll) -> Iterator[str]:
    """Yield one row per student (RFC 4180); an unjudged one has an empty cell, not a zero."""
    names = roll.questions
    yield written([["student", "file", "sha256", "score", "max", *names, *Status, *LAST]])
    rows = (_row(standing, names) for standing in roll)
    while page := list(islice(rows, PAGE)):
        yield written(page)


def _row(s: Standing, names: Sequence[str]) -> list[object]:
    row = [s.student, s.file, s.sha256, s.score, s.max_score, *map(s.points.get, names)]
    counts = [s.endings.count(letter) for letter in ENDINGS.values()]
    return [*row, *counts, s.hours or None, " ".join(s.decided), s.comments, s.problem]


def _table(reports: Iterable[Report], language: str = DEFAULT) -> Iterator[str]:
    return grades_csv(Roll.of(reports, language))


FORMATS: dict[str, Callable[[Iterable[Report], str], Iterator[str]]] = {
    ".jsonl": jsonl,
    ".xml": junit,
    ".csv": _table,
}
"""The writers, by the suffix of the file."""
