"""Code that is called as a check calls it, and the shapes of what it returns."""

from functools import partial

import pytest
import torch

from grader.compare.calls import call, call_on_each
from grader.compare.disagreement import Disagreement


def product(x, y):
    return x @ y


def test_call_returns_results_and_requires_their_shapes(draw):
    (z,) = call(product, draw(2, 3), draw(3, 4), shapes={"z (B, e)": (2, 4)})
    assert z.shape == (2, 4)
    with pytest.raises(Disagreement, match="B and e are swapped"):
        call(product, draw(2, 3), draw(3, 4), shapes={"z (B, e)": (4, 2)})


def test_each_call_returns_results_of_the_shape_that_is_its_own(draw):
    each, shapes = [(draw(2),), (draw(3),)], [{"twice (n)": (2,)}, {"twice (n)": (3,)}]
    twice = call_on_each(lambda x: 2 * x, each, shapes, takes=("x (n)",))
    assert [torch.equal(*found, 2 * x) for found, (x,) in zip(twice, each, strict=True)] == [1, 1]
    with pytest.raises(Disagreement, match=r"with `x` \(n=3\): `twice` has shape \(2,\), not"):
        call_on_each(lambda x: 2 * x[:2], each, shapes, takes=("x (n)",))


def test_a_partial_function_is_called_with_what_it_has_first(draw):
    double = partial(lambda x, factor: factor * x, factor=2)
    (found,) = call_on_each([double], [(x := draw(3),)], [{"y (n)": (3,)}])
    assert torch.equal(*found, 2 * x)
