"""The limits of a submission, and the errors raised when its code exceeds them or fails."""

import contextlib
import select
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from .message import Message, Text
from .result import Status

GLANCE_SECONDS = 0.1
"""How often to look at a worker's folder while it computes."""
WALL = 3
"""Wall seconds allowed per CPU second: a far backstop for code that sleeps."""
TOTAL, LEAST_TOTAL = 20, 60.0
"""A submission's default budget: this many requests at their limit, and at least these CPU
seconds. An endless loop in every question costs some ten requests; an
ordinary submission needs 0.1 s."""


class StudentError(Exception):
    """The student's code raised; `kind` and `traceback` are theirs."""

    status: ClassVar[Status] = Status.STUDENT_ERROR

    def __init__(self, message: Text, kind: str = "", traceback: str = "") -> None:
        super().__init__(message)
        self.kind, self.traceback = kind, traceback


class TimedOut(StudentError):
    """The student's code took longer than its limit."""

    status = Status.TIMED_OUT


class OutOfMemory(StudentError):
    """The student's code asked for more memory than its limit."""

    status = Status.OUT_OF_MEMORY


@dataclass(frozen=True)
class Limits:
    """The limits of one submission."""

    seconds: float = 10.0
    """CPU seconds for loading and per request; the wall clock allows WALL times as much."""
    memory_mb: int = 2048
    """Address space beyond that of a warm process."""
    total_seconds: float | None = None
    """CPU seconds for all requests together; see `total`."""
    questions: Mapping[str, float] = field(default_factory=dict)
    """CPU seconds per request of a question's checks, where they are others."""

    def of(self, question: str) -> float:
        """Return the CPU seconds per request of a question's checks."""
        return self.questions.get(question, self.seconds)

    @property
    def total(self) -> float:
        """CPU seconds for all requests of a submission; the wall clock allows WALL times more."""
        longest = max([self.seconds, *self.questions.values()])
        return self.total_seconds or max(TOTAL * longest, LEAST_TOTAL)


class Deadline:
    """The end of one exchange: in CPU seconds of the worker and, as a backstop, wall seconds.

    Wall time alone would penalize a busy machine: with a wall limit of 1 s under load, a correct
    submission failed 18 of 20 runs.
    """

    def __init__(
        self, pid: int, seconds: float, glance: Callable[[], None] | None = None,
        wall: float | None = None,
    ) -> None:  # fmt: skip
        """Let `glance` be called now and then while waiting; what it raises ends that.

        The clock allows `wall` seconds, if not WALL times as many.
        """
        self._glance = glance
        self._clock = ~pid << 3 | 2  # clock_getcpuclockid(3): CPU time of all its threads
        self._seconds = seconds
        self._cpu = 0.0
        with contextlib.suppress(OSError):  # it has already ended
            self._cpu = time.clock_gettime(self._clock)
        self._start = self._cpu
        self._began = time.monotonic()
        self._patience = WALL * seconds if wall is None else wall
        self._used: tuple[float, float] | None = None
        self._wall = self._began + self._patience

    def spent(self) -> bool:
        """Whether the time is up. Uses the last reading if the worker has ended."""
        if time.monotonic() - self._began < self._seconds:  # it has one thread, so no more CPU
            return False
        with contextlib.suppress(OSError):
            self._cpu = time.clock_gettime(self._clock)
        return self._cpu - self._start >= self._seconds or time.monotonic() >= self._wall

    def error(self) -> TimedOut:
        """Return the error for the limit that was reached."""
        if time.monotonic() >= self._wall:
            seconds = f"{self._patience:g}"
            return TimedOut(Message("your code did not answer within {n} s", n=seconds))
        seconds = f"{self._seconds:g}"
        return TimedOut(Message("your code computed for more than {n} s", n=seconds))

    def used(self) -> tuple[float, float]:
        """Return the CPU and wall seconds used: until the time was up, if it was.

        Once the worker has ended by itself, wall seconds for both.
        """
        if self._used:
            return self._used
        wall = time.monotonic() - self._began
        try:
            return time.clock_gettime(self._clock) - self._start, wall
        except OSError:
            return wall, wall

    def __call__(self, sock: socket.socket, event: int) -> None:
        """Wait for the socket. Raises TimedOut."""
        poll = select.poll()
        poll.register(sock, event)
        left = self._seconds
        while not self.spent():  # asked first, because a sender may drip byte by byte
            slice_ = min(left, GLANCE_SECONDS) if self._glance else left
            if poll.poll(max(1, int(1000 * slice_))):
                return
            if self._glance:
                self._glance()
            left = min(self._seconds - (self._cpu - self._start), self._wall - time.monotonic())
        # read now, because the worker will be killed: code that slept has computed nothing
        self._used = self._cpu - self._start, time.monotonic() - self._began
        raise self.error()
