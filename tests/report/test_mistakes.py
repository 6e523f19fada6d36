"""Submissions are sorted by the mistake that explains them."""

from dataclasses import replace

from grader.model.result import Status
from grader.report.mistakes import Clusters
from grader.report.roll import Roll
from tests.support.standings import RESULTS, a_standing

PASSED, FAILED, AGAIN, _, _, CRASHED = RESULTS
KNOWN = replace(FAILED, mistake="no_scale", hypothesis="the scale is missing")


def test_what_fails_later_in_a_question_is_not_counted():
    found = Clusters.of(Roll.of([a_standing(results=(PASSED, KNOWN, AGAIN))]))
    assert [c.sentence for c in found.known.values()] == ["the scale is missing"]
    assert not found.unknown


def test_every_question_has_a_first_failure():
    found = Clusters.of(
        Roll.of([a_standing("a", results=(KNOWN, CRASHED)), a_standing("b", results=(KNOWN,))])
    )
    assert [c.students for c in found.known.values()] == [["a", "b"]]
    assert [c.students for c in found.unknown.values()] == [["a"]]


def test_the_same_mistake_in_two_questions_makes_two_clusters():
    other = replace(KNOWN, question="merge_heads")
    assert len(Clusters.of(Roll.of([a_standing(results=(KNOWN, other))])).known) == 2


def test_everybody_with_the_same_mistake_is_in_one_cluster():
    found = Clusters.of(Roll.of([a_standing(f"s{i}", results=(KNOWN,)) for i in range(1000)]))
    (cluster,) = found.known.values()
    assert cluster.size == 1000 and cluster.example is KNOWN


def test_limits_count_wherever_they_are_hit():
    late = replace(AGAIN, status=Status.TIMED_OUT)
    found = Clusters.of(Roll.of([a_standing(results=(KNOWN, late))]))
    assert [c.example.status for c in found.limits.values()] == [Status.TIMED_OUT]


def test_a_result_from_before_hypotheses_were_kept_has_the_name_of_its_mistake():
    old = replace(KNOWN, hypothesis="")
    (cluster,) = Clusters.of(Roll.of([a_standing(results=(old,))])).known.values()
    assert cluster.sentence == "no scale"
