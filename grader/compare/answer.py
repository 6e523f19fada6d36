"""Answers other than tensors: a whole number, a text, or a list of these or of lists."""

from collections import Counter
from typing import Any

import torch
from torch import Tensor

from ..model.message import Message
from .compare import Named
from .record import note
from .trial import Failure, Function

Plain = int | str | list[int] | list[str] | list[list[int]] | list[list[str]]
END = -1
"""Stands behind each text of a list, where texts are recorded as numbers."""


def answer(
    actual: Function, *inputs: Any, due: Plain, name: str = "answer", **options: Any
) -> None:
    """Require a whole number, a text, a list of either, or a list of such lists.

    What says the same counts as the same: a number may be a float without a fraction or a tensor
    without axes, and a list a tuple or a tensor with one axis. Text must be text, and a set has no
    order. What is returned is recorded, so that known mistakes are recognised by it.

    Args:
        actual: The code to judge.
        *inputs: Its arguments.
        due: What it should return.
        name: What that is called.
        **options: Its keyword arguments.

    Raises:
        Failure: Says how the two differ; never what is due.

    Example:
        >>> answer(lambda text: list(text), "abc", due=["a", "b", "c"], name="letters")
        >>> answer(lambda n: [[2], [3, 4]][:n], 2, due=[[2], [3, 4]], name="pairs")
        >>> answer(lambda text: list(text), "cba", due=["a", "b", "c"], name="letters")
        Traceback (most recent call last):
            ...
        Failure: `letters` has the right entries in another order: it is turned round.
    """
    with torch.no_grad():
        returned = actual(*inputs, **options)
    called = f"`{Named.read(name).name}`"
    have = _as(returned, due)
    if have is None:
        kinds = {"kind": _kind(returned), "due": _kind(due)}
        raise Failure(Message("{name} is {kind}, and not {due}.", name=called, **kinds))
    note([_numbers(have)])
    if have != due:
        found = _difference(have, due)
        raise Failure(Message("{name} {found}.", name=called, found=found))


def _as(value: Any, due: Plain) -> Plain | None:
    """Return a value as what is due, if it says such a thing."""
    if isinstance(value, Tensor):
        value = value.tolist()
    match due:
        case str():
            return value if isinstance(value, str) else None
        case int():
            return _whole(value)
        case list():
            if not isinstance(value, list | tuple):
                return None
            if rows := _rows(due):
                kind: Any = next(filter(None, rows), [])  # an empty one has entries of any kind
                found = [_as(row, kind) for row in value]
                return None if None in found else found  # type: ignore[return-value]
            whole = bool(due) and isinstance(due[0], int)
            items = [_whole(item) if whole else _text(item, due) for item in value]
            return None if None in items else items  # type: ignore[return-value]


def _rows(value: Any) -> list[list[Any]]:
    """Return the lists in a list that has nothing else."""
    rows = value if isinstance(value, list | tuple) else []
    return [*rows] if all(isinstance(row, list | tuple) for row in rows) else []


def _whole(value: Any) -> int | None:
    if isinstance(value, Tensor) and not value.dim():
        value = value.item()
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None


def _text(value: Any, due: list[Any]) -> Any:
    """Return a text; where an empty list is due, an answer of any kind: its length tells."""
    if isinstance(value, str) or due:
        return value if isinstance(value, str) else None
    return END if (whole := _whole(value)) is None else whole


def _kind(value: Any) -> Message:
    """Say what a value is, without what it holds."""
    match value:
        case None:
            return Message("None: is a `return` missing?")
        case str():
            return Message("a text")
        case int() if not isinstance(value, bool):
            return Message("a whole number")
        case float():
            return Message("a number")
        case list() | tuple() if value and all(isinstance(item, str) for item in value):
            return Message("a list of texts")
        case list() | tuple() if value and None not in map(_whole, value):
            return Message("a list of whole numbers")
        case list() | tuple() if _rows(value):
            flat = [item for row in value for item in row]
            if flat and all(isinstance(item, str) for item in flat):
                return Message("a list of lists of texts")
            if flat and None not in map(_whole, flat):
                return Message("a list of lists of whole numbers")
            return Message("a list of lists")
        case list() | tuple():
            return Message("another list") if value else Message("an empty list")
        case Tensor():
            return Message("a tensor of shape {shape}", shape=tuple(value.shape))
    return Message("of type {kind}", kind=type(value).__name__)


def _numbers(value: Plain) -> Tensor:
    """Return an answer as numbers that tell it from every other."""
    match value:
        case str():
            found = [*map(ord, value), END]
        case int():
            found = [value]
        case _:
            sizes = [[len(row)] for row in _rows(value)] or [[]] * len(value)
            parts: Any = zip(sizes, value, strict=True)
            found = [n for size, item in parts for n in (*size, *_numbers(item).tolist())]
    return torch.tensor([float(n) for n in found], dtype=torch.float64)


def _difference(have: Any, due: Any) -> Message:
    """Say how an answer differs from the one that is due, both of one kind."""
    if isinstance(due, int):
        if have > due:
            return Message("is too large by {offset}", offset=have - due)
        return Message("is too small by {offset}", offset=due - have)
    part = Message("characters") if isinstance(due, str) else Message("entries")
    if rows := _rows(due):
        have, due, part = [*map(tuple, have)], [*map(tuple, rows)], Message("lists")
    if have == due[::-1]:
        return Message("has the right {part} in another order: it is turned round", part=part)
    if Counter(have) == Counter(due):
        return Message("has the right {part} in another order", part=part)
    if {*have} == {*due} and len({*due}) == len(due):
        return Message("has the right {part}, but some of them more than once", part=part)
    if len(have) != len(due):
        return Message("has {count} {part}, not {due}", count=len(have), part=part, due=len(due))
    wrong = [place for place, (a, b) in enumerate(zip(have, due, strict=True)) if a != b]
    if rows:
        return Message(
            "is wrong in {wrong} of its {all} lists, first at {place}, which {found}",
            wrong=len(wrong), all=len(due), place=wrong[0],
            found=_difference([*have[wrong[0]]], [*due[wrong[0]]]),
        )  # fmt: skip
    return Message(
        "is wrong in {wrong} of its {all} {part}, first at {place}",
        wrong=len(wrong), all=len(due), part=part, place=wrong[0],
    )  # fmt: skip
