"""What judged code changes in place, of what it was given as a copy."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from torch import Tensor

_changed: ContextVar[list[Tensor] | None] = ContextVar("changed", default=None)


@contextmanager
def changes() -> Iterator[list[Tensor]]:
    """Collect the tensors that calls change in place, while the context is active.

    The judged code works on copies, so the tensors themselves keep their values.

    Yields:
        The arguments and parameters that have been changed, as the check knows them.

    Example:
        >>> x = draw(1, 3, 4)
        >>> with changes() as changed:
        ...     _ = student.ScaledDotProductAttention()(x, x, x)
        >>> changed
        []
    """
    changed: list[Tensor] = []
    token = _changed.set(changed)
    try:
        yield changed
    finally:
        _changed.reset(token)


def note_change(tensor: Tensor) -> None:
    """Note that a call has changed what it was given as a copy of `tensor`."""
    changed = _changed.get()
    if changed is not None:
        changed.append(tensor)
