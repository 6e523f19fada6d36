"""The requirements that hidden checks are made of."""

import pytest
import torch
from torch import nn

from grader.checking.solution import Randomness
from grader.checks import Failure, equal, pure


def test_equal_says_what_the_author_says_and_where(draw):
    x = draw(2, 3)
    equal(x, x.clone(), "It differs")
    with pytest.raises(Failure, match=r"It differs: `y` is 2 × what it should be, everywhere\."):
        equal(2 * x, x, "It differs", "y (B, d)")
    with pytest.raises(Failure, match="B and d are swapped"):
        equal(x.mT, x, "It differs", "y (B, d)")


def test_pure_catches_a_change_in_place(draw):
    pure(lambda x: x * 2, draw(3), takes=("x",))
    with pytest.raises(Failure, match="`y` is changed in place"):
        pure(lambda x, y: y.add_(x), draw(3), draw(3), takes=("x (d)", "y (d)"))


def test_pure_catches_a_change_of_copies_and_of_parameters_as_of_a_submission(draw):
    class Moves(nn.Linear):
        def forward(self, x, shift=None):
            if shift is not None:
                shift.zero_()
            else:
                self.weight.data += 1
            return super().forward(x)

    stream = Randomness(0)
    apart = stream.around(lambda x, y: y.add_(x))
    with pytest.raises(Failure, match="The input `y` is changed in place"):
        pure(apart, draw(3), draw(3), takes=("x (d)", "y (d)"))
    layer = stream.around(Moves)(3, 2)
    before = layer.weight.detach().clone()
    with pytest.raises(Failure, match="The parameter `weight` is changed in place"):
        pure(layer, draw(4, 3), takes=("x",))
    assert torch.equal(layer.weight, before)
    with pytest.raises(Failure, match="The input `shift` is changed in place"):
        pure(layer, draw(4, 3), takes=("x",), shift=draw(2))


def test_pure_catches_chance_and_memory(draw):
    with pytest.raises(Failure, match="Two equal calls"):
        pure(nn.functional.dropout, draw(30), takes=("x",))
    calls = []
    with pytest.raises(Failure, match="Two equal calls"):
        pure(lambda x: calls.append(1) or x + len(calls), draw(3), takes=("x",))
