"""Where a worker was when its time was up, as it says itself; see guest/whereabouts.py."""

import os
import re
import signal
import time

from ..guest.whereabouts import ASKED

ROOM = 8 << 10
"""Bytes for the answer, behind those for what a submission prints."""
FRAME = re.compile(
    r'^  File "(code cell \d{1,6})", line (\d{1,6}) in ([^\n]{1,100})$', re.MULTILINE
)
MOST_FRAMES = 20
PATIENCE, GLANCE = 0.5, 0.01
"""Seconds that an answer may take, on a machine that is busy, and between two looks."""
HEAD = "Traceback (most recent call last):"


def whereabouts(pidfd: int, output: int, begin: int) -> str:
    """Return a traceback of the student's lines in which a process is now; empty if it tells none.

    The answer is written to the file `output` from `begin` on, whose position is common to both.
    """
    os.lseek(output, begin, os.SEEK_SET)
    try:
        signal.pidfd_send_signal(pidfd, ASKED)
    except ProcessLookupError:
        return ""
    said, until = b"", time.monotonic() + PATIENCE
    while time.monotonic() < until:
        time.sleep(GLANCE)
        before, said = said, os.pread(output, ROOM, begin).partition(b"\0")[0]
        if said and said == before:
            break
    return traceback(said.decode("utf-8", "replace"))


def traceback(said: str) -> str:
    """Return the student's frames of what faulthandler says, the innermost last, as Python does."""
    frames = FRAME.findall(said)[:MOST_FRAMES]
    lines = (f'  File "{cell}", line {line}, in {name}' for cell, line, name in reversed(frames))
    return "\n".join([HEAD, *lines]) if frames else ""
