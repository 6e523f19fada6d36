"""What a check gets as `student` is one protocol, and whatever else is its attribute is theirs."""

import pytest

from grader.checking.solution import Solution
from grader.exchange.otter_import.trial_run import Border
from grader.exchange.transcript.transcript import Recorder
from grader.model.subject import RESERVED, Subject
from grader.sandbox.host.student import Student
from grader.verify.candidate import Candidate


@pytest.mark.parametrize("kind", [Student, Solution, Candidate, Recorder, Border])
def test_every_subject_is_one_and_takes_no_further_name_from_the_code(kind):
    assert Subject in kind.__mro__
    assert {name for name in dir(kind) if not name.startswith("_")} <= RESERVED


def test_the_reserved_names_are_those_of_the_protocol():
    assert {"beginning", "names", "begin", "using", "beside"} == RESERVED
