"""How a value lies in a frame on the wire, and how large it may be.

header    the value in msgpack, with two extension types: a tensor (1) is one byte for its dtype
          and 8 bytes for each dimension; a tuple is an array that begins with a mark (2).
          Keys are plain. Filled up to a multiple of 16 bytes
body      the numbers of the tensors, in the order of the header, each in C order and filled
          up to a multiple of 16 bytes, as complex numbers must lie
"""

import math
import struct
from collections.abc import Iterable

import msgpack
import numpy as np
import torch

MAX_HEADER = 1 << 20
MAX_BODY = 64 << 20
MAX_RANK, MAX_TENSORS = 8, 4096
ALIGNED, FILL = 16, bytes(16)
SHAPES = tuple(struct.Struct(f"<B{rank}Q") for rank in range(MAX_RANK + 1))
SHAPES_OF = {shape.size: shape for shape in SHAPES}
TENSOR, TUPLE = 1, 2
MARK = msgpack.ExtType(TUPLE, b"")
DTYPES = (
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex64,
    torch.complex128, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
)  # fmt: skip
NUMPY = tuple(
    np.dtype({torch.bfloat16: "int16", torch.bool: "uint8"}.get(dtype) or str(dtype)[6:])
    for dtype in DTYPES
)
"""What numpy calls them, or reads in their place."""
CODES = {dtype: code for code, dtype in enumerate(DTYPES)}


def filled(size: int) -> int:
    """Return the next multiple of 16."""
    return size + -size % ALIGNED


def require_small(shape: Iterable[int]) -> None:
    """Raises ValueError for a shape with too many numbers, also where a 0 makes it empty."""
    if math.prod([n or 1 for n in shape]) > MAX_BODY:
        raise ValueError("a tensor with too many numbers")
