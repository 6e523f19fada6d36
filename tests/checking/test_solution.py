"""The solution stands in for a student when the course team tests its checks."""

import pytest
import torch

from grader.checking.solution import Program, Solution
from grader.course.assignment import Assignment
from grader.course.settings import AssignmentError
from grader.model.subject import Beginning
from grader.sandbox.host.changes import changes
from tests.support.small_course import SOLUTION, write


@pytest.fixture
def load(tmp_path):
    """Return a function that loads a solutions file."""

    def load(text: str = SOLUTION) -> Solution:
        course, name = write(tmp_path, solution=text)
        return Program(Assignment.read(course.solution(name))).run()

    return load


def test_it_offers_what_the_assignment_asks_for(load):
    solution = load()
    assert solution.double(torch.ones(2)).tolist() == [2, 2]
    assert solution.halve(3) == 1.5
    assert callable(solution.test_one_becomes_two)


def test_a_name_that_is_not_there_is_an_error(load):
    solution = load()
    for name in ("treble", "_private"):
        with pytest.raises(AttributeError):
            getattr(solution, name)


def test_cells_beside_the_questions_are_not_run(load):
    assert load(SOLUTION + "\n# %%\nraise RuntimeError('this trains for an hour')\n").halve(2) == 1


def test_code_that_raises_is_told_with_its_line(load):
    broken = SOLUTION.replace("import torch\n", "import torch\n\nhalf = 1 / 0\n")
    broken = broken.replace("half = x / 2\n    return half", "return x * half")
    line = broken.splitlines().index("half = 1 / 0") + 1
    with pytest.raises(AssignmentError, match=rf"doubling\.py:{line}: ZeroDivisionError"):
        load(broken)


def test_stand_ins_are_used_for_a_while(load):
    builds = SOLUTION.replace("half = x / 2\n    return half", "return double(x) / 4")
    solution = load(builds)
    assert solution.halve(2) == 1
    with solution.using(double="def double(x): return 10 * x"):
        assert solution.halve(2) == 5
        assert solution.double(1) == 10
    assert solution.halve(2) == 1


def test_stand_ins_go_when_a_check_fails(load):
    solution = load()
    with pytest.raises(ZeroDivisionError), solution.using(double="def double(x): return 1 / 0"):
        solution.double(1)
    assert solution.double(1) == 2


def test_random_numbers_follow_from_the_seed_of_the_check(load):
    solution = load(SOLUTION.replace("2 * x", "torch.rand(x)"))
    draws = []
    for seed in (1, 2, 1):
        solution.begin(Beginning(seed))
        draws.append(solution.double(3).tolist())
    assert draws[0] == draws[2] != draws[1]


def test_what_runs_beside_the_solution_draws_from_the_stream_of_its_code(load):
    solution, draws = load(SOLUTION.replace("2 * x", "torch.rand(x)")), []

    def twice(names, n):
        return [names.double(n).tolist(), names.double(n).tolist()]

    for beside in (True, False):
        solution.begin(Beginning(1))
        outside = torch.get_rng_state()
        draws.append(
            solution.beside(twice)(3) if beside else [solution.double(3).tolist() for _ in range(2)]
        )
        assert torch.equal(outside, torch.get_rng_state())
    assert draws[0] == draws[1]


def test_a_change_in_place_reaches_no_tensor_of_a_check_as_in_a_sandbox(load):
    solution = load(SOLUTION.replace("2 * x", "x.mul_(2)"))
    x = torch.ones(2, requires_grad=True)
    with changes() as changed:
        solution.double(x).sum().backward()
    assert x.tolist() == [1, 1] and x.grad.tolist() == [2, 2]
    assert [tensor is x for tensor in changed] == [True]

    def fill(names, x):
        return x.zero_()

    assert solution.beside(fill)(x.detach()).tolist() == [0, 0] and x.tolist() == [1, 1]
