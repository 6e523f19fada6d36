"""How differences are put into words."""

import math

import pytest
import torch

from grader.compare.compare import (
    EXACT,
    Named,
    is_single,
    largest,
    ratio,
    shape_difference,
    spelled,
    value_difference,
    within,
)

OUT = Named.read("out (B, T, d)")


def random(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def said(actual, expected, named=OUT):
    return f"{value_difference(actual, expected, named, EXACT.bound(expected, [expected]))}"


def test_a_name_is_read_with_its_axes():
    assert Named.read("weights (B, n_Q, n_K)") == Named("weights", ("B", "n_Q", "n_K"))
    assert Named.read("mask") == Named("mask")


@pytest.mark.parametrize(
    ("rank", "labels"),
    [
        (2, ["n_Q", "d"]),
        (3, ["B", "n_Q", "d"]),
        (4, ["B1", "B2", "n_Q", "d"]),
        (1, ["axis 0"]),
    ],
)
def test_an_ellipsis_stands_for_any_number_of_axes(rank, labels):
    assert Named.read("Q (…, n_Q, d)").labels(rank) == labels


def test_sizes_are_said_by_the_names_of_the_axes():
    assert OUT.sized((2, 5, 8)) == "(B=2, T=5, d=8)"
    assert Named("x").sized((2, 5)) == "(2, 5)"


def test_equal_shapes_and_values_are_not_worth_a_word():
    x = random(2, 3, 4)
    assert shape_difference(x, (2, 3, 4), OUT) == ""
    assert said(x * (1 + 1e-12), x) == ""


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((5, 2, 8), "B and T are swapped"),
        ((5, 8, 2), "the axes are in another order"),
        ((10, 8), "as many numbers, cut up differently"),
        ((2, 5, 1, 8), "it has an axis of size 1 too many"),
        ((2, 5, 9), "not (B=2, T=5, d=8)"),
    ],
)
def test_a_wrong_shape_is_explained(shape, words):
    assert words in f"{shape_difference(torch.zeros(shape), (2, 5, 8), OUT)}"


def test_a_squeezed_axis_is_explained():
    said = f"{shape_difference(torch.zeros(5, 8), (1, 5, 8), OUT)}"
    assert "squeeze() without dim" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: x * math.sqrt(8), "2.83 (√8) × what it should be, everywhere"),
        (lambda x: x / 7, "0.143 (1/7) × what it should be, everywhere"),
        (lambda x: x + 0.5, "too large by 0.5, everywhere"),
        (lambda x: x - 0.5, "too small by 0.5, everywhere"),
        (lambda x: x.transpose(1, 2), "right but for T and d, which are swapped"),
        (lambda x: x.flip(1), "right but for the order along T, which is reversed"),
        (lambda x: x.transpose(0, 1).reshape(x.shape), "places: view() and reshape() do not move"),
        (lambda x: x * math.nan, "NaN or infinite in 32 of its 32 entries"),
        (torch.zeros_like, "0 everywhere"),
        (torch.cos, "wrong everywhere"),
    ],
)
def test_one_cause_of_all_differences_is_named(change, words):
    x = random(2, 4, 4)
    assert words in said(change(x), x)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ((slice(None), slice(1, None)), "along T, right at 0 and wrong from 1 on"),
        ((slice(None), slice(3, None)), "along T, right from 0 to 2 and wrong from 3 on"),
        ((slice(None), slice(0, 2)), "along T, wrong from 0 to 1 and right from 2 on"),
        ((slice(None), 2), "along T, wrong only at 2"),
        ((1, 2, 3), "wrong in 1 of its 40 entries, first at (B, T, d) = (1, 2, 3)"),
    ],
)
def test_it_is_said_where_the_values_are_still_right(where, words):
    expected = random(2, 5, 4)
    actual = expected.clone()
    actual[where] = actual[where].sin() + 2
    assert words in said(actual, expected)


def test_words_hold_no_entry_that_is_due():
    expected, actual = random(2, 5, 4), random(2, 5, 4).cos()
    words = said(actual, expected)
    assert not any(f"{abs(x):.2f}" in words for x in expected.flatten().tolist())


def test_nan_is_never_within_any_bound():
    assert not within(torch.tensor([math.nan]), torch.tensor([math.nan]), math.inf)


def test_other_shapes_are_never_broadcast():
    assert not within(torch.ones(3), torch.ones(1), 1.0)


def test_whole_numbers_are_no_floating_point_numbers():
    assert "holds int64" in said(torch.ones(2, 2, 2, dtype=torch.int64), random(2, 2, 2))


def test_a_ratio_holds_for_all_entries_or_is_none():
    x = random(3, 4)
    assert ratio(3 * x, x) == pytest.approx(3)
    assert ratio(x.sin(), x) is None
    assert ratio(x, torch.zeros_like(x)) is None
    assert ratio(x * math.nan, x) is None


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (8.0, "8"),
        (math.sqrt(8), "2.83 (√8)"),
        (0.25, "0.25 (1/4)"),
        (1.234, "1.23"),
        (950791**-0.5, "0.00103"),
        (0.0, "0"),
    ],
)
def test_a_factor_is_spelled_with_its_origin(factor, words):
    assert spelled(factor) == words


def test_float32_is_recognised_after_a_cast_back():
    x = random(4)
    assert is_single(x.float().double()) and not is_single(x)


def test_the_largest_truth_value_is_a_number():
    assert largest([torch.tensor([True, False]), torch.zeros(0)]) == 1
    assert largest([torch.tensor([False]), torch.tensor([-3])]) == 3
