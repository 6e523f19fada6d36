"""Draw a comparison that failed: where it is wrong and how far a gradient reaches, never a value.

A Failure holds a Sketch, and only the one that a student gets to see is drawn: it takes 0.2 ms, and
a failed check is run again for every known mistake.
"""

from collections.abc import Sequence
from functools import partial
from itertools import combinations

import torch
from torch import Tensor

from ..model.picture import (
    ALL,
    MOST_BARS,
    MOST_CELLS,
    NOT_DUE,
    SHARES,
    Grid,
    Picture,
    Reach,
    Shapes,
    Sketch,
)
from .compare import EXACT, Named, Tolerance, largest, ratio, within
from .gradients import cut


def where(actual: Tensor, expected: Tensor, name: str, bound: float | None = None) -> Sketch:
    """Sketch where a tensor is wrong, for a Failure of your own.

    A drawing shows levels, never a value, and is made only for a student who gets to see it.

    Args:
        actual: What the code returned, of any shape.
        expected: What is due, of the same shape.
        name: What the tensor is called and its axes, as in ``"out (B, n_Q, e)"``.
        bound: By how much an entry may be off; without one, what float64 rounds.

    Returns:
        The second argument of `Failure`.

    Example:
        >>> weights, visible = draw(2, 5, 5), torch.ones(5, 5).tril()
        >>> sketch = where(weights, weights * visible, "weights (B, n_Q, n_K)")
        >>> raise Failure("A hidden key has weight.", sketch)
        Traceback (most recent call last):
            ...
        Failure: A hidden key has weight.
    """

    def draw() -> Grid | None:
        due = expected if expected.is_complex() else expected.double()  # also of truth values
        least = EXACT.bound(due, [due]) if bound is None else bound
        return grid(actual, due, Named.read(name), least)

    return draw


def shapes_of(actual: Tensor, expected: Sequence[int], named: Named) -> Sketch:
    """Sketch a shape beside the one that is due."""
    have, due = tuple(actual.shape), tuple(expected)
    return partial(Shapes, named.name, tuple(named.labels(len(due))), due, have)


def first_wrong(
    actual: Sequence[Tensor],
    expected: Sequence[Tensor],
    named: Sequence[Named],
    tolerance: Tolerance,
) -> Sketch | None:
    """Sketch the first result that is wrong, if one is."""
    for have, due, name in zip(actual, expected, named, strict=True):
        if not within(have, due, bound := tolerance.bound(due, expected)):
            return partial(grid, have, due, name, bound)
    return None


def first_lost(
    actual: Sequence[Tensor],
    expected: Sequence[Tensor],
    named: Sequence[Named],
    tolerance: Tolerance,
) -> Sketch | None:
    """Sketch which tensors gradients reach or, where all are reached, the first that is wrong."""
    floor = EXACT.floor * largest(expected)
    due = [largest([tensor]) > floor for tensor in expected]
    reached = [bool(tensor.any()) for tensor in actual]
    if any(d and not r for d, r in zip(due, reached, strict=True)):
        levels = (str(ALL if r else 0) if d else NOT_DUE for d, r in zip(due, reached, strict=True))
        names = tuple(name.name for name in named)
        return partial(Reach, "", "", names, "".join(levels))
    for have, want, name in zip(actual, expected, named, strict=True):
        if not within(have, want, bound := tolerance.bound(want, expected)):
            return partial(_gradient, have, want, name, bound)
    return None


def _gradient(actual: Tensor, expected: Tensor, named: Named, bound: float) -> Picture | None:
    """Draw how far a gradient reaches along an axis or, where it is not cut, where it is off."""
    found = cut(actual, expected, named, bound)
    if found is None:
        return grid(actual, expected, named, bound, gradient=True)
    label, have, due = found
    share = torch.where(due > bound, have / due, torch.nan)  # (n,)
    labels, levels = [], []
    for places in torch.arange(len(share)).tensor_split(min(len(share), MOST_BARS)):
        first, last = int(places[0]), int(places[-1])
        labels.append(f"{first}" if first == last else f"{first}–{last}")
        levels.append(
            _arrives(float(share[places].nan_to_num(torch.inf).amin()), have[places], bound)
        )
    return Reach(named.name, label, tuple(labels), "".join(levels))


def _arrives(share: float, have: Tensor, bound: float) -> str:
    """Return the level of a bar: nothing, some, more than a third, than two thirds, all."""
    if share == torch.inf:
        return NOT_DUE
    if float(have.amin()) <= bound:
        return "0"
    return str(min(1 + int(3 * share / 0.99), ALL))


def grid(
    actual: Tensor, expected: Tensor, named: Named, bound: float, *, gradient: bool = False
) -> Grid | None:
    """Draw how far off the most telling piece of a tensor is; None if there is nothing to see.

    That is so of a single entry, of complex numbers, of one factor everywhere, and where all places
    look alike.
    """
    if actual.shape != expected.shape or actual.numel() < 2 or actual.is_complex():
        return None
    actual, expected = actual.detach().double(), expected.detach().double()
    if not actual.any() or ratio(actual, expected) is not None:
        return None
    axes = [axis for axis, size in enumerate(actual.shape) if size > 1]
    levels = _levels((actual - expected).abs(), bound, largest([expected])).squeeze()
    if bool((levels == levels.flatten()[0]).all()):
        return None
    labels = [label for axis, label in enumerate(named.labels(actual.dim())) if axis in axes]
    piece, at, over, (row, column) = _piece(levels, labels)
    cells = [min(size, MOST_CELLS) for size in piece.shape]
    drawn = piece
    if cells != list(piece.shape):
        drawn = torch.nn.functional.adaptive_max_pool2d(piece[None].double(), cells)[0].long()
    rows = tuple("".join(map(str, row)) for row in drawn.tolist())
    sizes = (piece.shape[0], piece.shape[1])
    return Grid(named.name, (row, column), sizes, rows, tuple(at), tuple(over), gradient)


def _levels(off: Tensor, bound: float, whole: float) -> Tensor:
    """Return 0 for what is within the bound, and from 1 to 4 by the share of the `whole`."""
    levels = torch.zeros(off.shape, dtype=torch.uint8)
    for edge in (bound, *(max(bound, share * whole) for share in SHARES)):
        levels += ~(off <= edge)  # NaN compares false, so it is far off
    return levels


def _piece(
    levels: Tensor, labels: list[str]
) -> tuple[Tensor, list[str], list[str], tuple[str, str]]:
    """Return two dimensions of the levels, where they lie, what they stand for, and their names.

    They are the last two, where most is wrong. Where nothing is right there, two others may tell
    right from wrong; then each place shows the worst of what lies behind it.
    """
    if levels.dim() == 1:
        return levels[None], [], [], ("", labels[0])
    rank = levels.dim()
    wrong = levels.flatten(0, -3).flatten(1).sum(dim=1) if rank > 2 else levels.new_zeros(1)
    place = torch.unravel_index(wrong.argmax(), levels.shape[:-2])
    piece = levels[tuple(place)] if rank > 2 else levels
    if rank > 2 and piece.all():
        for i, j in reversed(list(combinations(range(rank), 2))):
            others = [axis for axis in range(rank) if axis not in (i, j)]
            if not (worst := levels.amax(dim=others)).all():
                return worst, [], [labels[a] for a in others], (labels[i], labels[j])
    at = [f"{label} = {int(index)}" for label, index in zip(labels, place, strict=False)]
    return piece, at, [], (labels[-2], labels[-1])
