"""A screen is enough for any class: everybody of a small one; of a large one, who waits."""

import io
import json
from pathlib import Path

from rich.console import Console

from grader.cli.summary import MANY, Summary
from grader.model.errors import ExitCode
from grader.model.result import Status
from grader.report.roll import Roll
from tests.support.standings import a_class, a_standing, ours, with_results


def shown(standings) -> str:
    file = io.StringIO()
    Summary(Roll.of(standings)).show(Console(file=file, width=120))
    return file.getvalue()


def test_of_a_small_class_everybody_is_shown():
    said = shown(a_class(MANY))
    assert all(f"student{i:03}" in said for i in range(MANY))
    assert "Needs a person" not in said and "mean" not in said


def test_of_a_large_class_those_are_shown_who_need_a_person_and_the_others_in_figures():
    bad = a_standing("zoe", results=(), problem="The file is empty.")
    said = shown([*a_class(MANY + 20), ours(), bad])
    assert "student000" not in said
    assert "oh.jimin" in said and "The file is empty." in said
    assert "mean 5.4, median 1 of 10; 30 with full marks; 2 for a person" in said


def test_no_more_lines_than_a_screen_has_but_everybody_is_counted():
    said = shown([a_standing(f"s{i:03}", problem="Empty.") for i in range(MANY + 7)])
    assert f"s{MANY - 1:03}" in said and f"s{MANY:03}" not in said
    assert "and 7 more, see report.html" in said and f"{MANY + 7} for a person" in said


def test_a_large_class_without_any_score_has_a_summary():
    summary = Summary(Roll.of([ours() for _ in range(MANY + 1)]))
    assert str(summary.figures()) == f"{MANY + 1} for a person"


def test_counts_say_how_submissions_and_checks_ended():
    summary = Summary(Roll.of([*a_class(4), ours()]))
    said = json.loads(summary.as_json("attention", Path("out"), 3, ExitCode.PERSON))
    assert said["submissions"] == 5 and said["judged_now"] == 3
    assert said["outcomes"] == {"failed": 2, "for_a_person": 1, "full_marks": 2}
    assert said["checks"]["passed"] == 15 and said["checks"]["grader_error"] == 1
    assert said["for_a_person"] == ["oh.jimin"]
    assert said["mean_score"] == 5.5 and said["max_score"] == 10


def test_a_class_without_scores_has_no_mean():
    said = json.loads(Summary(Roll.of([])).as_json("attention", Path("out"), 0, ExitCode.FINE))
    assert said["mean_score"] is None and said["submissions"] == 0


def test_what_is_not_filled_in_is_called_that_and_no_error():
    blank = with_results(Status.STUDENT_ERROR, error="NotImplementedError")
    summary = Summary(Roll.of([blank]))
    assert summary._first[0][3] == "split_heads, not filled in yet"
    assert summary.outcomes == {"not_filled_in": 1}


def test_who_has_a_name_is_called_by_it():
    summary = Summary(Roll.of([a_standing("4711", name="Kim Minjun"), a_standing("4712")]))
    assert [line[0] for line in summary._first] == ["Kim Minjun · 4711", "4712"]
