"""Output that never ends a command: `grader grade … | head -1` still writes the class's page.

Output that nobody reads, or that has no room, is dropped. A character that the terminal cannot
show, such as a Hangul letter in ASCII, is shown as an escape.
"""

import errno
import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

STREAMS = ("stdout", "stderr")


class Stream(io.RawIOBase):
    """A descriptor to which writing never fails."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.failed: OSError | None = None
        """Why something was dropped."""

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return os.isatty(self._descriptor)

    def write(self, data: Any) -> int:
        """Write some of the bytes, or drop them all, and return how many that were."""
        while True:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:
                select.select([], [self._descriptor], [])
            except OSError as error:
                self.failed = self.failed or error
                return len(data)


class Output:
    """What a command says, on streams that do not fail."""

    def __init__(self) -> None:
        self.streams: dict[str, Stream] = {}

    def lost(self) -> str:
        """Return why some of stdout was lost, unless its reader has gone, or nothing."""
        if stream := self.streams.get("stdout"):
            sys.stdout.flush()
            if stream.failed and stream.failed.errno != errno.EPIPE:
                return str(stream.failed.strerror)
        return ""


@contextmanager
def patient() -> Iterator[Output]:
    """Let stdout and stderr be such streams, where they are ones of the operating system."""
    output, before = Output(), {name: getattr(sys, name) for name in STREAMS}
    for name, stream in before.items():
        try:
            raw = Stream(stream.fileno())
        except (AttributeError, OSError):  # a test's, in memory
            continue
        stream.flush()
        text = io.TextIOWrapper(
            io.BufferedWriter(raw), stream.encoding, "backslashreplace",
            line_buffering=stream.line_buffering,
        )  # fmt: skip
        output.streams[name] = raw
        setattr(sys, name, text)
    try:
        yield output
    finally:
        for name in output.streams:
            getattr(sys, name).flush()
            setattr(sys, name, before[name])
