"""JUnit XML, as CI systems show it: suites of cases, each with how it ended."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.etree import ElementTree as XML

from .sanitize import clean


class Case(NamedTuple):
    """One test case."""

    group: str
    name: str
    ending: str = ""
    """failure, error or skipped; empty if it passed."""
    message: str = ""
    kind: str = ""
    text: str = ""
    seconds: float | None = None


def suite(name: str, cases: Iterable[Case], problem: str = "") -> str:
    """Return a suite, with counts of how its cases ended."""
    made = XML.Element("testsuite", name=_text(name))
    for case in cases:
        _add(made, case)
    made.set("tests", f"{len(made)}")
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        made.set(count, f"{len(made.findall(f'*/{tag}'))}")
    if problem:
        XML.SubElement(made, "system-err").text = _text(problem)
    XML.indent(made, level=1)
    return f"  {XML.tostring(made, 'unicode')}\n"


def document(suites: Iterable[str]) -> Iterator[str]:
    """Yield a file of these suites."""
    yield "<?xml version='1.0' encoding='utf-8'?>\n<testsuites>\n"
    yield from suites
    yield "</testsuites>\n"


def _add(suite: XML.Element, case: Case) -> None:
    made = XML.SubElement(suite, "testcase", classname=_text(case.group), name=_text(case.name))
    if case.seconds is not None:
        made.set("time", f"{case.seconds:.3f}")
    if case.ending:
        ending = XML.SubElement(made, case.ending, message=_text(case.message))
        if case.kind:
            ending.set("type", case.kind)
        ending.text = _text(case.text) or None


def _text(text: str) -> str:
    """Sanitize text; XML lacks two characters that Unicode allows."""
    return clean(text).translate({0xFFFE: "\ufffd", 0xFFFF: "\ufffd"})
