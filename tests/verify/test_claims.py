"""What a claim says of a check that should not have ended as it did."""

from grader.model.result import Result, Status
from grader.verify.case import Case, Outcome
from grader.verify.claims import _right, _said

DETAIL = "bad luck\nassert 0.8 < 0.5\n +  where 0.8 = random()"


def test_of_an_assertion_its_words_are_said_and_of_an_exception_its_last_line():
    failed = Result("test_x", "x", Status.FAILED, 1, "It holds.", detail=DETAIL)
    broken = Result("test_x", "x", Status.GRADER_ERROR, 1, "It holds.", detail="Trace\nKeyError: 1")
    assert _said(failed) == "fails test_x: bad luck"
    assert _said(broken) == "breaks test_x: KeyError: 1"


def test_a_check_that_fails_on_some_draws_says_on_how_many_and_what_to_do():
    right = Result("test_x", "x", Status.PASSED, 1, "It holds.")
    wrong = Result("test_x", "x", Status.FAILED, 1, "It holds.", detail=DETAIL)
    outcomes = [
        Outcome(Case("solution", draw=n), (r,)) for n, r in enumerate([right, wrong, wrong])
    ]
    (some,) = _right("f.py", "the solution", outcomes, "Correct it", every=True)
    assert some.defect.startswith(
        "fails test_x: bad luck (draw 1), on 2 of 3 draws only. It depends"
    )
    (always,) = _right("f.py", "the solution", outcomes[1:], "Correct it", every=True)
    assert always.defect == "fails test_x: bad luck (draw 1). Correct it"
