"""Values that cross the border: None, numbers, text, bytes, tensors, and containers of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .layout import MAX_HEADER
from .saying import Saying

MAX_DEPTH = 32
MAX_ITEMS = 1 << 16
"""Values in all lists and dicts together. A million fit into a header, and took the reader 42 s."""
NESTED = (list, dict, tuple)
LEAVES: frozenset[type[Any]] = frozenset(
    {type(None), bool, int, float, str, bytes, torch.Tensor, torch.nn.Parameter}
)
"""Types that hold nothing; asking isinstance() of a tensor takes four times as long."""
PLAIN: tuple[type[Any], ...] = (int, float, str, bytes, list, dict)
"""Subclasses of these are sent as these: a student may return an np.float64 or an OrderedDict."""
WIDER = {"uint16": "int32", "uint32": "int64", "uint64": "int64", "longdouble": "float64",
         "float128": "float64"}  # fmt: skip
"""What holds the numbers of numpy that have no place among DTYPES."""
KEYS: frozenset[type[Any]] = frozenset({str, bool, int, float, bytes, type(None)})
"""Types of keys. No tuples: all those of -1 and -2 have one hash; 40,000 in a dict took 13 s."""


class Unsendable(TypeError):
    """A value has a type that does not cross the border; the message names it."""


def each(value: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """Return `value` with every tensor in it replaced, in the order in which they are sent."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if type(value) in LEAVES:
        return value
    if isinstance(value, tuple):
        return tuple([each(item, change) for item in value])
    if isinstance(value, list):
        return [each(item, change) for item in value]
    if isinstance(value, dict):
        return {key: each(item, change) for key, item in value.items()}
    return value


def plain(value: Any) -> Any:
    """Return a result with numpy's numbers and arrays, and ranges, as what crosses the border.

    Raises Unsendable for what is too large; anything else of no such type stays, to be named later.
    """
    if type(value) in LEAVES:
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        dtype = WIDER.get(value.dtype.name) or value.dtype.newbyteorder("=")
        return torch.from_numpy(np.array(value, order="C", dtype=dtype))
    if isinstance(value, range):
        if len(value[: MAX_HEADER + 1]) > MAX_HEADER:
            raise Unsendable(Saying("a range of more than {n} numbers", n=f"{MAX_HEADER:,}"))
        return list(value)
    if isinstance(value, tuple):
        return tuple([plain(item) for item in value])
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    return value


def answer(value: Any) -> Any:
    """Return a student's result as what crosses the border, see `plain`. Raises Unsendable."""
    try:
        found = plain(value)
    except RecursionError:  # a list may hold itself
        raise Unsendable(Saying("a value nested more than {n} deep", n=MAX_DEPTH)) from None
    for tensor in tensors(found):
        if tensor.is_nested:
            raise Unsendable(Saying("a nested tensor; make it a dense one, with padding"))
        if tensor.is_meta:
            raise Unsendable(Saying("a tensor on the device meta, which holds no numbers"))
    return found


def tensors(value: Any) -> list[torch.Tensor]:
    """Return the tensors in `value`, in the order in which they are sent."""
    found: list[torch.Tensor] = []
    each(value, found.append)
    return found


def numbers(tensor: torch.Tensor) -> bytes:
    """Return the numbers of a dense tensor, in this machine's memory and in C order."""
    if type(tensor) not in LEAVES:  # a subclass, which may answer for itself
        tensor = tensor.detach().as_subclass(torch.Tensor)
    if tensor.dtype is torch.bfloat16:  # numpy has none
        tensor = tensor.detach().view(torch.int16)
    return tensor.numpy(force=True).tobytes()


def shallow(value: Any) -> bool:
    """Whether a value is nested at most MAX_DEPTH deep. Raises Unsendable for a key that is none.

    Goes down level by level: a call for each item took 3 ms of a submission's time.
    """
    level, items_in_all = [value] if isinstance(value, NESTED) else [], 0
    for _ in range(MAX_DEPTH):
        if not level:
            return True
        below = []
        for outer in level:
            items_in_all += len(outer)
            if items_in_all > MAX_ITEMS:
                raise Unsendable(
                    Saying("more than {n} values in lists; a tensor may hold them", n=MAX_ITEMS)
                )
            if isinstance(outer, dict) and not {*map(type, outer)} <= KEYS:
                for key in outer:  # a subclass is sent as what it stands for
                    if not isinstance(key, tuple(KEYS)):
                        kind = type(key).__name__
                        raise Unsendable(Saying("a dict with a key of type {kind}", kind=kind))
            items = outer.values() if isinstance(outer, dict) else outer
            below += [i for i in items if type(i) not in LEAVES and isinstance(i, NESTED)]
        level = below
    return not level
