"""What a class is told of a student, and that it comes back from the store as it was."""

from dataclasses import replace

import pytest

from grader.model.result import Status
from grader.model.verdict import Override
from grader.report.outcome import FULL, PERSON
from grader.report.standing import Roll, Standing
from tests.support.reports import (
    RESULTS,
    a_class,
    a_report,
    decided,
    filled_with,
    ours,
    with_results,
)

SEVERAL = [
    a_report(), ours(), decided(), decided(None, "Well."), a_report("none", results=()),
    a_report("torn", problem="Half a file.", results=()), with_results(Status.TIMED_OUT),
    filled_with("<\ud800>\x07"), a_report("late", hours_late=3.5, late_rule="score / 2"),
]  # fmt: skip


@pytest.mark.parametrize("report", SEVERAL, ids=lambda report: report.student[:4])
def test_a_standing_comes_back_as_it_was_written(report):
    standing = Standing.of(report)
    assert Standing.read(standing.written()) == standing


@pytest.mark.parametrize("report", SEVERAL[:7], ids=lambda report: report.student[:4])
def test_a_standing_says_what_the_report_says(report):
    standing = Standing.of(report)
    assert (standing.score, standing.max_score) == (report.score, report.max_score)
    assert standing.points == {q: report.points(q) for q in report.questions}
    assert standing.statuses == [result.status for result in report.results]
    assert standing.passed == standing.statuses.count(Status.PASSED)


def test_the_first_failure_of_each_question_is_named_and_only_that():
    known = replace(RESULTS[1], mistake="no_scale")
    standing = Standing.of(a_report(results=(RESULTS[0], known, *RESULTS[2:])))
    assert [(f.question, f.place, f.mistake) for f in standing.firsts] == [
        ("split_heads", 1, "no_scale"), ("merge_heads", 5, ""),
    ]  # fmt: skip
    assert standing.mistakes == "no_scale"


def test_the_same_failure_has_the_same_key_and_another_message_another_one():
    one, same = Standing.of(a_report("a")), Standing.of(a_report("b"))
    other = Standing.of(a_report(results=(replace(RESULTS[1], message="Other numbers."),)))
    assert one.firsts == same.firsts
    assert other.firsts[0].key != one.firsts[0].key


@pytest.mark.parametrize(
    ("report", "outcome"),
    [(a_class(2)[1], FULL), (ours(), PERSON), (a_report(), Status.FAILED)],
    ids=["full", "ours", "failed"],
)
def test_a_standing_says_how_a_submission_ended(report, outcome):
    assert Standing.of(report).outcome == outcome
    assert Standing.of(report).for_a_person == (outcome == PERSON)


def test_decisions_of_a_person_are_told():
    report = a_report(
        overrides=(Override("split_heads", 1.5, "Well."), Override("merge_heads", None, "Look."))
    )
    standing = Standing.of(report)
    assert standing.decided == ("split_heads",)
    assert standing.comments == "split_heads: Well.; merge_heads: Look."


def test_a_roll_shows_checks_by_the_first_who_was_judged_by_them():
    asked: list[str] = []
    reports = {report.student: report for report in a_class(3)}

    def report(student: str):
        asked.append(student)
        return reports[student]

    roll = Roll([Standing.of(r) for r in reports.values()], report)
    sentences = [[check.sentence for check in roll.checks(standing)] for standing in roll]
    assert sentences == [[result.sentence for result in RESULTS]] * 3 and asked == ["student000"]
