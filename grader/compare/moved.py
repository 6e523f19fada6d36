"""Say how the right numbers have come to stand in the wrong places."""

from collections.abc import Iterator
from itertools import permutations

import torch
from torch import Tensor

from ..model.message import Message, Text

MOST_NUMBERS = 20_000
"""Larger tensors are not searched: it would take longer than the check."""
MOST_NAMED = 8
"""An order of more places is not spelled out."""


def moved(actual: Tensor, expected: Tensor, labels: list[str], bound: float) -> Text:
    """Name a permutation of the entries of `expected`; empty where they are other numbers.

    A view is blamed only where the numbers are exactly those of one: axes should have been moved,
    and were cut up instead.
    """
    have, due = (t.flatten().sort().values for t in (actual, expected))
    if not _near(have, due, bound):
        return ""
    if actual.numel() <= MOST_NUMBERS:
        for axis, label in enumerate(labels):
            if order := _order(actual.movedim(axis, 0), expected.movedim(axis, 0), bound):
                return _spelled(order, label)
        if any(_near(viewed, actual, bound) for viewed in _views(expected)):
            return Message(
                "made of the right numbers in the wrong places: view() and reshape() do not move "
                "axes, transpose() does"
            )
    return Message("made of the right numbers in the wrong places")


def _near(one: Tensor, other: Tensor, bound: float) -> bool:
    return bool(((one - other).abs() <= bound).all())


def _order(actual: Tensor, expected: Tensor, bound: float) -> list[int]:
    """Return which piece of `expected` stands in each place, or nothing where none does alone."""
    due = expected.reshape(len(expected), -1)
    pieces = actual.reshape(len(actual), -1)
    equal = torch.stack([(piece - due).abs().amax(dim=1) <= bound for piece in pieces])
    if bool((equal.sum(dim=0) == 1).all() and (equal.sum(dim=1) == 1).all()):
        return [int(place) for place in equal.int().argmax(dim=1)]
    return []


def _spelled(order: list[int], axis: str) -> Message:
    size = len(order)
    if order == list(range(size))[::-1]:
        return Message("right but for the order along {axis}, which is reversed", axis=axis)
    for shift in range(1, size):
        if order == [(place - shift) % size for place in range(size)]:
            return Message(
                "right but for the order along {axis}, which is shifted by {shift}",
                axis=axis, shift=shift if shift <= size - shift else shift - size,
            )  # fmt: skip
    if size > MOST_NAMED:
        return Message("right but for the order along {axis}, which is another one", axis=axis)
    return Message("right but for the order along {axis}, which is {order}", axis=axis, order=order)


def _views(expected: Tensor) -> Iterator[Tensor]:
    """Yield what a view makes of the tensor if axes should have been moved and were not.

    One axis may have been put together from two before, as the features of several heads are.
    """
    shape = list(expected.shape)
    cuts = [expected]
    for axis, size in enumerate(shape):
        cuts += [
            expected.reshape(*shape[:axis], outer, size // outer, *shape[axis + 1 :])
            for outer in range(2, size // 2 + 1)
            if size % outer == 0
        ]
    for cut in cuts:
        for order in permutations(range(cut.dim())):
            if cut.dim() <= 5:
                yield cut.permute(order).reshape(shape)
