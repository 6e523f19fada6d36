"""Other programs get all of a class, in formats that they can read."""

import csv
import io
import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from grader.model.result import Status
from grader.model.standing import Override
from grader.report.formats import grades_csv, jsonl, junit
from grader.report.roll import Roll
from grader.report.sanitize import clean
from tests.store.test_store import RESULTS, STANDING
from tests.support.standings import a_standing, changed, decided, filled_with, ours

DECIDED = changed(STANDING, student="lee", overrides=(Override("two", 1.5, "√"),))


def test_json_lines_hold_everything():
    first, second = map(json.loads, jsonl([STANDING, DECIDED]))
    assert (first["student"], first["score"], first["max_score"]) == ("kim", 2, 5)
    assert first["points"] == {"one": 2, "two": 0}
    assert first["results"][1]["message"] == RESULTS[1].message, "a lone surrogate, too"
    assert (second["score"], second["points"]["two"]) == (3.5, 1.5)
    assert second["overrides"] == [{"question": "two", "points": 1.5, "comment": "√"}]


def test_junit_has_a_suite_per_student_and_counts_what_is_in_it():
    others = [replace(RESULTS[0], status=s) for s in (Status.TIMED_OUT, Status.NOT_RUN)]
    whole = changed(STANDING, results=(*RESULTS, *others), problem="Odd.")
    (suite,) = ElementTree.fromstringlist(junit([whole]))
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
    hostile = changed(STANDING, results=(replace(RESULTS[1], message=everything + "]]><x>"),))
    (suite,) = ElementTree.fromstringlist(junit([hostile]))
    assert suite.findtext("testcase/failure").endswith("]]><x>")


def test_the_table_has_a_column_per_question_and_per_status() -> None:
    head, row = csv.reader(grades_csv(Roll.of([a_standing(problem="Half a file.")])))
    table = dict(zip(head, row, strict=True))
    assert (table["student"], table["file"]) == ("kim.minjun", "과제3.ipynb")
    assert (table["score"], table["max"]) == ("1", "10")
    assert (table["split_heads"], table["merge_heads"]) == ("1", "0")
    assert [table[s] for s in Status] == ["1", "2", "1", "0", "0", "2", "0"]
    assert table["problem"] == "Half a file."


def test_what_is_not_judged_is_an_empty_cell_and_not_a_zero() -> None:
    head, row = csv.reader(grades_csv(Roll.of([ours()])))
    table = dict(zip(head, row, strict=True))
    assert (table["score"], table["split_heads"], table["merge_heads"]) == ("", "", "0")


@pytest.mark.parametrize(
    "formula",
    [
        '=HYPERLINK("https://x.example")',
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\n=1",
        " =1",
        "＝1",
        "\r=1",
    ],
)
def test_no_cell_is_a_formula(formula: str) -> None:
    head, row = csv.reader(grades_csv(Roll.of([filled_with(formula)])))
    shown = clean(formula)
    assert row[:3] == [f"'{shown}"] * 3
    assert row[-1] == f"'{shown}" and f"'{shown}" in head
    assert all(cell.isdigit() or cell == "" or cell == f"'{shown}" for cell in row)


def test_commas_quotes_and_line_ends_survive_the_table() -> None:
    text = "".join(
        grades_csv(Roll.of([a_standing(problem='Say "no",\nthen go.'), a_standing("zoe")]))
    )
    assert text.count("\r\n") == 3
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[1][-1] == 'Say "no",\nthen go.'
    assert len({len(row) for row in rows}) == 1


def test_the_table_says_what_was_decided_by_hand() -> None:
    (row,) = csv.DictReader(grades_csv(Roll.of([decided(comment="=1")])))
    assert (row["score"], row["split_heads"], row["merge_heads"]) == ("2.5", "2.5", "0")
    assert row["decided by hand"] == "split_heads" and row["comments"] == "split_heads: =1"
