"""Compare a tensor with the one that is due, and describe the difference so that it teaches.

The words may hold shapes, positions, factors and offsets; never an entry that is due or given.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import NamedTuple

import torch
from torch import Tensor

from ..model.message import Message, Text, joined
from .moved import moved


class Tolerance(NamedTuple):
    """How far a tensor may be off, as shares of its largest entry and of its group's largest."""

    relative: float
    floor: float
    """The least that a tensor's largest entry counts for, because some true gradients are 0."""

    def bound(self, expected: Tensor, group: Sequence[Tensor] | float) -> float:
        """Return how far an entry of `expected` may be off, given its group or that's largest."""
        most = group if isinstance(group, float) else largest(group)
        return self.relative * (largest([expected]) + self.floor * most)


EXACT = Tolerance(1e-6, 1e-3)
"""In float64, correct code differs by 2e-15 and the weakest real mistake by 1e-4 of the largest."""
SINGLE = Tolerance(1e-4, 0.1)
"""For code that computes in float32 whatever it is given, at unit scale. Where a gradient is 0, it
leaves 1e-7 of the group's largest."""


MOST_SPELLED = 1024
"""Any factor is the root of some large number."""


@dataclass(frozen=True)
class Named:
    """The name of a tensor and of its axes; an axis ``…`` stands for any number of axes."""

    name: str
    axes: tuple[str, ...] = ()

    @classmethod
    @cache
    def read(cls, text: str) -> "Named":
        """Read ``"weights (B, n_Q, n_K)"``, or a name alone."""
        name, _, axes = text.partition("(")
        return cls(name.strip(), tuple(re.findall(r"[^\s,()]+", axes)))

    def labels(self, rank: int) -> list[str]:
        """Return a word for each of `rank` axes."""
        axes = list(self.axes)
        if "…" in axes:
            at, extra = axes.index("…"), rank - len(axes) + 1
            axes[at : at + 1] = ["B"] if extra == 1 else [f"B{i}" for i in range(1, extra + 1)]
        return axes if len(axes) == rank else [f"axis {i}" for i in range(rank)]

    def sized(self, shape: Sequence[int]) -> str:
        """Return ``(B=2, n_Q=5, d=8)``, or ``(2, 5, 8)`` where the axes have no names."""
        labels = self.labels(len(shape))
        if labels[:1] == ["axis 0"]:
            return str(tuple(shape))
        return f"({', '.join(f'{name}={n}' for name, n in zip(labels, shape, strict=True))})"


def largest(values: Sequence[Tensor]) -> float:
    """Return the largest magnitude in all tensors; that of truth values is 0 or 1."""
    numbers = [t.detach().byte() if t.dtype is torch.bool else t.detach() for t in values]
    return max((float(t.abs().max()) for t in numbers if t.numel()), default=0.0)


def is_single(actual: Tensor) -> bool:
    """Tell whether the numbers carry float32 precision only, even after a cast back to float64."""
    return actual.is_floating_point() and bool((actual.float().to(actual.dtype) == actual).all())


def within(actual: Tensor, expected: Tensor, bound: float) -> bool:
    """Tell whether shapes are equal and no entry is further off than `bound`; NaN always is."""
    return actual.shape == expected.shape and bool(((actual - expected).abs() <= bound).all())


def ratio(actual: Tensor, expected: Tensor, tolerance: float = EXACT.relative) -> float | None:
    """Return the one factor by which every entry of a tensor differs from the one that is due.

    Args:
        actual: What the code returned, of any shape.
        expected: What is due.
        tolerance: How far an entry may be off, as a share of the largest.

    Returns:
        The factor, or None if the shapes differ or no single factor explains every entry.

    Example:
        >>> x = draw(3)
        >>> round(ratio(2 * x, x), 6)
        2.0
    """
    if actual.shape != expected.shape or not (scale := float(expected.square().sum())):
        return None
    factor = float((actual * expected).sum()) / scale
    if math.isfinite(factor) and within(actual, factor * expected, tolerance * largest([actual])):
        return factor
    return None


def shape_difference(actual: Tensor, expected: Sequence[int], named: Named) -> Text:
    """Say how a shape differs from the expected one; empty if it does not."""
    have, due = list(actual.shape), list(expected)
    if have == due:
        return ""
    shapes = {"name": named.name, "have": tuple(have), "due": named.sized(due)}
    if why := _reshaped(have, due, named.labels(len(due))):
        return Message("`{name}` has shape {have}, not {due}: {why}", **shapes, why=why)
    return Message("`{name}` has shape {have}, not {due}", **shapes)


def _reshaped(have: list[int], due: list[int], labels: list[str]) -> Text:
    """Say how the one shape may have come out of the other, or nothing."""
    for i, j in combinations(range(len(due)), 2):
        swapped = due.copy()
        swapped[i], swapped[j] = due[j], due[i]
        if have == swapped:
            return Message("{axis} and {other} are swapped", axis=labels[i], other=labels[j])
    if len(have) != len(due) and [n for n in have if n != 1] == [n for n in due if n != 1]:
        if len(have) > len(due):
            return Message("it has an axis of size 1 too many")
        return Message("an axis of size 1 has disappeared, as squeeze() without dim would do")
    if sorted(have) == sorted(due):
        return Message("the axes are in another order")
    if math.prod(have) == math.prod(due):
        return Message("as many numbers, cut up differently")
    return ""


def value_difference(actual: Tensor, expected: Tensor, named: Named, bound: float) -> Text:
    """Say how values are wrong, given equal shapes; empty when every entry is within `bound`."""
    if expected.is_floating_point() and not actual.is_floating_point():
        kind = str(actual.dtype).removeprefix("torch.")
        return Message(
            "`{name}` holds {kind}, not floating-point numbers", name=named.name, kind=kind
        )
    actual, expected = actual.detach().double(), expected.detach().double()
    wrong = ~((actual - expected).abs() <= bound)  # NaN compares false, so it is wrong
    if not wrong.any():
        return ""
    labels = named.labels(actual.dim())
    what = _pattern(actual, expected, labels, bound) or _place(wrong, labels)
    return Message("`{name}` is {what}", name=named.name, what=what)


def _pattern(actual: Tensor, expected: Tensor, labels: list[str], bound: float) -> Text:
    """Name a single cause that explains every entry, or return nothing."""
    broken = int((~actual.isfinite()).sum())
    if broken:
        return Message(
            "NaN or infinite in {wrong} of its {all} entries", wrong=broken, all=actual.numel()
        )
    if not actual.any() or largest([actual]) <= bound:
        return Message("0 everywhere")
    if actual.numel() == 1:
        if not expected.all():
            return ""
        return Message("off by a factor of {factor}", factor=spelled(float(actual / expected)))
    factor = ratio(actual, expected, bound / largest([actual]))
    if factor is not None:
        return Message("{factor} × what it should be, everywhere", factor=spelled(factor))
    offset = (actual - expected).mean()
    if within(actual - offset, expected, bound):
        by = f"{abs(float(offset)):.3g}"
        if offset > 0:
            return Message("too large by {offset}, everywhere", offset=by)
        return Message("too small by {offset}, everywhere", offset=by)
    for i, j in combinations(range(actual.dim()), 2):
        if within(actual.transpose(i, j), expected, bound):
            swapped = {"axis": labels[i], "other": labels[j]}
            return Message("right but for {axis} and {other}, which are swapped", **swapped)
    return moved(actual, expected, labels, bound)


def _place(wrong: Tensor, labels: list[str]) -> Text:
    """Say where it is wrong and, where one axis tells them apart, where it is right."""
    if wrong.all():
        return Message("wrong everywhere")
    place = Message(
        "wrong in {wrong} of its {all} entries, first at ({axes}) = ({at})",
        wrong=int(wrong.sum()), all=wrong.numel(), axes=labels, at=wrong.nonzero()[0].tolist(),
    )  # fmt: skip
    for axis, label in enumerate(labels):
        bad = wrong.movedim(axis, 0).reshape(wrong.shape[axis], -1).any(dim=1)
        if border := _border(bad.tolist(), label):
            return joined("; ", (place, border))
    return place


def _border(bad: list[bool], axis: str) -> Text:
    """Say which part of an axis is wrong, if it is one part: a start, an end, a single place."""
    size, count = len(bad), sum(bad)
    if not 0 < count < size:
        return ""
    if bad == sorted(bad):
        start = size - count
        if start == 1:
            return Message("along {axis}, right at 0 and wrong from 1 on", axis=axis)
        return Message(
            "along {axis}, right from 0 to {last} and wrong from {start} on",
            axis=axis, last=start - 1, start=start,
        )  # fmt: skip
    if bad == sorted(bad, reverse=True):
        if count == 1:
            return Message("along {axis}, wrong at 0 and right from 1 on", axis=axis)
        return Message(
            "along {axis}, wrong from 0 to {last} and right from {start} on",
            axis=axis, last=count - 1, start=count,
        )  # fmt: skip
    if count == 1:
        return Message("along {axis}, wrong only at {place}", axis=axis, place=bad.index(True))
    return ""


def first_difference(
    actual: Sequence[Tensor],
    expected: Sequence[Tensor],
    named: Sequence[Named],
    tolerance: Tolerance,
    difference: Callable[[Tensor, Tensor, Named, float], Text],
) -> Text:
    """Return the first difference in a group of tensors, each judged by its largest entry."""
    most = largest(expected)
    for have, due, name in zip(actual, expected, named, strict=True):
        if found := difference(have, due, name, tolerance.bound(due, most)):
            return found
    return ""


def spelled(factor: float) -> str:
    """Write a factor with three digits and its likely origin.

    Args:
        factor: A positive number.

    Returns:
        The digits, and in brackets a root or an inverse that equals the factor, if one does.

    Example:
        >>> spelled(8**0.5)
        '2.83 (√8)'
    """
    if not 1e-3 < factor < 1e3:
        return f"{factor:.3g}"
    for sign, value in (("", factor), ("1/", 1 / factor)):
        for root, whole in (("", round(value)), ("√", round(value**2))):
            power = 2 if root else 1
            if 1 < whole <= MOST_SPELLED and math.isclose(value**power, whole, rel_tol=1e-5):
                return f"{factor:.3g} ({sign}{root}{whole})" if sign or root else f"{whole}"
    return f"{factor:.3g}"
