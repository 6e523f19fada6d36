"""Serialize a value for a frame on the wire, and read it back.

    header    the value in msgpack, with two extension types: a tensor (1) is one byte for its dtype
              and 8 bytes for each dimension; a tuple is an array that begins with a mark (2).
              Keys are plain. Filled up to a multiple of 16 bytes
    body      the numbers of the tensors, in the order of the header, each in C order and filled
              up to a multiple of 16 bytes, as complex numbers must lie

The reader trusts nothing: claimed data must be present, and sizes must add up. The writer refuses
what the reader would, with a message for the author of the value.
"""

import math
import struct
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import msgpack
import numpy as np
import torch

from .saying import Saying

MAX_HEADER = 1 << 20
MAX_BODY = 64 << 20
HARMLESS = 1 << 10
"""Bytes of msgpack that cannot claim more than 3 MB."""
MAX_RANK, MAX_DEPTH, MAX_TENSORS = 8, 32, 4096
MAX_ITEMS = 1 << 16
"""Values in all lists and dicts together. A million fit into a header, and took the reader 42 s."""
ALIGNED, FILL = 16, bytes(16)
SHAPES = tuple(struct.Struct(f"<B{rank}Q") for rank in range(MAX_RANK + 1))
SHAPES_OF = {shape.size: shape for shape in SHAPES}
TENSOR, TUPLE = 1, 2
MARK = msgpack.ExtType(TUPLE, b"")
DTYPES = (
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex64,
    torch.complex128, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
)  # fmt: skip
NESTED = (list, dict, tuple)
LEAVES: frozenset[type[Any]] = frozenset(
    {type(None), bool, int, float, str, bytes, torch.Tensor, torch.nn.Parameter}
)
"""Types that hold nothing; asking isinstance() of a tensor takes four times as long."""
PLAIN: tuple[type[Any], ...] = (int, float, str, bytes, list, dict)
"""Subclasses of these are sent as these: a student may return an np.float64 or an OrderedDict."""
NUMPY = tuple(
    np.dtype({torch.bfloat16: "int16", torch.bool: "uint8"}.get(dtype) or str(dtype)[6:])
    for dtype in DTYPES
)
"""What numpy calls them, or reads in their place."""
CODES = {dtype: code for code, dtype in enumerate(DTYPES)}
WIDER = {"uint16": "int32", "uint32": "int64", "uint64": "int64", "longdouble": "float64",
         "float128": "float64"}  # fmt: skip
"""What holds the numbers of numpy that have no place among DTYPES."""
KEYS: frozenset[type[Any]] = frozenset({str, bool, int, float, bytes, type(None)})
"""Types of keys. No tuples: all those of -1 and -2 have one hash; 40,000 in a dict took 13 s."""


class Unsendable(TypeError):
    """A value has a type that does not cross the border; the message names it."""


class Malformed(ValueError):
    """These bytes are not a valid value."""


def pack(value: Any) -> tuple[list[bytes], int, int]:
    """Return the parts of a message, and the sizes of its header and body.

    A value is None, bool, int, float, str, bytes, Tensor, or a list, tuple or dict of them.
    Raises Unsendable for anything else, and for a value that is too large.
    """
    if not _shallow(value):
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


def filled(size: int) -> int:
    """Return the next multiple of 16."""
    return size + -size % ALIGNED


def unpack(data: bytearray, header_size: int) -> Any:
    """Return the value of a message; its tensors lie in `data`. Raises Malformed."""
    reader = Reader(data, filled(header_size))
    try:
        value = reader.unpack(bytes(memoryview(data)[:header_size]))
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise Malformed(f"malformed header: {type(error).__name__}") from None
    if reader.place != len(data) or reader.marks:
        raise Malformed("the tensors' sizes do not add up to the body's, or a mark stands alone")
    if reader.nodes > MAX_DEPTH and not _shallow(value):
        raise Malformed("nested too deep")
    return value


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


def tensors(value: Any) -> list[torch.Tensor]:
    """Return the tensors in `value`, in the order in which they are sent."""
    found: list[torch.Tensor] = []
    each(value, found.append)
    return found


def _shallow(value: Any) -> bool:
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


def numbers(tensor: torch.Tensor) -> bytes:
    """Return the numbers of a dense tensor, in this machine's memory and in C order."""
    if type(tensor) not in LEAVES:  # a subclass, which may answer for itself
        tensor = tensor.detach().as_subclass(torch.Tensor)
    if tensor.dtype is torch.bfloat16:  # numpy has none
        tensor = tensor.detach().view(torch.int16)
    return tensor.numpy(force=True).tobytes()


@lru_cache(maxsize=1024)  # a tenth of the time that packing a small tensor takes
def _announced(dtype: torch.dtype, shape: torch.Size) -> msgpack.ExtType:
    """Return what the header says of a tensor. Raises Unsendable, and ValueError for its size."""
    code = CODES.get(dtype)
    if code is None:
        raise Unsendable(Saying("a tensor of dtype {dtype}", dtype=dtype))
    if len(shape) > MAX_RANK:
        raise Unsendable(Saying("a tensor with {n} axes", n=len(shape)))
    _require_small(shape)
    return msgpack.ExtType(TENSOR, SHAPES[len(shape)].pack(code, *shape))


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
    _require_small(shape)
    return tuple(shape), NUMPY[code], filled(math.prod(shape) * NUMPY[code].itemsize), DTYPES[code]


def _require_small(shape: Iterable[int]) -> None:
    """Raises ValueError for a shape with too many numbers, also where a 0 makes it empty."""
    if math.prod([n or 1 for n in shape]) > MAX_BODY:
        raise ValueError("a tensor with too many numbers")


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
