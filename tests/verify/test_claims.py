"""What a claim says of a check that should not have ended as it did."""

from grader.model.result import Result, Status
from grader.verify.claims import _said

DETAIL = "bad luck\nassert 0.8 < 0.5\n +  where 0.8 = random()"


def test_of_an_assertion_its_words_are_said_and_of_an_exception_its_last_line():
    failed = Result("test_x", "x", Status.FAILED, 1, "It holds.", detail=DETAIL)
    broken = Result("test_x", "x", Status.GRADER_ERROR, 1, "It holds.", detail="Trace\nKeyError: 1")
    assert _said(failed) == "fails test_x: bad luck"
    assert _said(broken) == "breaks test_x: KeyError: 1"
