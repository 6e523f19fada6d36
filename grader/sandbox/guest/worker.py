"""The untrusted side: answers the grader's requests to one submission, see submission.py.

Theory of operation: the zygote has forked and confined this process. The only thing it holds is
one submission; the only thing it can reach is one socket, on which the grader sends requests
{"number", "do", ...} and gets {"number", "ok"} or {"number", "error"} back. Nothing that it
answers is a verdict: it returns values, and the grader judges them elsewhere.
"""

import contextlib
import dis
import io
import mmap
import os
import socket
import sys
import traceback
from typing import Any

from . import lacking, wire
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
    lacking.tell()
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
    name, message = wired(type(error).__name__), said(error)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if execution.is_cell(f.filename)]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(frames)]
    text = wired("".join([*lines, f"{name}: {message}"])[-LONGEST:]) if frames else ""
    kind = "RuntimeError" if _of_torch(error) else name[:200]
    return {"kind": kind, "message": wired(message), "traceback": text}


def _of_torch(error: BaseException) -> bool:
    """Whether torch has raised a NotImplementedError: elsewhere it says that code is not written.

    Torch means what it cannot do, such as reading a meta tensor, or a module without `forward`.
    """
    if type(error) is not NotImplementedError or (trace := error.__traceback__) is None:
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    by_raise = code.co_code[trace.tb_lasti] == dis.opmap["RAISE_VARARGS"]
    return not by_raise or "/torch/" in code.co_filename
