"""A count of operators that grows with a size betrays a loop over it, in the sandbox as here."""

import pytest
import torch

from grader.checks import operators
from tests.support.subjects import PLACES, placed

SOURCE = """
import torch
from torch import nn

def at_once(x): return x @ x.transpose(-2, -1)
def by_row(x): return torch.stack([row @ x.T for row in x])
class Layer(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.d = d
    def forward(self, x): return x * self.d
class Plain(nn.Module):
    def forward(self, x): return -x
"""


@pytest.fixture(params=PLACES)
def student(request, zygote):
    with placed(request.param, zygote, SOURCE, ("at_once", "by_row", "Layer", "Plain")) as student:
        yield student


def test_a_loop_over_rows_shows_in_the_count_and_a_matrix_product_does_not(student):
    few, many = torch.randn(3, 4), torch.randn(9, 4)
    assert operators(student, "at_once", few) == operators(student, "at_once", many)
    assert operators(student, "by_row", many) - operators(student, "by_row", few) >= 6


def test_a_module_is_made_first(student):
    assert operators(student, "Layer", torch.randn(2, 5), make=(5,)) >= 1
    assert operators(student, "Plain", torch.randn(2, 5), make=()) == 1
