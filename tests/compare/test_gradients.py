"""Gradients that are lost, cut or off are described so."""

import torch

from grader.compare.compare import Named
from grader.compare.gradients import gradient_difference, lost_gradients


def random(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_all_that_no_gradient_reaches_is_named():
    due = [random(3), random(3), torch.zeros(3)]
    named = [Named("Q"), Named("K"), Named("k_bias")]
    words = f"{lost_gradients([torch.zeros(3), due[1], torch.zeros(3)], due, named)}"
    assert "no gradient reaches `Q`:" in words


def test_the_step_where_the_gradient_is_cut_is_named():
    due = random(2, 5, 4)
    cut = due.clone()
    cut[:, :3] = 0
    words = f"{gradient_difference(cut, due, Named.read('x (B, T, d)'), 1e-9)}"
    assert "along T, the gradient reaches `x` at 3 but not at 2" in words


def test_a_gradient_that_is_small_is_not_cut():
    due = random(2, 5, 4)
    small = due.clone()
    small[:, :3] *= 1e-12
    words = f"{gradient_difference(small, due, Named.read('x (B, T, d)'), 1e-9)}"
    assert "its gradient is not" in words and "cut" not in words


def test_a_wrong_gradient_is_described_like_a_value():
    due = random(2, 5, 4)
    words = f"{gradient_difference(2 * due, due, Named('x'), 1e-9)}"
    assert "its gradient is not: that for `x` is 2 × what it should be" in words
