"""Messages between the grader and a worker, as bytes.

Nothing is pickled, so what arrives from a student is data and never code. A frame is

    magic     4 bytes
    lengths   of the header (4 bytes) and of the bodies together (8 bytes), little-endian
    header    msgpack: [value, tensors], where a tensor in `value` is a reference {"#": n},
              a tuple is {"()": [...]}, a dict {"{}": [[key, value], ...]}, and `tensors` lists
              [dtype, shape]
    bodies    the tensors' raw bytes one after the other, in C order

The reader believes nothing: it checks every length before it allocates, and that sizes add up.
The writer refuses what the reader would, with words for whoever made the value.
"""

import math
import select
import socket
import struct
from collections.abc import Callable
from typing import Any

import msgpack
import torch

MAGIC = b"GRD1"
PREFIX = struct.Struct("<4sIQ")
MAX_HEADER = 1 << 20
MAX_BODY = 64 << 20
ONE_SEND = 1 << 16
MAX_RANK, MAX_DEPTH, MAX_TENSORS = 8, 32, 4096
SCALARS = (bool, int, float, str, bytes, type(None))
DTYPES: dict[str, torch.dtype] = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex64,
        torch.complex128, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8,
        torch.bool,
    )
}  # fmt: skip

Wait = Callable[[socket.socket, int], None]
"""Block until the socket is ready for the poll(2) event; raise when that takes too long."""


class WireError(Exception):
    """The other side sent something that is not a message, or hung up."""


class Unsendable(TypeError):
    """A value has a type that does not cross the border; the message names it."""


def patient(sock: socket.socket, event: int) -> None:
    """Wait without a limit (the worker's side)."""
    poll = select.poll()
    poll.register(sock, event)
    poll.poll()


def send(sock: socket.socket, value: Any, wait: Wait = patient) -> None:
    """Write one message: None, bool, int, float, str, bytes, Tensor, and lists, tuples and dicts
    of them.

    Raises Unsendable for anything else, also for what is too large, and WireError when the other
    side has hung up.
    """
    tensors: list[torch.Tensor] = []
    tree = _pack(value, tensors, 0)
    about = [[str(t.dtype).removeprefix("torch."), list(t.shape)] for t in tensors]
    try:
        header = msgpack.packb([tree, about])
        size = sum(_size(dtype, shape) for dtype, shape in about)
    except (ValueError, OverflowError) as error:
        raise Unsendable(f"a value that cannot be sent: {error}") from None
    if len(header) > MAX_HEADER or size > MAX_BODY or len(tensors) > MAX_TENSORS:
        raise Unsendable(
            f"a value too large to be sent: {len(tensors)} tensors of {size >> 20} MB together, "
            f"and {len(header) >> 10} kB of other values"
        )
    bodies = [t.reshape(-1).view(torch.uint8).numpy().data for t in tensors if t.numel()]
    parts = [PREFIX.pack(MAGIC, len(header), size) + header, *bodies]
    if size < ONE_SEND:  # a system call, and a wake-up of the other side, less per tensor
        parts = [b"".join(parts)]
    for part in parts:
        left = memoryview(part)
        while left:
            try:
                left = left[sock.send(left, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                wait(sock, select.POLLOUT)
            except OSError as error:
                raise WireError(f"hung up: {error}") from None


def receive(sock: socket.socket, wait: Wait = patient) -> Any:
    """Read one message. Raises WireError on nonsense, and what `wait` raises."""
    magic, header_size, body_size = PREFIX.unpack(_read(sock, PREFIX.size, wait))
    if magic != MAGIC or header_size > MAX_HEADER or body_size > MAX_BODY:
        raise WireError(f"no frame: {magic!r}, lengths {header_size} and {body_size}")
    header = bytes(_read(sock, header_size, wait))
    try:
        _walk(header)
        tree, about = msgpack.unpackb(header, strict_map_key=False)
        sizes = [_size(dtype, shape) for dtype, shape in about]
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise WireError(f"malformed header: {type(error).__name__}") from None
    if len(sizes) > MAX_TENSORS or sum(sizes) != body_size:
        raise WireError("the tensors' sizes do not add up to the body's")
    body = _read(sock, body_size, wait)
    tensors, start = [], 0
    for (dtype, shape), size in zip(about, sizes, strict=True):
        tensors.append(_tensor(body, start, size, DTYPES[dtype], shape))
        start += size
    return _unpack(tree, tensors, 0)


def _pack(value: Any, tensors: list[torch.Tensor], depth: int) -> Any:
    """Return `value` as a tree for msgpack, moving its tensors to the list."""
    if depth > MAX_DEPTH:
        raise Unsendable(f"a value nested more than {MAX_DEPTH} deep")
    if isinstance(value, SCALARS):
        return value
    if isinstance(value, torch.Tensor):
        tensors.append(_plain(value))
        return {"#": len(tensors) - 1}
    if isinstance(value, tuple):
        return {"()": [_pack(v, tensors, depth + 1) for v in value]}
    if isinstance(value, list):
        return [_pack(v, tensors, depth + 1) for v in value]
    if isinstance(value, dict):
        if odd := [type(key).__name__ for key in value if not isinstance(key, SCALARS)]:
            raise Unsendable(f"a dict with a key of type {odd[0]}")
        return {"{}": [[key, _pack(v, tensors, depth + 1)] for key, v in value.items()]}
    raise Unsendable(f"a value of type {type(value).__name__}, which is not a tensor")


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    """Return the numbers of a tensor, in this machine's memory, contiguous, without a graph."""
    if tensor.layout is not torch.strided:
        raise Unsendable(f"a tensor with layout {tensor.layout}; make it dense")
    if str(tensor.dtype).removeprefix("torch.") not in DTYPES:
        raise Unsendable(f"a tensor of dtype {tensor.dtype}")
    if tensor.dim() > MAX_RANK:
        raise Unsendable(f"a tensor with {tensor.dim()} axes")
    plain = tensor.detach().cpu().resolve_conj().resolve_neg()
    return plain.as_subclass(torch.Tensor).contiguous()


def _walk(header: bytes) -> None:
    """Read over the header without making anything. Raises what unpackb raises.

    An array takes the memory for the elements that it claims, and arrays can be nested (7 GB out
    of 1 MB with msgpack 1.0); after this walk, whatever is claimed is there.
    """
    unpacker = msgpack.Unpacker(max_buffer_size=MAX_HEADER)
    unpacker.feed(header)
    unpacker.skip()


def _size(dtype: Any, shape: Any) -> int:
    """Return the number of bytes of a tensor. Raises ValueError for what cannot be one."""
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ValueError("dtype")
    if not isinstance(shape, list) or len(shape) > MAX_RANK:
        raise ValueError("rank")
    if not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError("dimension")
    if math.prod(max(n, 1) for n in shape) > MAX_BODY:  # also where a 0 makes the tensor empty
        raise ValueError("a tensor with too many numbers")
    return math.prod(shape) * DTYPES[dtype].itemsize


def _tensor(
    body: bytearray, start: int, size: int, dtype: torch.dtype, shape: list[int]
) -> torch.Tensor:
    """Copy one tensor out of the body."""
    if not size:
        return torch.empty(shape, dtype=dtype)
    flat = torch.frombuffer(body, dtype=torch.uint8, count=size, offset=start)
    if dtype is torch.bool:  # a byte other than 0 and 1 is no valid bool
        return flat.ne(0).view(shape)
    return flat.clone().view(dtype).view(shape)


def _unpack(tree: Any, tensors: list[torch.Tensor], depth: int) -> Any:
    """Return the value of a tree. Raises WireError for a node that `_pack` does not make."""
    if depth > MAX_DEPTH:
        raise WireError("nested too deep")
    if isinstance(tree, list):
        return [_unpack(node, tensors, depth + 1) for node in tree]
    if isinstance(tree, SCALARS):
        return tree
    match tree:
        case {"#": int(n)} if len(tree) == 1 and not isinstance(n, bool) and 0 <= n < len(tensors):
            return tensors[n]
        case {"()": list(nodes)} if len(tree) == 1:
            return tuple(_unpack(node, tensors, depth + 1) for node in nodes)
        case {"{}": list(rows)} if len(tree) == 1:
            return {key: _unpack(node, tensors, depth + 1) for key, node in _pairs(rows)}
    raise WireError("a node of no known kind")


def _pairs(rows: list[Any]) -> list[tuple[Any, Any]]:
    """Return the items of a dict, whose keys must be numbers, text or None."""
    for row in rows:
        if not isinstance(row, list) or len(row) != 2 or not isinstance(row[0], SCALARS):
            raise WireError("malformed dict")
    return [(key, node) for key, node in rows]


def _read(sock: socket.socket, size: int, wait: Wait) -> bytearray:
    """Read exactly `size` bytes."""
    buffer = bytearray(size)
    left = memoryview(buffer)
    while left:
        try:
            count = sock.recv_into(left, 0, socket.MSG_DONTWAIT)
        except BlockingIOError:
            wait(sock, select.POLLIN)
            continue
        except OSError as error:
            raise WireError(f"hung up: {error}") from None
        if not count:
            raise WireError("hung up")
        left = left[count:]
    return buffer
