"""A submission ends as its first failure does."""

import pytest

from grader.cli.terminal import outcomes
from grader.model.language import speaker
from grader.model.result import Status
from grader.report.outcome import BLANK, FULL, PERSON, outcome
from tests.support.standings import RESULTS, a_standing, changed, ours, with_results


@pytest.mark.parametrize(
    ("standing", "ending"),
    [
        (with_results(Status.PASSED), FULL),
        (a_standing(), Status.FAILED),
        (a_standing(results=RESULTS[3:]), Status.STUDENT_ERROR),
        (with_results(Status.STUDENT_ERROR, error="NotImplementedError"), BLANK),
        (with_results(Status.TIMED_OUT), Status.TIMED_OUT),
        (with_results(Status.NOT_RUN), Status.NOT_RUN),
        (with_results(Status.NOT_RUN, message="?"), Status.NOT_RUN),
        (changed(with_results(Status.NOT_RUN), problem="No notebook."), PERSON),
        (ours(), PERSON),
    ],
)
def test_a_submission_ends_as_its_first_failure_does(standing, ending):
    assert outcome(standing) == ending
    assert ending in outcomes(speaker()) and ending in outcomes(speaker("ko"))
