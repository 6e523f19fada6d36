"""What counts is what the checks give, unless a person has decided or it came late."""

from dataclasses import replace

from grader.model.late import EXCUSED
from grader.model.result import Status
from grader.model.standing import SUBMISSION, Override
from tests.support.standings import RESULTS, a_standing, changed, ours


def test_a_decision_takes_the_place_of_what_the_checks_give():
    standing = a_standing(overrides=(Override("merge_heads", 2.0),))
    assert (standing.points("split_heads"), standing.points("merge_heads")) == (1, 2)
    assert (standing.score, standing.judgement.earned) == (3, 1)


def test_a_decision_settles_what_was_our_fault():
    assert ours().score is None and not ours().judged
    assert replace(ours(), overrides=(Override("merge_heads", 3.0),)).score is None
    assert replace(ours(), overrides=(Override("split_heads", None, "Sorry."),)).score is None
    decided = replace(ours(), overrides=(Override("split_heads", 2.0),))
    assert decided.judged and decided.score == 2


def test_points_for_the_submission_are_added_or_taken_and_the_score_stays_above_nothing():
    earned = a_standing().score
    for points, score in ((2.5, earned + 2.5), (-0.5, earned - 0.5), (-9.0, 0), (None, earned)):
        standing = a_standing(overrides=(Override(SUBMISSION, points, "Tidy."),))
        assert standing.score == score and standing.bonus == (points or 0)
        assert (standing.decided, standing.by_hand) == ({}, [SUBMISSION] if points else [])
        assert SUBMISSION not in standing.questions


def test_a_question_beside_the_listed_ones_has_its_place_after_them():
    stray = replace(RESULTS[0], question="stray")
    standing = a_standing(results=(stray, *RESULTS), overrides=(Override("decided", 1.0),))
    assert standing.questions == ["split_heads", "merge_heads", "stray", "decided"]


def test_a_person_may_excuse_hours():
    late = a_standing(hours_late=5.0, late_rule="score / 2", results=RESULTS[:1])
    assert (late.hours, late.score) == (5, 0.5)
    excused = replace(late, overrides=(Override(EXCUSED, 0.0, "was ill"),))
    assert (excused.hours, excused.hours_late, excused.score, excused.decided) == (0, 5, 1, {})
    assert EXCUSED not in excused.questions


def test_a_late_rule_that_cannot_be_computed_for_these_points_is_for_a_person():
    late = a_standing(hours_late=1.0, late_rule="score / (score - 1)")
    assert late.hours == 1 and not late.judged and late.score is None
    assert replace(late, late_rule="score / 2").score == 0.5
    assert changed(late, hours_late=0.0).score == 1


def test_nothing_is_late_while_no_deadline_is_known():
    assert (a_standing().hours_late, a_standing().hours) == (0, 0)
    passed = tuple(replace(r, status=Status.PASSED) for r in RESULTS)
    assert a_standing(results=passed, late_rule="0").score == 10
