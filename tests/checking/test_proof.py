"""A check that the course's own solution fails where students are judged is the author's fault."""

import re

import pytest
import torch

from grader.checking.collect import run_session
from grader.checking.session import Session
from grader.course.assignment import Assignment
from grader.course.course import Course
from grader.judging.judge import judge
from grader.model.judgement import Judgement
from grader.model.result import NOT_YET, Result, Status
from grader.model.standing import Standing
from grader.report.sanitize import for_student, whole
from grader.verify.case import Case, Outcome
from grader.verify.claims import claims
from grader.verify.evidence import Evidence
from grader.verify.examine import Examiner
from tests.support.small_course import IMPORTS, SOLUTION, write

LAYER = """
# %% question="Layer"
class Layer(torch.nn.Module):
    def __init__(self, d):
        super().__init__()
        # BEGIN SOLUTION
        self.weight = torch.nn.Parameter(torch.ones(d))
        # END SOLUTION

    def forward(self, x):
        # BEGIN SOLUTION
        return self.weight * x
        # END SOLUTION
"""
MARKS = '@question("Layer")\n@points(3)\n'
CHECKS = f'''{IMPORTS}from grader.checks import call
{MARKS}def test_it_has_no_parts(student, draw):
    """It has no parts."""
    assert student.Layer(3)._modules == {{}} and type(student.Layer(3)).__name__ == "Layer"

{MARKS}def test_its_size_is_kept(student, draw):
    """It keeps its size."""
    Failure("") if student.Layer(3).weight.shape == student.Layer(3).d else None

{MARKS}def test_it_scales(student, draw):
    """It scales."""
    agree(student.Layer(3), lambda x: x * 1, draw(2, 3))
'''
SIZE = "        self.d = torch.Size([d])\n        # END SOLUTION\n\n    def forward"


WRONG = """\
import torch
class Layer(torch.nn.Module):
    def __init__(self, d):
        super().__init__()
        self.d = torch.Size([d])
    def forward(self, x):
        return 2 * x
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> tuple[Course, str]:
    solution = SOLUTION.replace("== 2", "> 2")  # the public check fails everybody
    solution += LAYER.replace("        # END SOLUTION\n\n    def forward", SIZE, 1)
    return write(tmp_path_factory.mktemp("proof"), CHECKS, solution)


@pytest.fixture(scope="module")
def proven(zygote, course) -> list[Judgement]:
    """A right and a wrong submission, judged once the solution has been tried."""
    course, name = course
    wrong = course.root / "wrong.py"
    wrong.write_text(WRONG)
    judgements: list[Judgement] = []

    def work(session: Session) -> None:
        session.prove(zygote, b"a key")
        for path in (course.solution(name), wrong):
            judgements.append(judge(path, session, zygote, b"a key"))

    run_session(Assignment.read(course.solution(name)), course.checks(name), work)
    return judgements


@pytest.fixture(scope="module")
def seen(zygote, course) -> tuple[list[Result], Evidence]:
    """What a right submission is told, and what the tests of the tests see."""
    course, name = course
    assignment = Assignment.read(course.solution(name))
    found: list[Result] = []
    outcomes: list[Outcome] = []

    def work(session: Session) -> None:
        session.zygote = zygote
        found.extend(judge(course.solution(name), session, zygote, b"a key").results)
        examiner = Examiner(session, course.checks(name), zygote)
        outcomes.extend(map(examiner.examine, (Case("solution"), Case("skeleton"))))

    run_session(assignment, course.checks(name), work)
    torch.set_default_dtype(torch.float32)  # an examiner leaves that of checks
    return found, Evidence(assignment, [], {}, outcomes)


def of(results: list[Result], check: str) -> Result:
    return next(result for result in results if result.check == check)


def line(check: str, offset: int = 2) -> int:
    lines = CHECKS.split("\n")
    return next(n for n, text in enumerate(lines, 1) if f"def {check}(" in text) + offset


def test_an_attribute_that_does_not_cross_the_border_is_the_authors_fault(seen):
    found, _ = seen
    result = of(found, "test_its_size_is_kept")
    assert result.status is Status.GRADER_ERROR and result.earned == 0 and not whole(result)
    said = result.detail.split("\n")[-1]
    where = rf"test_hidden_\d+\.py:{line('test_its_size_is_kept')}: "
    assert re.search(where + "the course's own solution fails test_its_size_is_kept", said)
    assert "AttributeError" in said and "student.beside(function)" in said


def test_right_code_passes_what_crosses(seen):
    found, _ = seen
    assert of(found, "test_it_scales").status is Status.PASSED


@pytest.mark.parametrize("check", ["test_it_has_no_parts", "test_its_size_is_kept"])
def test_verify_sees_what_students_would_see_and_says_it_once(seen, check):
    _, evidence = seen
    (said,) = (str(c) for c in claims(evidence) if c.defect and check in str(c))
    assert said.startswith("solutions/doubling.py: the solution ")


def test_sound_checks_are_left_when_unsound_ones_are_taken_out(seen):
    _, evidence = seen
    assert [result.check for result in evidence.sound().checks] == ["test_it_scales"]


@pytest.mark.parametrize("check", ["test_it_has_no_parts", "test_its_size_is_kept"])
def test_a_check_that_the_solution_fails_is_judged_on_nobody(proven, check):
    for judgement in proven:
        result = of(list(judgement.results), check)
        assert result.status is Status.GRADER_ERROR and whole(result) == f"{NOT_YET}"
        assert f"the course's own solution fails {check} (" in result.detail
        assert result.detail.endswith("student.beside(function).")
        assert judgement.earned is None


def test_a_public_check_that_the_solution_fails_leaves_the_score_to_the_others(proven):
    for judgement in proven:
        result = of(list(judgement.results), "test_one_becomes_two")
        assert (result.status, whole(result)) == (Status.NOT_RUN, f"{NOT_YET}")
        assert "It fails outside of the sandbox as well: correct the check" in result.detail


def test_a_check_that_fails_by_chance_is_told_from_one_that_always_fails(zygote, tmp_path):
    """The check passes every third time that it is run."""
    checks = f'''{IMPORTS}import itertools
turns = itertools.count()

@question("double")
@points(2)
def test_it_doubles(student, draw):
    """It doubles."""
    assert student.double(1) + (next(turns) % 3 > 0) == 2, "by chance"
'''
    course, name = write(tmp_path, checks)
    refused = []

    def work(session: Session) -> None:
        next(session.checks[0].item.obj.__globals__["turns"])
        session.prove(zygote, b"a key")
        refused.extend(session.refused.values())

    run_session(Assignment.read(course.solution(name)), course.checks(name), work)
    assert "fails test_it_doubles in 4 of 5 runs (AssertionError: by chance)" in str(refused[0])
    assert "torch.manual_seed(0)" in refused[0].remedy


def test_all_other_checks_are_judged_as_ever(proven):
    right, wrong = (of(list(judgement.results), "test_it_scales") for judgement in proven)
    assert (right.status, wrong.status) == (Status.PASSED, Status.FAILED)


def test_the_student_reads_that_it_costs_nothing_and_no_detail(proven):
    told = for_student(Standing("kim", "kim.ipynb", proven[0])).judgement
    result = of(list(told.results), "test_it_has_no_parts")
    assert (whole(result), result.detail) == (f"{NOT_YET}", "")
