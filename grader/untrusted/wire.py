"""Messages between the grader and a worker, as bytes.

Nothing is pickled, so what arrives from a student is data and never code. A frame is

    magic     4 bytes
    lengths   of the header (4 bytes) and of the body (8 bytes), little-endian
    header    a value in msgpack, with two extension types: a tensor (1) is one byte for its dtype
              and 8 bytes for each dimension; a tuple is an array that begins with a mark (2).
              Keys are plain. Filled up to a multiple of 16 bytes
    body      the numbers of the tensors, in the order of the header, each in C order and filled
              up to a multiple of 16 bytes, as complex numbers must lie

The reader believes nothing: it allocates no more than has arrived, and sizes must add up. The
writer refuses what the reader would, with words for whoever made the value.
"""

import math
import select
import socket
import struct
from collections.abc import Callable, Iterable
from typing import Any

import msgpack
import numpy as np
import torch

MAGIC = b"GRD3"
PREFIX = struct.Struct("<4sIQ")
MAX_HEADER = 1 << 20
MAX_BODY = 64 << 20
ONE_SEND = 1 << 16
AT_ONCE = 1 << 20
"""Bytes allocated for what is only announced."""
HARMLESS = 1 << 10
"""Bytes of msgpack that cannot claim more than 3 MB."""
MAX_RANK, MAX_DEPTH, MAX_TENSORS = 8, 32, 4096
ALIGNED, FILL = 16, bytes(16)
SHAPES = tuple(struct.Struct(f"<B{rank}Q") for rank in range(MAX_RANK + 1))
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
KEYS: frozenset[type[Any]] = frozenset({str, bool, int, float, bytes, type(None)})
"""Types of keys. No tuples: all those of -1 and -2 have one hash; 40,000 in a dict took 13 s."""

Wait = Callable[[socket.socket, int], None]
"""Block until the socket is ready for the poll(2) event; raise when that takes too long."""


class WireError(Exception):
    """The other side sent something that is not a message, or hung up."""


class Unsendable(TypeError):
    """A value has a type that does not cross the border; the message names it."""


def send(sock: socket.socket, value: Any, wait: Wait | None = None) -> None:
    """Write one message: None, bool, int, float, str, bytes, Tensor, and lists, tuples and dicts
    of them. Without `wait`, for as long as it takes.

    Raises Unsendable for anything else, also for what is too large, and WireError when the other
    side has hung up.
    """
    if not _shallow(value):
        raise Unsendable(f"a value nested more than {MAX_DEPTH} deep")
    writer = Writer()
    try:
        header = writer.pack(value)
    except (ValueError, OverflowError) as error:
        raise Unsendable(f"a value that cannot be sent: {error}") from None
    if len(header) > MAX_HEADER or writer.size > MAX_BODY or writer.count > MAX_TENSORS:
        raise Unsendable(
            f"a value too large to be sent: {writer.count} tensors of {writer.size >> 20} MB "
            f"together, and {len(header) >> 10} kB of other values"
        )
    prefix = PREFIX.pack(MAGIC, len(header), writer.size)
    parts = [prefix, header, FILL[: -len(header) % ALIGNED], *writer.bodies]
    if writer.size < ONE_SEND:  # one system call instead of one per tensor
        _send(sock, b"".join(parts), wait)
    else:
        for part in parts:
            _send(sock, part if isinstance(part, bytes) else part.reshape(-1).view(np.uint8), wait)


def receive(sock: socket.socket, wait: Wait | None = None) -> Any:
    """Read one message. Raises WireError on nonsense, and what `wait` raises."""
    if wait:
        wait(sock, select.POLLIN)
    magic, header_size, body_size = PREFIX.unpack(_read(sock, PREFIX.size, wait))
    if magic != MAGIC or header_size > MAX_HEADER or body_size > MAX_BODY:
        raise WireError(f"no frame: {magic!r}, lengths {header_size} and {body_size}")
    begin = header_size + -header_size % ALIGNED
    reader = Reader(_read(sock, begin + body_size, wait), begin)
    try:
        value = reader.unpack(bytes(reader.data[:header_size]))
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise WireError(f"malformed header: {type(error).__name__}") from None
    if reader.place != len(reader.data) or reader.marks:
        raise WireError("the tensors' sizes do not add up to the body's, or a mark stands alone")
    if not _shallow(value):
        raise WireError("nested too deep")
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


def tensors(value: Any) -> list[torch.Tensor]:
    """Return the tensors in `value`, in the order in which they are sent."""
    found: list[torch.Tensor] = []
    each(value, found.append)
    return found


def _shallow(value: Any) -> bool:
    """Whether a value is nested at most MAX_DEPTH deep. Raises Unsendable for a key that is none.

    Goes down level by level: a call for each item took 3 ms of a submission's time.
    """
    level = [value] if isinstance(value, NESTED) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return True
        below = []
        for outer in level:
            if isinstance(outer, dict) and not {*map(type, outer)} <= KEYS:
                for key in outer:  # a subclass is sent as what it stands for
                    if not isinstance(key, tuple(KEYS)):
                        raise Unsendable(f"a dict with a key of type {type(key).__name__}")
            items = outer.values() if isinstance(outer, dict) else outer
            below += [i for i in items if type(i) not in LEAVES and isinstance(i, NESTED)]
        level = below
    return not level


class Writer:
    """Packs one value, and collects the numbers of its tensors."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        """Arrays, and what fills them up."""
        self.size = self.count = 0
        self.pack = msgpack.Packer(default=self._other, strict_types=True).pack

    def _other(self, value: Any) -> Any:
        """Return something that msgpack knows in the place of what it does not."""
        if isinstance(value, torch.Tensor):
            numbers, code = _numbers(value)
            self.bodies.append(numbers)
            self.count += 1
            if fill := -numbers.nbytes % ALIGNED:
                self.bodies.append(FILL[:fill])
            self.size += numbers.nbytes + fill
            shape = numbers.shape
            return msgpack.ExtType(TENSOR, SHAPES[len(shape)].pack(code, *shape))
        if isinstance(value, tuple):
            return [MARK, *value]
        for plain in PLAIN:
            if isinstance(value, plain):
                return plain(value)
        raise Unsendable(f"a value of type {type(value).__name__}, which is not a tensor")


def _numbers(tensor: torch.Tensor) -> tuple["np.ndarray[Any, Any]", int]:
    """Return the numbers of a tensor, in this machine's memory and in C order, and its dtype."""
    if tensor.layout is not torch.strided:
        raise Unsendable(f"a tensor with layout {tensor.layout}; make it dense")
    code = CODES.get(tensor.dtype)
    if code is None:
        raise Unsendable(f"a tensor of dtype {tensor.dtype}")
    shape = tensor.shape
    if len(shape) > MAX_RANK:
        raise Unsendable(f"a tensor with {len(shape)} axes")
    _require_small(shape)
    plain = tensor.detach()
    if type(plain) is not torch.Tensor:
        plain = plain.as_subclass(torch.Tensor)
    if not plain.is_cpu or plain.is_conj() or plain.is_neg():
        plain = plain.cpu().resolve_conj().resolve_neg()
    if plain.dtype is torch.bfloat16:  # numpy has none
        plain = plain.view(torch.int16)
    return plain.contiguous().numpy(), code


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
        self.count = self.marks = 0

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
            packed, ext_hook=self._extension, list_hook=self._list, object_pairs_hook=_dict,
            strict_map_key=False, timestamp=1,  # msgpack's own extension becomes a float
        )  # fmt: skip

    def _extension(self, kind: int, data: bytes) -> Any:
        if kind == TENSOR:
            return self._tensor(data)
        if kind != TUPLE or data:
            raise ValueError("a node of no known kind")
        self.marks += 1  # each is taken away by its tuple
        return MARK

    def _list(self, items: list[Any]) -> list[Any] | tuple[Any, ...]:
        if items and items[0] is MARK:
            self.marks -= 1
            return tuple(items[1:])
        return items

    def _tensor(self, about: bytes) -> torch.Tensor:
        """Return the next tensor of the body, in its place there."""
        rank, rest = divmod(len(about) - 1, 8)
        self.count += 1
        if rest or not 0 <= rank <= MAX_RANK or self.count > MAX_TENSORS:
            raise ValueError("no tensor, or too many")
        code, *shape = SHAPES[rank].unpack(about)
        if code >= len(DTYPES):
            raise ValueError("dtype")
        _require_small(shape)
        numbers = np.ndarray(shape, NUMPY[code], self.data, self.place)  # TypeError: too short
        self.place += numbers.nbytes + -numbers.nbytes % ALIGNED
        dtype = DTYPES[code]
        if dtype is torch.bool:  # a byte other than 0 and 1 is no valid bool
            return torch.from_numpy(numbers).ne(0)
        tensor = torch.from_numpy(numbers)
        return tensor.view(dtype) if dtype is torch.bfloat16 else tensor


def _dict(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """Make a dict. Raises ValueError for a key that is none, before it is hashed."""
    if not {type(key) for key, _ in pairs} <= KEYS:
        raise ValueError("a key that is none")
    return dict(pairs)


def _send(sock: socket.socket, data: Any, wait: Wait | None) -> None:
    """Write all of `data`."""
    flags = socket.MSG_DONTWAIT if wait else 0
    left = memoryview(data)
    while left:
        try:
            left = left[sock.send(left, flags) :]
        except BlockingIOError:
            assert wait
            wait(sock, select.POLLOUT)
        except OSError as error:
            raise WireError(f"hung up: {error}") from None


def _read(sock: socket.socket, size: int, wait: Wait | None) -> bytearray:
    """Read exactly `size` bytes."""
    flags = socket.MSG_DONTWAIT if wait else 0
    buffer, filled = bytearray(min(size, AT_ONCE)), 0
    while filled < size:
        if filled == len(buffer):
            buffer.extend(bytes(min(size - filled, filled)))
        try:
            count = sock.recv_into(memoryview(buffer)[filled:], 0, flags)
        except BlockingIOError:
            assert wait
            wait(sock, select.POLLIN)
            continue
        except OSError as error:
            raise WireError(f"hung up: {error}") from None
        if not count:
            raise WireError("hung up")
        filled += count
    return buffer
