"""The table of versions covers what the package says it supports, and counts what was run."""

import re

from tests.versions import OLDEST, PAGE, PROJECT, PYTHONS, ROOT, ROW, Outcome, page

NEEDS_TORCH = "<testcase><error>E   ModuleNotFoundError: No module named 'torch'</error></testcase>"
WRONG = "<testcase><error>E   SyntaxError: invalid syntax</error></testcase>"


def report(*cases: str) -> str:
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"


def test_every_python_of_the_package_has_a_row():
    said = {line.split(" :: ")[-1] for line in PROJECT["classifiers"] if "Python :: 3." in line}
    rows = {match[1] for match in ROW.finditer(PAGE.read_text("utf-8"))}
    assert said <= {*PYTHONS} == rows


def test_the_table_begins_with_the_oldest_torch_and_ends_with_that_of_the_makefile():
    (lowest,) = (need for need in PROJECT["dependencies"] if need.startswith("torch"))
    assert lowest == f"torch>={OLDEST.removesuffix('.0')}"
    newest = re.search(r"(?m)^TORCH \?= torch==(\S+)$", (ROOT / "Makefile").read_text())
    assert newest and f"torch {newest[1]}, the newest" in PAGE.read_text("utf-8")


def test_tests_are_counted_by_how_they_ended():
    cases = ("<testcase/>", "<testcase><failure/></testcase>", "<testcase><skipped/></testcase>")
    assert Outcome.read(report(*cases, WRONG), torch=True) == Outcome(1, 2)
    assert f"{Outcome(1, 2)}" == "✗ 2 of 3 tests fail"
    assert f"{Outcome(1234)}" == "✓ 1,234 tests"
    assert f"{Outcome()}".startswith("✗")


def test_without_torch_only_a_failed_import_is_no_failure():
    assert Outcome.read(report(NEEDS_TORCH, WRONG), torch=False) == Outcome(0, 1, 1)
    assert Outcome.read(report(NEEDS_TORCH), torch=True) == Outcome(0, 1)


def test_a_row_is_found_again_on_the_page():
    rows = {"3.12": "| 3.12 | ✓ 5 tests | ✓ 6 tests |"}
    assert [match[0] for match in ROW.finditer(page(rows, "2.13.0"))] == [*rows.values()]
