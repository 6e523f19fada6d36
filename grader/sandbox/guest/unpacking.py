"""Read a value out of a frame, in the layout of layout.py.

The reader trusts nothing: claimed data must be present, and sizes must add up.
"""

import math
from functools import lru_cache
from typing import Any

import msgpack
import numpy as np
import torch

from .layout import (
    DTYPES,
    MARK,
    MAX_HEADER,
    MAX_TENSORS,
    NUMPY,
    SHAPES_OF,
    TENSOR,
    TUPLE,
    filled,
    require_small,
)  # fmt: skip
from .values import KEYS, MAX_DEPTH, MAX_ITEMS, shallow

HARMLESS = 1 << 10
"""Bytes of msgpack that cannot claim more than 3 MB."""


class Malformed(ValueError):
    """These bytes are not a valid value."""


def unpack(data: bytearray, header_size: int) -> Any:
    """Return the value of a message; its tensors lie in `data`. Raises Malformed."""
    reader = Reader(data, filled(header_size))
    try:
        value = reader.unpack(bytes(memoryview(data)[:header_size]))
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise Malformed(f"malformed header: {type(error).__name__}") from None
    if reader.place != len(data) or reader.marks:
        raise Malformed("the tensors' sizes do not add up to the body's, or a mark stands alone")
    if reader.nodes > MAX_DEPTH and not shallow(value):
        raise Malformed("nested too deep")
    return value


@lru_cache(maxsize=1024)
def _claimed(about: bytes) -> tuple[tuple[int, ...], "np.dtype[Any]", int, torch.dtype]:
    """Read what a header says of a tensor: shape, what numpy reads, its bytes filled up, dtype.

    Raises ValueError.
    """
    form = SHAPES_OF.get(len(about))
    if form is None:
        raise ValueError("not a dtype and dimensions")
    code, *shape = form.unpack(about)
    if code >= len(DTYPES):
        raise ValueError("dtype")
    require_small(shape)
    return tuple(shape), NUMPY[code], filled(math.prod(shape) * NUMPY[code].itemsize), DTYPES[code]


class Reader:
    """Unpacks one value out of what has arrived."""

    def __init__(self, data: bytearray, place: int) -> None:
        self.data = data
        self.place = place
        """Where in `data` the next tensor begins."""
        self.tensors = self.marks = self.nodes = self.items = 0
        """How many there are; `nodes` are lists, tuples and dicts, and `items` what they hold."""

    def unpack(self, packed: bytes) -> Any:
        """Return a value. Raises what msgpack raises, and ValueError.

        An array takes the memory for the elements that it claims, and arrays can be nested (7 GB
        out of 1 MB with msgpack 1.0); so what could claim much is read over first.
        """
        if len(packed) > HARMLESS:
            unpacker = msgpack.Unpacker(max_buffer_size=MAX_HEADER)
            unpacker.feed(packed)
            unpacker.skip()
        return msgpack.unpackb(
            packed, ext_hook=self._extension, list_hook=self._list, object_pairs_hook=self._dict,
            strict_map_key=False, timestamp=1,  # msgpack's own extension becomes a float
        )  # fmt: skip

    def _extension(self, kind: int, about: bytes) -> Any:
        """Return a mark, or the next tensor of the body, in its place there."""
        if kind == TUPLE and not about:
            self.marks += 1  # each is taken away by its tuple
            return MARK
        self.tensors += 1
        if kind != TENSOR or self.tensors > MAX_TENSORS:
            raise ValueError("a node of no known kind, or too many tensors")
        shape, form, size, dtype = _claimed(about)
        numbers = np.ndarray(shape, form, self.data, self.place)  # TypeError: too short
        self.place += size
        if dtype is torch.bool:  # a byte other than 0 and 1 is not a bool
            return torch.from_numpy(numbers).ne(0)
        tensor = torch.from_numpy(numbers)
        return tensor.view(dtype) if dtype is torch.bfloat16 else tensor

    def _list(self, items: list[Any]) -> list[Any] | tuple[Any, ...]:
        self._add(len(items))
        if items and items[0] is MARK:
            self.marks -= 1
            return tuple(items[1:])
        return items

    def _dict(self, pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
        """Make a dict. Raises ValueError for a key that is none, before it is hashed."""
        self._add(len(pairs))
        if not {type(key) for key, _ in pairs} <= KEYS:
            raise ValueError("a key that is none")
        return dict(pairs)

    def _add(self, items: int) -> None:
        """Count a list or dict. Raises ValueError where that is too much."""
        self.nodes += 1
        self.items += items
        if self.items > MAX_ITEMS:
            raise ValueError("too many values")
