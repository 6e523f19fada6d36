"""Recognise code that computes in half precision, which keeps two or three digits.

It is right about the mathematics. So it is judged with a tolerance of its own and told, and fails
where precision matters: on numbers far from 1.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from ..model.message import Message
from .compare import Tolerance, within
from .trial import Arguments, Cast, Function, tried

HALF = Tolerance(0.03, 0.1)
"""The tolerance for code that computes in half precision, as shares of the largest entry.

bfloat16 rounds by 0.4 %, and a sum of some products by 2 %.

Example:
    >>> HALF.relative
    0.03
"""
HALVES = (torch.float16, torch.bfloat16)
LARGE = 8.0
"""Root mean square of inputs from which on half precision is too coarse."""
HALF_PRECISION = Message(
    "Your code computes in half precision (float16 or bfloat16), so it was judged with a tolerance "
    "of 3 %. Only two or three digits are right, and with large numbers none may be: leave the "
    "dtype as it comes."
)
TOO_COARSE = Message(
    "the result is computed in half precision, which is too coarse for such large numbers"
)
FEW_DIGITS = Message("`{name}` is right to two or three digits only, as half precision gives them.")


def is_half(actual: Tensor, expected: Tensor) -> bool:
    """Tell whether numbers are rounded to half precision, where those that are due are not."""
    return any(_fits(actual, kind) and not _fits(expected, kind) for kind in HALVES)


def is_telling(tensor: Tensor) -> bool:
    """Tell whether it holds enough different fractions to show a precision, as 0 and 1 do not."""
    return len(set(tensor[tensor != tensor.round()].tolist())) > 2


def _fits(tensor: Tensor, kind: torch.dtype) -> bool:
    if not tensor.is_floating_point():
        return False
    return bool((_rounded(tensor, kind) == tensor).all())


def rounds(function: Function, given: Arguments, results: Sequence[Tensor]) -> bool:
    """Tell whether the code rounds an input to half precision.

    If it does, rounding that input before changes no bit of the results. But another input must
    give other results: what has no influence is not rounded.
    """

    def changes(place: int, change: Cast) -> bool:
        values = list(given.values)
        values[place] = change(values[place])
        (trial,) = tried(function, [replace(given, values=tuple(values))])
        return not all(map(torch.equal, trial.results, results))

    return any(
        not changes(place, partial(_rounded, kind=kind)) and changes(place, torch.neg)
        for place, value in enumerate(given.values)
        if isinstance(value, Tensor) and value.is_floating_point()
        for kind in HALVES
    )


def _rounded(tensor: Tensor, kind: torch.dtype) -> Tensor:
    return tensor.to(kind).to(tensor.dtype)


def nearly(actual: Tensor, expected: Tensor) -> bool:
    """Tell whether a tensor is right up to what half precision rounds."""
    return within(actual, expected, HALF.bound(expected, [expected]))
