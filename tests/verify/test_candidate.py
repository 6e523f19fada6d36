"""Versions of the solution behave as submissions do."""

import pytest
import torch
from torch import nn

from grader.checking.solution import Program
from grader.course.assignment import Assignment
from grader.model.limits import StudentError
from grader.verify.candidate import STUBS, Candidate, noise, skeleton, zeros
from tests.support.small_course import SOLUTION, write

MORE = """
# %% question="Net"
class Net(torch.nn.Module):
    def __init__(self, d):
        super().__init__()
        # BEGIN SOLUTION
        self.linear = torch.nn.Linear(d, d)
        # END SOLUTION

    def forward(self, x):
        # BEGIN SOLUTION
        return halve(self.linear(x)), len(x)
        # END SOLUTION

# %% question="train"
def train(model, x):
    # BEGIN SOLUTION
    with torch.no_grad():
        model.weight.zero_()
    return model(x), True
    # END SOLUTION
"""


@pytest.fixture
def assignment(tmp_path):
    course, name = write(tmp_path, solution=SOLUTION + MORE)
    return Assignment.read(course.solution(name))


@pytest.fixture
def solution(assignment):
    return Program(assignment).run()


def test_functions_and_modules_can_be_called(solution):
    candidate, x = Candidate(solution), torch.ones(2, 3)
    assert candidate.double(x).sum() == 12
    out, count = candidate.Net(3)(x)
    assert out.shape == (2, 3) and count == 2
    assert [name for name, _ in candidate.Net(3).named_parameters()] == [
        "linear.weight", "linear.bias",
    ]  # fmt: skip


def test_what_it_raises_is_a_students_error(assignment):
    candidate = Candidate(Program(assignment).run_with("def double(x): return x + nothing"))
    with pytest.raises(StudentError, match="nothing") as caught:
        candidate.double(1)
    assert caught.value.kind == "NameError" and "nothing" in caught.value.traceback
    with pytest.raises(StudentError):
        candidate.Net("three")
    with pytest.raises(StudentError, match="treble"):
        _ = candidate.treble


def test_the_skeleton_is_not_implemented(assignment):
    candidate = Candidate(skeleton(assignment))
    for call in (candidate.double, candidate.halve, candidate.Net):
        with pytest.raises(StudentError) as caught:
            call(1)
        assert caught.value.kind == "NotImplementedError"


@pytest.mark.parametrize("stub", STUBS.values(), ids=STUBS)
def test_a_stub_has_right_shapes_and_types_and_no_gradient(solution, stub):
    candidate, x = Candidate(solution, stub), torch.ones(2, 3, requires_grad=True)
    out, count = candidate.Net(3)(x)
    assert out.shape == (2, 3) and out.dtype == x.dtype and not out.requires_grad
    assert isinstance(count, int)
    assert not torch.equal(out, solution.Net(3)(x)[0])


def test_a_stub_trains_no_model(solution):
    model, x = nn.Linear(3, 3), torch.ones(2, 3)
    before = model.weight.clone()
    loss, done = Candidate(solution, zeros).train(model, x)
    assert torch.equal(model.weight, before)
    assert not loss.any() and done is False


def test_noise_keeps_the_type_of_whole_numbers_and_booleans():
    assert noise(torch.zeros(3, dtype=torch.int64)).dtype == torch.int64
    assert noise(torch.zeros(3, dtype=torch.bool)).dtype == torch.bool
    assert isinstance(noise(1.5), float)


def test_a_stub_of_a_text_is_as_long_and_says_something_else():
    for stub in (noise, zeros):
        assert len(stub("a text")) == 6 and stub("a text") != "a text" and stub("") == ""


def test_parts_can_be_replaced_for_a_while(solution):
    candidate = Candidate(solution)
    with candidate.using(halve="def halve(x): return 10 * x"):
        assert candidate.halve(1) == 10
    assert candidate.halve(1) == 0.5


VALUE = """
# %% question="side"
side = ...
# BEGIN SOLUTION
side = torch.tensor(5.0)
# END SOLUTION
"""


def test_a_value_is_what_it_is_and_a_stub_of_it_is_not(tmp_path):
    course, name = write(tmp_path, solution=SOLUTION + VALUE)
    assignment = Assignment.read(course.solution(name))
    assert assignment.values == ("side",)
    assert Candidate(Program(assignment).run()).side == 5
    assert Candidate(Program(assignment).run(), zeros).side == 0
    with pytest.raises(StudentError) as caught:
        Candidate(skeleton(assignment)).side  # noqa: B018
    assert caught.value.kind == "NotImplementedError"


def test_what_runs_beside_raises_as_it_does_in_the_sandbox(assignment):
    def divide(names):
        return names.halve(1) / 0

    with pytest.raises(StudentError) as caught:
        Candidate(Program(assignment).run()).beside(divide)()
    assert caught.value.kind == "ZeroDivisionError"
