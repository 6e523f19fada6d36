"""A count of operators that grows with a size betrays a loop over it, in the sandbox as here."""

import pytest
import torch

from grader.checks import Failure, linear_cost, operators
from tests.support.subjects import PLACES, placed

SOURCE = """
import torch
from torch import nn

def at_once(x): return x @ x.transpose(-2, -1)
def by_row(x): return torch.stack([row @ x.T for row in x])
def each_with_all(x): return torch.stack([sum(row @ other for other in x) for row in x])
class Layer(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.d = d
    def forward(self, x): return x * self.d
class Plain(nn.Module):
    def forward(self, x): return -x
"""


NAMES = ("at_once", "by_row", "each_with_all", "Layer", "Plain")


@pytest.fixture(params=PLACES)
def student(request, zygote):
    with placed(request.param, zygote, SOURCE, NAMES) as student:
        yield student


def test_a_loop_over_rows_shows_in_the_count_and_a_matrix_product_does_not(student):
    few, many = torch.randn(3, 4), torch.randn(9, 4)
    assert operators(student, "at_once", few) == operators(student, "at_once", many)
    assert operators(student, "by_row", many) - operators(student, "by_row", few) >= 6


def test_a_module_is_made_first(student):
    assert operators(student, "Layer", torch.randn(2, 5), make=(5,)) >= 1
    assert operators(student, "Plain", torch.randn(2, 5), make=()) == 1


def test_a_cost_may_grow_with_a_size_but_not_with_its_square(student):
    def rows(n):
        return (torch.randn(n, 4),)

    linear_cost(student, "at_once", rows, "B")
    linear_cost(student, "by_row", rows, "B")
    with pytest.raises(Failure, match=r"\d+ for B = 3, \d+ for B = 6, \d+ for B = 9"):
        linear_cost(student, "each_with_all", rows, "B")


def test_counting_imports_no_more_than_is_there(zygote):
    """A TorchDispatchMode would bring in sympy: 0.8 s in every worker."""
    with placed("sandbox", zygote, SOURCE, ("by_row",)) as there:
        operators(there, "by_row", torch.randn(3, 4))
        assert not there.beside(_has_sympy)()


def _has_sympy(student):
    import sys

    return "sympy" in sys.modules
