"""Compare gradients with those that are due: which are lost, where one is cut, how it is off."""

from collections.abc import Sequence

from torch import Tensor

from ..model.message import Message, Text
from .compare import EXACT, Named, largest, value_difference, within


def lost_gradients(
    actual: Sequence[Tensor], expected: Sequence[Tensor], named: Sequence[Named]
) -> Text:
    """Name what no gradient reaches although one is due; empty where all are reached."""
    floor = EXACT.floor * largest(expected)
    lost = [
        f"`{name.name}`"
        for have, due, name in zip(actual, expected, named, strict=True)
        if not have.any() and largest([due]) > floor
    ]
    if not lost:
        return ""
    return Message(
        "no gradient reaches {names}: either it has no influence on the result, or the way back "
        "is cut by detach(), .data, torch.tensor(...), no_grad() or numpy",
        names=lost,
    )


def gradient_difference(actual: Tensor, expected: Tensor, named: Named, bound: float) -> Text:
    """Say how the gradient with respect to `named` is wrong; empty when it is right."""
    if within(actual, expected, bound):
        return ""
    if found := cut(actual, expected, named, bound):
        label, have, due = found
        reached = have.nonzero().flatten()
        missed = ((due > bound) & (have == 0)).nonzero().flatten()
        return Message(
            "along {axis}, the gradient reaches `{name}` at {reached} but not at {missed}: the "
            "way back is cut there",
            axis=label, name=named.name, reached=int(reached[0]), missed=int(missed[-1]),
        )  # fmt: skip
    return Message(
        "the result is right, but its gradient is not: that for {found}",
        found=value_difference(actual, expected, named, bound),
    )


def cut(
    actual: Tensor, expected: Tensor, named: Named, bound: float
) -> tuple[str, Tensor, Tensor] | None:
    """Find an axis along which a gradient reaches some places and misses others where it is due.

    It misses those where it is 0: one that is small has come by another way, which is not cut.

    Returns its name and, for each place, the largest gradient that arrives and that is due (n,).
    """
    for axis, label in enumerate(named.labels(expected.dim())):
        rows = (t.movedim(axis, 0).reshape(t.shape[axis], -1) for t in (actual, expected))
        have, due = (row.abs().amax(dim=1) for row in rows)
        if have.any() and ((due > bound) & (have == 0)).any():
            return label, have, due
    return None
