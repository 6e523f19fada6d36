"""Points are earned by what passed, and there is no score while anything is ours to repair."""

from dataclasses import replace

from grader.model.result import Result, Status
from grader.model.verdict import Report
from tests.support.reports import a_report


def report(*results: tuple[str, Status, int]) -> Report:
    """Return a report of checks: (question, status, points)."""
    made = (Result(f"test_{i}", q, s, p, "It holds.") for i, (q, s, p) in enumerate(results))
    return Report("a", "A", "kim", "kim.ipynb", "", ("one", "two"), tuple(made))


def test_only_what_passed_earns_points():
    for status in Status:
        assert report(("one", status, 3)).results[0].earned == (3 if status == "passed" else 0)


def test_the_score_is_the_sum_of_what_is_earned():
    found = report(("one", Status.PASSED, 3), ("two", Status.FAILED, 4), ("two", Status.PASSED, 5))
    assert (found.score, found.max_score, found.judged) == (8, 12, True)


def test_a_fault_of_ours_is_neither_a_zero_nor_full_marks():
    found = report(("one", Status.PASSED, 3), ("two", Status.GRADER_ERROR, 4))
    assert (found.score, found.max_score, found.judged) == (None, 7, False)


def test_every_other_status_is_judged():
    for status in set(Status) - {Status.GRADER_ERROR}:
        assert report(("one", status, 1)).judged


def test_results_are_found_by_question_in_order():
    found = report(("one", Status.PASSED, 1), ("two", Status.PASSED, 2), ("one", Status.FAILED, 3))
    assert [r.points for r in found.of("one")] == [1, 3]
    assert found.of("three") == ()


def test_a_report_without_results_is_worth_nothing():
    assert (report().score, report().max_score) == (0, 0)


def test_a_late_rule_that_cannot_be_computed_for_these_points_is_for_a_person():
    late = a_report(hours_late=1.0, late_rule="score / (score - 1)")
    assert late.hours == 1 and not late.judged and late.score is None
    assert replace(late, late_rule="score / 2").score == 0.5
    assert replace(late, hours_late=0.0).score == 1
