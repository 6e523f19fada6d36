"""Serialize a value for a frame on the wire, in the layout of layout.py.

The writer refuses what the reader would, with a message for the author of the value.
"""

from functools import lru_cache
from typing import Any

import msgpack
import torch

from .layout import (
    ALIGNED,
    CODES,
    FILL,
    MARK,
    MAX_BODY,
    MAX_HEADER,
    MAX_RANK,
    MAX_TENSORS,
    SHAPES,
    TENSOR,
    require_small,
)  # fmt: skip
from .saying import Saying
from .values import MAX_DEPTH, PLAIN, Unsendable, numbers, shallow


def pack(value: Any) -> tuple[list[bytes], int, int]:
    """Return the parts of a message, and the sizes of its header and body.

    A value is None, bool, int, float, str, bytes, Tensor, or a list, tuple or dict of them.
    Raises Unsendable for anything else, and for a value that is too large.
    """
    if not shallow(value):
        raise Unsendable(Saying("a value nested more than {n} deep", n=MAX_DEPTH))
    writer = Writer()
    try:
        header = writer.pack(value)
    except (ValueError, OverflowError) as error:
        raise Unsendable(Saying("a value that cannot be sent: {error}", error=error)) from None
    if len(header) > MAX_HEADER or writer.size > MAX_BODY or len(writer.bodies) > MAX_TENSORS:
        raise Unsendable(
            Saying(
                "a value too large to be sent: {tensors} tensors of {size} MB together, and {rest} "
                "kB of other values",
                tensors=len(writer.bodies),
                size=writer.size >> 20,
                rest=len(header) >> 10,
            )
        )
    return [header, FILL[: -len(header) % ALIGNED], *writer.bodies], len(header), writer.size


class Writer:
    """Packs one value, and collects the numbers of its tensors."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        """The numbers of each tensor, filled up."""
        self.size = 0
        self.pack = msgpack.Packer(default=self._other, strict_types=True).pack

    def _other(self, value: Any) -> Any:
        """Return something that msgpack knows in the place of what it does not."""
        if isinstance(value, torch.Tensor):
            if value.layout is not torch.strided:
                layout = value.layout
                raise Unsendable(
                    Saying("a tensor with layout {layout}; make it dense", layout=layout)
                )
            announced = _announced(value.dtype, value.shape)
            body = numbers(value)
            if fill := -len(body) % ALIGNED:
                body += FILL[:fill]
            self.bodies.append(body)
            self.size += len(body)
            return announced
        if isinstance(value, tuple):
            return [MARK, *value]
        for plain in PLAIN:
            if isinstance(value, plain):
                return plain(value)
        kind = type(value).__name__
        raise Unsendable(Saying("a value of type {kind}, which is not a tensor", kind=kind))


@lru_cache(maxsize=1024)  # a tenth of the time that packing a small tensor takes
def _announced(dtype: torch.dtype, shape: torch.Size) -> msgpack.ExtType:
    """Return what the header says of a tensor. Raises Unsendable, and ValueError for its size."""
    code = CODES.get(dtype)
    if code is None:
        raise Unsendable(Saying("a tensor of dtype {dtype}", dtype=dtype))
    if len(shape) > MAX_RANK:
        raise Unsendable(Saying("a tensor with {n} axes", n=len(shape)))
    require_small(shape)
    return msgpack.ExtType(TENSOR, SHAPES[len(shape)].pack(code, *shape))
