"""Say how the right numbers have come to stand in the wrong places."""

from collections.abc import Iterator
from itertools import permutations

import torch
from torch import Tensor

MOST_NUMBERS = 20_000
"""Larger tensors are not searched: it would take longer than the check."""
MOST_NAMED = 8
"""An order of more places is not spelled out."""


def moved(actual: Tensor, expected: Tensor, labels: list[str], bound: float) -> str:
    """Name a permutation of the entries of `expected`; empty where they are other numbers.

    A view is blamed only where the numbers are exactly those of one: axes should have been moved,
    and were cut up instead.
    """
    have, due = (t.flatten().sort().values for t in (actual, expected))
    if not _near(have, due, bound):
        return ""
    said = "made of the right numbers in the wrong places"
    if actual.numel() > MOST_NUMBERS:
        return said
    for axis, label in enumerate(labels):
        if order := _order(actual.movedim(axis, 0), expected.movedim(axis, 0), bound):
            return f"right but for the order along {label}, {_spelled(order)}"
    if any(_near(viewed, actual, bound) for viewed in _views(expected)):
        return f"{said}: view() and reshape() do not move axes, transpose() does"
    return said


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


def _spelled(order: list[int]) -> str:
    size = len(order)
    if order == list(range(size))[::-1]:
        return "which is reversed"
    for shift in range(1, size):
        if order == [(place - shift) % size for place in range(size)]:
            back = size - shift
            return (
                f"which is shifted by {shift}" if shift <= back else f"which is shifted by -{back}"
            )
    return (
        f"which is {', '.join(map(str, order))}" if size <= MOST_NAMED else "which is another one"
    )


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
