"""A submission ends as its first failure does."""

from dataclasses import replace

import pytest

from grader.cli.terminal import outcomes
from grader.model.language import speaker
from grader.model.result import Status
from grader.report.outcome import FULL, PERSON, outcome
from tests.support.reports import RESULTS, a_report, ours, with_results


@pytest.mark.parametrize(
    ("report", "ending"),
    [
        (with_results(Status.PASSED), FULL),
        (a_report(), Status.FAILED),
        (a_report(results=RESULTS[3:]), Status.STUDENT_ERROR),
        (with_results(Status.TIMED_OUT), Status.TIMED_OUT),
        (with_results(Status.NOT_RUN), Status.NOT_RUN),
        (with_results(Status.NOT_RUN, message="?"), Status.NOT_RUN),
        (replace(with_results(Status.NOT_RUN), problem="No notebook."), PERSON),
        (ours(), PERSON),
    ],
)
def test_a_submission_ends_as_its_first_failure_does(report, ending):
    assert outcome(report) == ending
    assert ending in outcomes(speaker()) and ending in outcomes(speaker("ko"))
