"""A public check that fails for an earlier question alone is told from one that fails by itself."""

from dataclasses import replace

import pytest

from grader.model.result import Status
from grader.report.following import following
from tests.support.standings import RESULTS, a_standing

WRONG, PUBLIC = RESULTS[1], RESULTS[5]
PASSED, FAILED, NOT_RUN = Status.PASSED, Status.FAILED, Status.NOT_RUN


@pytest.mark.parametrize(
    ("before", "hidden", "follows"),
    [
        ([WRONG], [PASSED, NOT_RUN], True),
        ([], [PASSED], False),
        ([RESULTS[0]], [PASSED], False),
        ([WRONG], [FAILED, PASSED], False),
        ([WRONG], [NOT_RUN], False),
        ([WRONG], [], False),
    ],
)
def test_it_follows_where_all_that_is_hidden_holds_and_an_earlier_question_does_not(
    before, hidden, follows
):
    like = replace(RESULTS[0], question="merge_heads")
    own = [replace(like, status=status, check=f"test_{status}") for status in hidden]
    standing = a_standing(results=(*before, *own, PUBLIC))
    due = {"test_runs": "split_heads"} if follows else {}
    assert following(standing.judgement, standing.questions) == due
