"""Random tensors that follow from a seed."""

import pytest
import torch
from torch import nn

from grader.compare.draw import Draw


def test_equal_seeds_draw_equal_tensors():
    one, other = Draw(b"seed"), Draw(b"seed")
    assert torch.equal(one(2, 3), other(2, 3)) and torch.equal(one(2), other(2))


def test_every_call_and_every_seed_draws_anew():
    draw = Draw(b"seed")
    first = draw(2, 3)
    assert not torch.equal(first, draw(2, 3)) and not torch.equal(first, Draw(b"other")(2, 3))


def test_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    Draw(b"seed").mask(3, 4)
    assert torch.equal(before, torch.get_rng_state())


def test_numbers_are_float64_of_the_scale_asked_for():
    x = Draw(b"seed")(1000, scale=60)
    assert x.dtype is torch.float64 and 50 < x.std() < 70


def test_integers_stay_in_their_range():
    x = Draw(b"seed").integers(2, 5, 100)
    assert x.dtype is torch.int64 and set(x.tolist()) == {2, 3, 4}


@pytest.mark.parametrize("shape", [(5, 7), (2, 3, 5, 2), (4, 1)])
def test_every_row_of_a_mask_has_a_true_and_if_it_can_a_false(shape):
    for seed in range(20):
        mask = Draw(bytes([seed])).mask(*shape)
        assert mask.shape == shape and mask.dtype is torch.bool
        assert mask.any(dim=-1).all()
        assert shape[-1] == 1 or not mask.all(dim=-1).any()


def test_all_parameters_are_filled():
    linear = Draw(b"seed").fill(nn.Linear(3, 2))
    assert linear.bias.all() and not torch.equal(linear.weight[0], linear.weight[1])


@pytest.mark.parametrize(("B", "T"), [(5, 7), (2, 2), (1, 4), (3, 1), (1, 1)])
def test_lengths_reach_the_end_once_and_fall_short_of_it_where_they_can(B, T):
    for seed in range(20):
        lengths = Draw(bytes([seed])).lengths(B, T)
        assert lengths.shape == (B,) and lengths.dtype is torch.int64
        assert lengths.min() >= 1 and lengths.max() == T
        assert B == 1 or T == 1 or lengths.min() < T


def test_sizes_are_all_different():
    for seed in range(20):
        sizes = Draw(bytes([seed])).sizes(3, 2, 4)
        assert sorted(sizes) == [2, 3, 4]
    assert len({tuple(Draw(bytes([seed])).sizes(3, 2, 4)) for seed in range(40)}) == 6


@pytest.mark.parametrize(("singular", "rows"), [((2.0, 0.5), 0), ((3.0, 1.0, 0.0), 5), ((7.0,), 0)])
def test_a_matrix_has_the_singular_values_asked_for(singular, rows):
    W = Draw(b"seed").matrix(*singular, rows=rows)
    assert W.shape == (rows or len(singular), len(singular)) and W.dtype is torch.float64
    due = torch.tensor(singular, dtype=torch.float64)
    assert torch.allclose(torch.linalg.svdvals(W), due, atol=1e-12)
    assert len(singular) == 1 or not torch.allclose(W[:2, :2], W[:2, :2].T, atol=1e-3)
