"""What a class is told of a student, and that it comes back from the store as it was."""

from dataclasses import replace

import pytest

from grader.model.late import EXCUSED
from grader.model.result import Status
from grader.model.standing import Override
from grader.report.columns import AFTER
from grader.report.outcome import FULL, PERSON
from grader.report.row import Row
from tests.support.standings import (
    RESULTS,
    a_class,
    a_standing,
    changed,
    decided,
    filled_with,
    ours,
    with_results,
)

SEVERAL = [
    a_standing(), ours(), decided(), decided(None, "Well."), a_standing("none", results=()),
    a_standing("torn", problem="Half a file.", results=()), with_results(Status.TIMED_OUT),
    filled_with("<\ud800>\x07"), a_standing("late", hours_late=3.5, late_rule="score / 2"),
]  # fmt: skip


@pytest.mark.parametrize("standing", SEVERAL, ids=lambda standing: standing.student[:4])
def test_a_row_comes_back_as_it_was_written(standing):
    row = Row.of(standing)
    assert Row.read(row.written()) == row


@pytest.mark.parametrize("standing", SEVERAL[:7], ids=lambda standing: standing.student[:4])
def test_a_row_says_what_the_standing_says(standing):
    row = Row.of(standing)
    assert (row.score, row.max_score) == (standing.score, standing.judgement.max_score)
    assert row.points == {q: standing.points(q) for q in standing.questions}
    assert row.statuses == [result.status for result in standing.judgement.results]
    assert row.passed == row.statuses.count(Status.PASSED)


def test_the_first_failure_of_each_question_is_named_and_only_that():
    known = replace(RESULTS[1], mistake="no_scale")
    row = Row.of(a_standing(results=(RESULTS[0], known, *RESULTS[2:])))
    assert [(f.question, f.place, f.mistake) for f in row.firsts] == [
        ("split_heads", 1, "no_scale"), ("merge_heads", 5, ""),
    ]  # fmt: skip
    assert row.mistakes == "no_scale"


def test_what_follows_from_an_earlier_question_is_no_failure_of_its_own_and_no_remark():
    right = replace(RESULTS[0], question="merge_heads", check="test_hidden")
    alone, follows = (
        Row.of(a_standing(results=(right, RESULTS[5]))),
        Row.of(a_standing(results=(RESULTS[1], right, RESULTS[5]))),
    )
    assert [first.question for first in alone.firsts] == ["merge_heads"]
    assert alone.remarks == ("stopped with an error: merge_heads",)
    assert [first.question for first in follows.firsts] == ["split_heads"]
    assert follows.remarks == ()


def test_who_was_late_has_a_remark_unless_it_was_excused():
    late = a_standing(results=RESULTS[:1], hours_late=21.051)
    assert Row.of(late).remarks == ("handed in late: 21.1 h",)
    excused = changed(late, overrides=(Override(EXCUSED, 0, "was ill"),))
    assert Row.of(excused).remarks == ()


def test_the_same_failure_has_the_same_key_and_another_message_another_one():
    one, same = Row.of(a_standing("a")), Row.of(a_standing("b"))
    other = Row.of(a_standing(results=(replace(RESULTS[1], message="Other numbers."),)))
    assert one.firsts == same.firsts
    assert other.firsts[0].key != one.firsts[0].key


@pytest.mark.parametrize(
    ("standing", "outcome"),
    [(a_class(2)[1], FULL), (ours(), PERSON), (a_standing(), Status.FAILED)],
    ids=["full", "ours", "failed"],
)
def test_a_row_says_how_a_submission_ended(standing, outcome):
    assert Row.of(standing).outcome == outcome
    assert Row.of(standing).for_a_person == (outcome == PERSON)


def test_decisions_of_a_person_are_told():
    overrides = (Override("split_heads", 1.5, "Well."), Override("merge_heads", None, "Look."))
    row = Row.of(a_standing(overrides=overrides))
    table = dict(zip(AFTER, row.after, strict=True))
    assert row.decided == ("split_heads",)
    assert table["decided by hand"] == "split_heads"
    assert table["comments"] == "split_heads: Well.; merge_heads: Look."


def test_what_happened_stands_before_the_questions_where_it_did():
    ended = replace(RESULTS[5], traceback="", error="exit", message="your code ended Python")
    named = replace(RESULTS[5], check="test_named", error="exit")  # a class of this name was raised
    banned = replace(RESULTS[1], error="Forbidden")
    late = replace(RESULTS[2], status=Status.TIMED_OUT)
    assert Row.of(a_standing(results=(banned, late, ended))).remarks == (
        "ran out of time: split_heads", "ended the Python process: merge_heads",
        "uses what is not allowed: split_heads",
    )  # fmt: skip
    assert Row.of(a_standing(results=(named,))).remarks == ("stopped with an error: merge_heads",)
    assert Row.of(a_standing(results=RESULTS[:5])).remarks == ()
