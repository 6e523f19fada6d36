"""The distance from a verdict, for those who set the tolerance."""

import math

import pytest
import torch

from grader.checks import agree, equal
from grader.compare.compare import EXACT
from grader.compare.margin import measured


def test_a_margin_is_a_share_of_the_tolerance(draw):
    x = draw(4)
    bound = EXACT.bound(x, [x])
    with measured() as margins:
        equal(x + 0.3 * bound, x, "it differs")
        with pytest.raises(AssertionError):
            equal(x + 3 * bound, x, "it differs")
    assert [round(margin.ratio, 4) for margin in margins] == [0.3, 3.0]
    assert not any(margin.coarse for margin in margins)


def test_results_and_gradients_have_margins(draw):
    with measured() as margins:
        agree(lambda x, y: x * y, lambda x, y: y * x, draw(3), draw(3))
    assert [margin.ratio for margin in margins] == [0.0] * 3  # one result, two gradients


def test_nan_is_infinitely_far_off(draw):
    with measured() as margins, pytest.raises(AssertionError):
        equal(draw(3).log(), draw(3).abs(), "it differs")
    assert margins[0].ratio == math.inf


def test_a_difference_from_nothing_is_infinitely_far_off():
    with measured() as margins, pytest.raises(AssertionError):
        equal(torch.full((2,), 1e-30), torch.zeros(2), "it differs")
    assert margins[0].ratio == math.inf


def test_float32_is_measured_by_its_own_tolerance(draw):
    with measured() as margins:
        agree(lambda x: (x.float().exp() * 3).to(x.dtype), lambda x: x.exp() * 3, draw(50))
    assert all(margin.coarse and 0 < margin.ratio < 0.01 for margin in margins)


def test_nothing_is_measured_unless_asked(draw):
    with measured() as margins:
        pass
    equal(draw(3) * 0, torch.zeros(3), "it differs")
    assert margins == []
