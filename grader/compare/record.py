"""The numbers that a check gets from the code it judges, and which of them it has looked at.

A known mistake is recognised by them. Numbers that no check looks at are kept as well, but tell
nothing against a mistake: whoever returns a wrong state may still have read the steps backwards.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from .chances import Counts
from .compare import EXACT, SINGLE, is_single, largest


class Unlike(BaseException):
    """The code gives a number that is not the one looked for; no `except Exception` stops it."""


class Record(list[Tensor]):
    """Numbers, in the order in which they came: results first, then gradients."""

    def __init__(self, wanted: "Record | None" = None) -> None:
        super().__init__()
        self.judged: set[int] = set()
        """Places of the numbers that the check has looked at."""
        self._wanted = wanted

    def judging(self, places: set[int]) -> list[Tensor]:
        """Return the numbers in these places, as far as there are any."""
        return [self[place] for place in sorted(places) if place < len(self)]

    def judged_at(self, places: set[int]) -> "Record":
        """Return the same numbers, looked at in other places."""
        other = Record()
        other += self
        other.judged = places
        return other

    def note(self, number: Tensor) -> int:
        """Append a copy and return its place.

        Raises Unlike once this cannot become what is looked for: more numbers, or another one that
        was judged there. The bound is twice that of `same`, which knows the whole record: nothing
        is ruled out that it would take.
        """
        place = len(self)
        self.append(number.detach().clone())
        if self._wanted is not None:
            if place >= len(self._wanted):
                raise Unlike
            due = self._wanted[place]
            if place in self._wanted.judged and not _close(number, due, self._most, slack=2):
                raise Unlike
        return place

    @cached_property
    def _most(self) -> float:
        return _largest(self._wanted or ())


_record: ContextVar[Record | None] = ContextVar("record", default=None)


@contextmanager
def recorded(wanted: Record | None = None) -> Iterator[Record]:
    """Collect the numbers that the judged code returns, while the context is active.

    Known mistakes are recognised by these numbers. Use it around a call that is only a trial, so
    that its numbers are not taken for a finding of the check.

    Args:
        wanted: Numbers to look for; the first that differs ends the trial with `Unlike`. For the
            session only.

    Yields:
        The numbers, as a list of tensors.

    Example:
        >>> with recorded() as numbers:
        ...     agree(lambda x: x + x, lambda x: 2 * x, draw(3))
        >>> len(numbers)  # a result and a gradient
        2
    """
    record = Record(wanted)
    token = _record.set(record)
    try:
        yield record
    finally:
        _record.reset(token)


def note(numbers: Sequence[Tensor]) -> None:
    """Keep numbers that are judged."""
    if (record := _record.get()) is not None:
        for number in numbers:
            record.judged.add(record.note(number))


def watched(numbers: Sequence[Tensor]) -> list[Tensor]:
    """Keep numbers, and return tensors that count as judged once anybody looks at an entry."""
    record = _record.get()
    if record is None:
        return list(numbers)
    results: list[Tensor] = []
    for number in numbers:
        result = number.detach().as_subclass(Watched)
        result.judge, result.place = record.judged.add, record.note(number)
        results.append(result)
    return results


SHAPE_ALONE = frozenset({
    *(getattr(Tensor, name).__get__ for name in ("shape", "dtype", "ndim", "requires_grad")),
    Tensor.__len__, Tensor.size, Tensor.dim, Tensor.numel, Tensor.is_floating_point,
})  # fmt: skip
"""What looks at no entry."""


class Watched(Tensor):
    """A result that records when it is looked at; what is computed from it is a plain tensor."""

    judge: Callable[[int], None]
    place: int

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a function of torch on this."""
        if func not in SHAPE_ALONE:
            for value in (*args, *(kwargs or {}).values()):
                for leaf in value if isinstance(value, tuple | list) else (value,):
                    if isinstance(leaf, Watched):
                        leaf.judge(leaf.place)
        with torch._C.DisableTorchFunctionSubclass():
            return func(*args, **(kwargs or {}))


def same(one: Sequence[Tensor], other: Sequence[Tensor]) -> bool:
    """Tell whether two lists hold the same tensors, up to rounding; NaN equals NaN.

    Args:
        one: Tensors of any shape.
        other: Tensors of any shape.

    Returns:
        False if they differ, and if both are empty.

    Example:
        >>> x = draw(3)
        >>> same([x], [x + 1e-12]), same([x], [2 * x]), same([], [])
        (True, False, False)
    """
    return 0 < len(one) == len(other) and not any(differing(one, other))


def differing(one: Sequence[Tensor], other: Sequence[Tensor]) -> Iterator[bool]:
    """Yield for each number whether it differs from its partner in the other record."""
    most = _largest(other)
    yield from (not _close(a, b, most) for a, b in zip(one, other, strict=True))


def _largest(numbers: Sequence[Tensor]) -> float:
    """Return the largest finite magnitude in a record, at once: there may be a hundred tensors."""
    flat = [number.flatten() for number in numbers if not isinstance(number, Counts)]
    return largest([torch.cat(flat).nan_to_num(0, 0, 0)]) if flat else 0.0


def _close(found: Tensor, due: Tensor, most: float, slack: float = 1) -> bool:
    """Tell whether two tensors hold the same numbers, by what is tolerated beside `most`."""
    if found.shape != due.shape:
        return False
    if isinstance(found, Counts) and isinstance(due, Counts):
        return found.may_be_like(due)
    tolerance = SINGLE if is_single(found) or is_single(due) else EXACT
    bound = slack * tolerance.bound(due.nan_to_num(0, 0, 0), most)
    return torch.allclose(found.double(), due.double(), rtol=0, atol=bound, equal_nan=True)
