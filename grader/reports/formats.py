"""A class for other programs: JSON lines with everything, JUnit XML, and the table of grades."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from xml.etree import ElementTree as XML

from ..verdict import Report, Result, Status, questions
from .clean import clean, cleaned
from .spreadsheet import written

LAST = ("hours late", "decided by hand", "comments", "problem")


def jsonl(reports: Iterable[Report]) -> Iterator[str]:
    """Yield one JSON object per student and line: all of the Report, and what follows from it.

    For the course team: the details and what the code has printed are in it.
    """
    for report in reports:
        said = {
            **asdict(report),
            "score": report.score,
            "max_score": report.max_score,
            "points": {question: report.points(question) for question in report.questions},
        }
        yield f"{json.dumps(said)}\n"


def junit(reports: Iterable[Report]) -> Iterator[str]:
    """Yield JUnit XML: a suite per student, a case per check, as CI systems show them."""
    yield "<?xml version='1.0' encoding='utf-8'?>\n<testsuites>\n"
    for report in reports:
        suite = XML.Element("testsuite", name=_text(report.student))
        for result in report.results:
            _case(suite, result)
        suite.set("tests", f"{len(report.results)}")
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(count, f"{len(suite.findall(f'*/{tag}'))}")
        if report.problem:
            XML.SubElement(suite, "system-err").text = _text(report.problem)
        XML.indent(suite, level=1)
        yield f"  {XML.tostring(suite, 'unicode')}\n"
    yield "</testsuites>\n"


def _text(text: str) -> str:
    """Make text harmless; XML has no place for two characters that Unicode allows."""
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
    ending.text = _text(result.message)


def grades_csv(reports: Iterable[Report]) -> Iterator[str]:
    """Yield one row per student (RFC 4180); what is not judged is an empty cell, never a zero.

    `reports` are walked twice: the questions stand in the first row.
    """
    names = questions(map(cleaned, reports))
    yield written([["student", "file", "sha256", "score", "max", *names, *Status, *LAST]])
    for r in map(cleaned, reports):
        earned = [r.points(question) for question in names]
        counts = Counter(result.status for result in r.counted)
        row = [r.student, r.file, r.sha256, r.score, r.max_score, *earned]
        late = r.hours or None
        said = "; ".join(f"{o.question}: {o.comment}" for o in r.overrides if o.comment)
        by_hand = [" ".join(r.decided), said]
        yield written([[*row, *(counts[status] for status in Status), late, *by_hand, r.problem]])


FORMATS: dict[str, Callable[[Iterable[Report]], Iterator[str]]] = {
    ".jsonl": jsonl,
    ".xml": junit,
    ".csv": grades_csv,
}
"""What the end of a file's name asks for."""
