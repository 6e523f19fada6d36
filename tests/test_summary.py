"""A screen is enough for any class: everybody of a small one; of a large one, who waits."""

import io

from rich.console import Console

from grader.summary import MANY, Summary
from tests.reports import a_class, a_report, ours


def shown(reports) -> str:
    file = io.StringIO()
    Summary(reports).show(Console(file=file, width=120))
    return file.getvalue()


def test_of_a_small_class_everybody_is_shown():
    said = shown(a_class(MANY))
    assert all(f"student{i:03}" in said for i in range(MANY))
    assert "Needs a person" not in said and "mean" not in said


def test_of_a_large_class_those_are_shown_who_need_a_person_and_the_others_in_figures():
    bad = a_report("zoe", results=(), problem="The file is empty.")
    said = shown([*a_class(MANY + 20), ours(), bad])
    assert "student000" not in said
    assert "oh.jimin" in said and "The file is empty." in said
    assert "mean 5.4, median 1 of 10; 30 with full marks; 2 for a person" in said


def test_no_more_lines_than_a_screen_has_but_everybody_is_counted():
    said = shown([a_report(f"s{i:03}", problem="Empty.") for i in range(MANY + 7)])
    assert f"s{MANY - 1:03}" in said and f"s{MANY:03}" not in said
    assert "and 7 more, see report.html" in said and f"{MANY + 7} for a person" in said


def test_a_large_class_without_any_score_has_a_summary():
    summary = Summary(ours() for _ in range(MANY + 1))
    assert summary.figures() == f"{MANY + 1} for a person"
