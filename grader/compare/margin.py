"""How far results are from the tolerance they are judged by: for those who set the tolerance."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from torch import Tensor

from .compare import Tolerance, largest


class Margin(NamedTuple):
    """How one comparison stood."""

    ratio: float
    """The largest difference as a share of what is tolerated: wrong above 1, infinite with NaN."""
    coarse: bool
    """Whether the results carry the precision of float32 only."""


_margins: ContextVar[list[Margin] | None] = ContextVar("margins", default=None)


@contextmanager
def measured() -> Iterator[list[Margin]]:
    """Collect the margin of every comparison with an oracle, including abandoned attempts."""
    margins: list[Margin] = []
    token = _margins.set(margins)
    try:
        yield margins
    finally:
        _margins.reset(token)


def measure(
    actual: Sequence[Tensor], expected: Sequence[Tensor], tolerance: Tolerance, coarse: bool
) -> None:
    """Note how far off a group of tensors is; their shapes have been found to be right."""
    margins = _margins.get()
    if margins is None:
        return
    for have, due in zip(actual, expected, strict=True):
        off = largest([have.double() - due.double()])
        bound = tolerance.bound(due.double(), expected)
        ratio = off / bound if bound else (math.inf if off else 0.0)
        margins.append(Margin(math.inf if math.isnan(ratio) else ratio, coarse))
