"""Messages between the grader and a worker: frames on a socket.

Nothing is pickled, so what arrives from a student is data and never code. A frame is

    magic     4 bytes
    lengths   of the header (4 bytes) and of the body (8 bytes), little-endian
    message   header and body, see layout.py

The reader allocates no more than has arrived.
"""

import select
import socket
import struct
from collections.abc import Callable
from typing import Any

from . import layout, packing, unpacking
from .layout import MAX_BODY, MAX_HEADER

MAGIC = b"GRD3"
PREFIX = struct.Struct("<4sIQ")
ONE_SEND = 1 << 16
AT_ONCE = 1 << 20
"""Bytes allocated for what is only announced."""

Wait = Callable[[socket.socket, int], None]
"""Block until the socket is ready for the poll(2) event; raise when that takes too long."""


class WireError(Exception):
    """The other side sent something that is not a message, or hung up."""


def send(sock: socket.socket, value: Any, wait: Wait | None = None) -> None:
    """Write one message; without `wait`, for as long as it takes.

    Raises values.Unsendable, and WireError when the other side has hung up.
    """
    parts, header_size, body_size = packing.pack(value)
    parts.insert(0, PREFIX.pack(MAGIC, header_size, body_size))
    # one system call, instead of one per tensor
    for part in [b"".join(parts)] if body_size < ONE_SEND else parts:
        _send(sock, part, wait)


def receive(sock: socket.socket, wait: Wait | None = None) -> Any:
    """Read one message. Raises WireError on nonsense, and what `wait` raises."""
    if wait:
        wait(sock, select.POLLIN)
    magic, header_size, body_size = PREFIX.unpack(_read(sock, PREFIX.size, wait))
    if magic != MAGIC or header_size > MAX_HEADER or body_size > MAX_BODY:
        raise WireError(f"no frame: {magic!r}, lengths {header_size} and {body_size}")
    data = _read(sock, layout.filled(header_size) + body_size, wait)
    try:
        return unpacking.unpack(data, header_size)
    except unpacking.Malformed as error:
        raise WireError(str(error)) from None


def _send(sock: socket.socket, data: bytes, wait: Wait | None) -> None:
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
            count = sock.recv_into(memoryview(buffer)[filled:] if filled else buffer, 0, flags)
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
