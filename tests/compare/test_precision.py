"""Half precision is recognised by its digits, or by what it takes no notice of."""

import warnings

import pytest
import torch

from grader.checks import Failure, equal, half_precision
from grader.compare.agreement import agree
from grader.compare.compare import Named
from grader.compare.disagreement import Disagreement
from grader.compare.precision import HALVES, is_half, is_telling, nearly, rounds
from grader.compare.trial import Arguments, Remark


@pytest.fixture
def x():
    return torch.randn(4, 3, generator=torch.Generator().manual_seed(0)).double()


def product(x, y):
    return x @ y.mT


def first_in_half(x, y):
    return (x.half() @ y.half().mT).to(x.dtype).exp().log()


def last_in_half(x, y):
    return (x.bfloat16() @ y.bfloat16().mT).to(x.dtype)


def a_bit_off(x, y):
    return x @ y.mT * 1.003


def judged(function, *inputs) -> str:
    """Return the remark, or why it fails."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            agree(function, product, *inputs)
        except Disagreement as found:
            return f"fails: {found}"
    return " ".join(str(w.message) for w in caught if issubclass(w.category, Remark))


@pytest.mark.parametrize("function", [first_in_half, last_in_half])
def test_code_in_half_precision_is_right_is_told_and_fails_on_large_numbers(function, x):
    said = judged(function, x, x.flip(0))
    assert said.startswith("Your code computes in half precision")
    if function is last_in_half:
        assert "is computed in half precision, which" in judged(function, 60 * x, x.flip(0))


def test_what_is_a_bit_off_is_wrong_and_is_not_called_half_precision(x):
    said = judged(a_bit_off, x, x)
    assert said.startswith("fails: ") and "half" not in said


def test_numbers_are_of_half_precision_only_if_those_that_are_due_are_not(x):
    for kind in HALVES:
        assert is_half(x.to(kind).double(), x)
    assert not is_half(x.float().double(), x) and not is_half(x, x)
    ones = torch.tensor([101.0, 7.0])
    assert not is_half(ones + 1, ones), "whole numbers have no precision"
    assert not is_telling(torch.zeros(5)) and is_telling(x.half())


def test_an_input_without_influence_is_not_taken_for_rounded(x):
    given = Arguments((Named("a"), Named("b")), (x, x), {})
    assert not rounds(lambda a, b: 2 * a, given, [2 * x])
    assert rounds(lambda a, b: 2 * a.half().double(), given, [2 * x.half().double()])


def test_an_equal_tensor_in_half_precision_is_remarked_on(x):
    with pytest.warns(Remark, match="half precision"):
        equal(x.half().double(), x, "It is wrong", "y")
    with pytest.raises(Failure, match="`y` is right to two or three digits only"):
        equal(1.003 * x, x, "It is wrong", "y")
    with pytest.raises(Failure, match="It is wrong"):
        equal(1.2 * x.half().double(), x, "It is wrong", "y")
    assert not nearly(1.2 * x, x)


def test_a_check_may_ask_whether_a_call_is_in_half_precision(x):
    with pytest.warns(Remark, match="half precision"):
        assert half_precision(first_in_half, x, x)
    assert not half_precision(product, x, x)
