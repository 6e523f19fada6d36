"""The untrusted side: answers the grader's requests to one submission, see submission.py.

Theory of operation: the zygote has forked and confined this process. The only thing it holds is
one submission; the only thing it can reach is one socket, on which the grader sends requests
{"number", "do", ...} and gets {"number", "ok"} or {"number", "error"} back. Nothing that it
answers is a verdict: it returns values, and the grader judges them elsewhere.
"""

import contextlib
import io
import mmap
import os
import socket
import sys
import traceback
from typing import Any

from . import wire
from .notebook import execution
from .saying import LONGEST, said, wired
from .submission import Submission

OUTPUT_BYTES = 256 << 10
NO_MEMORY = 86
"""Exit code of a worker without enough memory to say so."""
RESERVE = 8 << 20
"""Bytes of address space kept until a call fails: without, CPython found none for an error, or
looped. Mapped and never touched: filling it for every request took a fifth of a worker's time."""


def serve(sock: socket.socket) -> None:
    """Answer requests until the grader hangs up."""
    sys.stdout = sys.stderr = Printed()
    submission = Submission()
    reserve = _reserved()
    while True:
        try:
            request = wire.receive(sock)
        except wire.WireError:
            return
        number = request.pop("number")
        try:
            if sources := request.pop("using", None):
                submission.using(sources)
            if beginning := request.pop("begin", None):
                submission.begin(**beginning)
            answer = submission.answer(**request)
            wire.send(sock, {"number": number, **answer})
        except wire.WireError:
            return
        except BaseException as error:  # also SystemExit and KeyboardInterrupt
            reserve.close()
            wire.send(sock, {"number": number, "error": describe(error)})
            reserve = _reserved()


def _reserved() -> mmap.mmap:
    """Map the reserve. Raises MemoryError."""
    try:
        return mmap.mmap(-1, RESERVE)
    except OSError as error:
        raise MemoryError(str(error)) from None


class Printed(io.TextIOBase):
    """The destination of print(): a memfd of fixed size. What does not fit is dropped."""

    left = OUTPUT_BYTES

    def write(self, text: str) -> int:
        """Write as much of `text` as fits."""
        data = text.encode("utf-8", "replace")[: self.left]
        self.left -= len(data)
        with contextlib.suppress(OSError):
            os.write(1, data)
        return len(text)


def describe(error: BaseException) -> dict[str, Any]:
    """Return the kind, message and traceback of an error; of the traceback, the student's part."""
    kind, message = wired(type(error).__name__), said(error)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if execution.is_cell(f.filename)]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(frames)]
    text = wired("".join([*lines, f"{kind}: {message}"])[-LONGEST:]) if frames else ""
    return {"kind": kind[:200], "message": wired(message), "traceback": text}
