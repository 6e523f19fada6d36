"""Points are earned by what passed, and there are none while anything is ours to repair."""

from grader.model.judgement import Judgement
from grader.model.result import Result, Status


def judgement(*results: tuple[str, Status, int]) -> Judgement:
    """Return a judgement of checks: (question, status, points)."""
    made = (Result(f"test_{i}", q, s, p, "It holds.") for i, (q, s, p) in enumerate(results))
    return Judgement("a", "A", "", ("one", "two"), tuple(made))


def test_only_what_passed_earns_points():
    for status in Status:
        (result,) = judgement(("one", status, 3)).results
        assert result.earned == (3 if status == "passed" else 0)


def test_the_points_of_all_checks_are_added_up():
    found = judgement(
        ("one", Status.PASSED, 3), ("two", Status.FAILED, 4), ("two", Status.PASSED, 5)
    )
    assert (found.earned, found.max_score, found.faulty) == (8, 12, set())
    assert (found.points("one"), found.points("two"), found.points("three")) == (3, 5, None)


def test_a_fault_of_ours_is_neither_a_zero_nor_full_marks():
    found = judgement(("one", Status.PASSED, 3), ("two", Status.GRADER_ERROR, 4))
    assert (found.earned, found.max_score, found.faulty) == (None, 7, {"two"})
    assert (found.points("one"), found.points("two")) == (3, None)


def test_every_other_status_is_judged():
    for status in set(Status) - {Status.GRADER_ERROR}:
        assert not judgement(("one", status, 1)).faulty


def test_results_are_found_by_question_in_order():
    found = judgement(
        ("one", Status.PASSED, 1), ("two", Status.PASSED, 2), ("one", Status.FAILED, 3)
    )
    assert [r.points for r in found.of("one")] == [1, 3]
    assert found.of("three") == ()


def test_a_judgement_without_results_is_worth_nothing():
    assert (judgement().earned, judgement().max_score) == (0, 0)
