"""The trusted side of a worker: ask it things, say how it has ended, end it; see zygote.py."""

import contextlib
import os
import select
import signal
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn, Self

from ...model.errors import GraderError
from ...model.limits import Deadline, Limits, OutOfMemory, StudentError, TimedOut
from ...model.message import Message
from ..guest import scratch, wire
from ..guest.layer import Layer
from .budget import Budget
from .construction import Constructions
from .reply import ANSWERS, CONSTRUCTED, ERROR, Answer, fits, text
from .whereabouts import whereabouts

OUTPUT_BYTES = 256 << 10
START_SECONDS = 120
NO_MEMORY = 86
"""Exit code of a worker that has not even the memory to say so; see worker.py."""
MAX_TEXT = 8000
"""Characters read of an error; a worker sends no more, but what it became might."""
NO_MORE_MEMORY = Message("your code needs more than {n} MB")
NO_MEMORY_WORDS = ("can't allocate memory", "std::bad_alloc")  # RuntimeErrors of torch


class SandboxError(GraderError):
    """The sandbox cannot work on this machine, or lost a worker; never the student's fault."""


class Sandbox:
    """One running submission. Use as a context manager: it is killed at the end."""

    def __init__(
        self, end: Callable[[int], dict[str, Any]], sock: socket.socket, pid: int, pidfd: int,
        output: int, limits: Limits, budget: Budget, folder: str,
    ) -> None:  # fmt: skip
        self._end, self._sock, self._pidfd = end, sock, pidfd
        self.there = pid
        """Its process id as the zygote sees it."""
        self._output, self._budget = output, budget
        self.limits, self.seconds = limits, limits.seconds
        """What a request may take now, in CPU seconds."""
        self._glance = partial(scratch.require_small, folder) if folder else None
        self._requests = 0
        self._along: dict[str, Any] = {}
        """What goes along with the next request: a message of its own would be every third."""
        self.constructions = Constructions()
        """The modules of the present check; those that wait are constructed with any request."""
        self._cause: Exception = SandboxError("the worker was closed")
        self.alive = True
        self.pid = _visible_pid(pidfd)
        """Its process id as the grader sees it."""
        try:
            hello = self._exchange(None, Deadline(self.pid, START_SECONDS, self._glance))
        except StudentError:  # though none of their code has run yet
            hello = {"failed": "a worker ended before it could begin"}
        if "failed" in hello:
            self.__exit__()
            raise SandboxError(hello["failed"])
        self.applied = [Layer.named(name) for name in hello["layers"]]
        """The layers that the worker says it has put in force; Layer.holds asks the kernel."""

    def begin(self, **state: Any) -> None:
        """Have the worker start afresh (Submission.begin) before it answers what is next."""
        self._along["begin"] = state
        self.constructions.forget()

    def use(self, **sources: str) -> None:
        """Have these sources define names (Submission.using) before it answers."""
        self._along["using"] = self._along.get("using", {}) | sources

    def ask(self, do: str, **request: Any) -> Any:
        """Send one request to the worker (a method of submission.Submission) and return the answer.

        Raises StudentError when the student's code raises or ends the process, TimedOut and
        OutOfMemory at its limits, and SandboxError when the fault is ours.
        """
        self._requests += 1
        waiting = self.constructions.waiting
        recipes = [construction.recipe() for construction in waiting]
        envelope = {"number": self._requests, "do": do, "construct": recipes, **self._along}
        self._along = {}
        # each construction and each call may take as long as one alone
        parts = max(1, len(waiting), sum(len(g["calls"]) for g in request.get("groups", ())))
        seconds, wall = self._budget.allow(parts * self.seconds)
        deadline = Deadline(self.pid, seconds, self._glance, wall)
        try:
            reply = self._exchange(envelope | request, deadline)
        except TimedOut as error:  # of this request, or of all together
            self._budget.spend(*deadline.used())
            ended = self._budget.error() if self._budget.spent else error
            ended.traceback = error.traceback
            raise ended from None
        self._budget.spend(*deadline.used())
        done: Answer = {"number": int, "constructed": [CONSTRUCTED], "ok": ANSWERS[do]}
        if fits(reply, done) and reply["number"] == self._requests:
            if len(reply["constructed"]) != len(waiting):
                self._bury(meddled())
            self.constructions.arrive(reply["constructed"])
            return reply["ok"]
        failed: Answer = {"number": int, "error": ERROR}
        if not fits(reply, failed) or reply["number"] != self._requests:
            self._bury(meddled())
        kind, traceback = (reply["error"][name][:MAX_TEXT] for name in ("kind", "traceback"))
        message = text(reply["error"]["message"], MAX_TEXT)
        if kind == "MemoryError" or any(words in f"{message}" for words in NO_MEMORY_WORDS):
            more = NO_MORE_MEMORY.format(n=self.limits.memory_mb)
            # buried, since it may hold on to what it has
            self._bury(OutOfMemory(more, kind, traceback))
        raise StudentError(message, kind, traceback)

    def _exchange(self, request: dict[str, Any] | None, deadline: Deadline) -> Any:
        """Send, if there is something to send, and receive. Raises what has ended the worker."""
        if not self.alive:
            raise self._cause
        try:
            if request is not None:
                wire.send(self._sock, request, deadline)
            return wire.receive(self._sock, deadline)
        except TimedOut as error:
            error.traceback = whereabouts(self._pidfd, self._output, OUTPUT_BYTES)
            self._bury(error)
        except scratch.Overfull as error:
            self._bury(StudentError(text(error.args[0]), "OSError"))
        except wire.WireError:
            self._bury(self._obituary(deadline))

    def _bury(self, cause: Exception) -> NoReturn:
        """Kill the worker, and raise the cause: now, and whenever it is asked again."""
        self._cause = cause
        self.close()
        raise cause

    def _obituary(self, deadline: Deadline) -> Exception:
        """Say why the worker no longer answers."""
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        if not poll.poll(500):  # it is alive, but sends nonsense or has closed its socket
            return meddled()
        end = self.ended()
        code = end["status"]
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            if deadline.spent():
                return deadline.error()
            if end["cpu_seconds"] > backstop(self.limits) - 1:  # also between two requests
                said = Message("your code goes on computing after it has answered")
                return TimedOut(said)
        if code == -signal.SIGKILL:  # it cannot send this to itself (seccomp): the system did
            return SandboxError("the worker was killed from outside")
        if code == NO_MEMORY:
            return OutOfMemory(NO_MORE_MEMORY.format(n=self.limits.memory_mb))
        if code in (-signal.SIGABRT, -signal.SIGSEGV):  # abort() is SIGSEGV in a pid namespace
            crashed = Message(
                "your code crashed Python; endless recursion or too much memory can do this"
            )
            return StudentError(crashed, "crash")
        ended = Message("your code ended the Python process (exit code {code})", code=code)
        return StudentError(ended, "exit")

    def ended(self) -> dict[str, Any]:
        """Return how it has ended, waiting for that. Raises SandboxError."""
        return self._end(self.there)

    def printed(self) -> str:
        """Return what the submission has printed."""
        said, _, _ = os.pread(self._output, OUTPUT_BYTES, 0).partition(b"\0")
        return said.decode("utf-8", "replace")

    def close(self) -> None:
        """Kill the worker; the zygote reaps it."""
        if self.alive:
            self.alive = False
            self._sock.close()
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
        os.close(self._pidfd)
        os.close(self._output)


def backstop(limits: Limits) -> int:
    """Return a worker's own CPU limit, in seconds: more than it can spend of a budget."""
    return 10 + int(1.1 * limits.total)


def meddled() -> StudentError:
    """Say that a worker has answered what no worker of ours would."""
    message = Message("your code wrote to the grader's connection, or closed it")
    return StudentError(message, "ConnectionError")


def _visible_pid(pidfd: int) -> int:
    """Return the process id behind a pidfd, as seen from here, see proc(5)."""
    with open(f"/proc/self/fdinfo/{pidfd}") as about:
        return next(int(line.split()[1]) for line in about if line.startswith("Pid:"))
