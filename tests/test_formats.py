"""Other programs get all of a class, in formats that they can read."""

import json
from dataclasses import replace
from xml.etree import ElementTree

from grader.formats import jsonl, junit
from grader.verdict import Override, Status
from tests.test_store import REPORT, RESULTS

DECIDED = replace(REPORT, student="lee", overrides=(Override("two", 1.5, "√"),))


def test_json_lines_hold_everything():
    first, second = map(json.loads, jsonl([REPORT, DECIDED]).splitlines())
    assert (first["student"], first["score"], first["max_score"]) == ("kim", 2, 5)
    assert first["points"] == {"one": 2, "two": 0}
    assert first["results"][1]["message"] == RESULTS[1].message, "a lone surrogate, too"
    assert (second["score"], second["points"]["two"]) == (3.5, 1.5)
    assert second["overrides"] == [{"question": "two", "points": 1.5, "comment": "√"}]


def test_junit_has_a_suite_per_student_and_counts_what_is_in_it():
    others = [replace(RESULTS[0], status=s) for s in (Status.TIMED_OUT, Status.NOT_RUN)]
    whole = replace(REPORT, results=(*RESULTS, *others), problem="Odd.")
    (suite,) = ElementTree.fromstring(junit([whole]))
    assert suite.attrib == {
        "name": "kim", "tests": "4", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    passed, failed, error, skipped = suite.findall("testcase")
    assert passed.get("classname") == "one" and len(passed) == 0
    assert failed[0].tag == "failure" and failed[0].get("message") == "Two √ holds."
    assert (error[0].tag, error[0].get("type")) == ("error", "timed_out")
    assert skipped[0].tag == "skipped" and suite.findtext("system-err") == "Odd."


def test_junit_is_xml_whatever_a_student_writes():
    everything = "".join(map(chr, (*range(0x300), *range(0xD7F0, 0xE010), 0xFFFE, 0xFFFF)))
    hostile = replace(REPORT, results=(replace(RESULTS[1], message=everything + "]]><x>"),))
    (suite,) = ElementTree.fromstring(junit([hostile]))
    assert suite.findtext("testcase/failure").endswith("]]><x>")
