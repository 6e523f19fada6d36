"""The trusted side of the sandbox: start a zygote, open workers, ask them things, end them.

Theory of operation: zygote.py says who runs where, isolation.py what is visible there, confine.py
what a worker gives up. The first worker of a zygote is a probe whose layers are read back from the
kernel. Below the floor (isolation.enough) nothing is run.

    grader ──control socket──▶ zygote ──fork──▶ worker ◀──socket pair──▶ grader
                                                   └── memfd: what it prints
"""

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
from copy import copy
from functools import partial
from typing import Any, NoReturn, Self

from ...model.errors import GraderError
from ...model.limits import Deadline, Limits, OutOfMemory, StudentError, TimedOut
from ...model.message import Message
from ..guest import scratch, wire
from ..guest.layer import Layer
from . import isolation
from .budget import Budget
from .construction import Constructions
from .reply import ANSWERS, CONSTRUCTED, ERROR, Answer, fits, text
from .warming import Warming

OUTPUT_BYTES = 256 << 10
SHRINK_AND_GROW = 0x2 | 0x4  # F_SEAL_SHRINK | F_SEAL_GROW: a memfd that cannot fill the memory
START_SECONDS = 120
NO_MEMORY = 86
"""Exit code of a worker that has not even the memory to say so; see worker.py."""
MAX_TEXT = 8000
"""Characters read of an error; a worker sends no more, but what it became might."""
NO_MORE_MEMORY = Message("your code needs more than {n} MB")
NO_MEMORY_WORDS = ("can't allocate memory", "std::bad_alloc")  # RuntimeErrors of torch


class SandboxError(GraderError):
    """The sandbox cannot work on this machine, or lost a worker; never the student's fault."""


class Zygote:
    """A warm process that forks workers. Use as a context manager.

    With `layers`, exactly those are applied (for tests); otherwise the best that work. With
    `unsafe`, less than the floor is accepted. Where an assignment `trains`, optimizers are
    warm as well. Raises SandboxError.
    """

    layers: tuple[Layer, ...] = ()
    """Those that hold, as the kernel confirms."""
    proof = ""
    """What came of the attempts to break out, where they were made; see attempts.prove."""

    def __init__(
        self, layers: list[Layer] | None = None, *, unsafe: bool = False, trains: bool = False,
        warming: Warming | None = None,
    ) -> None:  # fmt: skip
        self._trains, self._place = trains, ""
        self._process: subprocess.Popen[bytes] | None = None
        failures = []
        for wanted in [layers] if layers is not None else isolation.arrangements():
            try:
                self._start(wanted, warming)
                with self.open(Limits()) as probe:
                    self.layers = tuple(layer for layer in probe.applied if layer.holds(probe.pid))
                break
            except (SandboxError, OSError) as error:
                failures.append(f"{', '.join(wanted)}: {error}")
                if self._process is not None:  # else nothing has started
                    self.close()
        else:
            raise SandboxError(
                Message(
                    "no isolation works on this machine. {failures}", failures="; ".join(failures)
                )
            )
        if not unsafe and not isolation.enough(self.layers):
            self.close()
            raise SandboxError(
                Message(
                    "only {layers} holds on this machine, and grading needs seccomp and one of "
                    "namespaces, landlock or user; see `grader doctor`",
                    layers=list(self.layers) or Message("nothing"),
                )
            )

    def walls(self) -> tuple[str, ...]:
        """Say for reports what holds, e.g. ``("rlimits", "namespaces", "landlock 7")``."""
        return (*(layer.described() for layer in self.layers), *filter(None, [self.proof]))

    def share(self) -> socket.socket:
        """Return a control socket for another process; see `shared`. Raises SandboxError."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                socket.send_fds(self._control, [b'{"join": true}'], [theirs.fileno()])
        except OSError as error:
            ours.close()
            raise SandboxError(f"the zygote does not listen: {error}") from None
        return ours

    def shared(self, control: socket.socket) -> "Zygote":
        """Return the zygote as it is used by a fork of the process that has started it.

        The fork has nothing in common with others but the zygote itself: it closes what it has
        inherited, and talks by a socket of its own.
        """
        fork = copy(self)
        fork._control, fork._process, fork._ends, fork._place = control, None, {}, ""
        fork._control.settimeout(START_SECONDS)
        self._control.close()
        return fork

    def _start(self, layers: list[Layer], warming: Warming | None) -> None:
        """Start the process, if it does not start already, and wait until it is warm."""
        if warming is None or (warming.layers, warming.trains) != (layers, self._trains):
            warming = Warming(layers, trains=self._trains)
        self._control, self._errors = warming.control, warming.errors
        self._process, self._place = warming.process, warming.place
        self._ends: dict[int, dict[str, Any]] = {}
        self._control.settimeout(START_SECONDS)
        self.modules: list[str] = self._hear()[0]["modules"]

    def _hear(self) -> tuple[dict[str, Any], list[int]]:
        """Read one message of the zygote. Raises SandboxError when it is gone."""
        try:
            data, fds, _, _ = socket.recv_fds(self._control, 1 << 20, 1)
        except OSError as error:
            raise SandboxError(f"the zygote does not answer: {error}") from None
        if not data:
            self._errors.seek(0)
            said = self._errors.read()[-500:].decode(errors="replace").strip()
            raise SandboxError(f"the zygote ended: {said}")
        return json.loads(data), fds

    def open(self, limits: Limits, budget: Budget | None = None) -> "Sandbox":
        """Fork a worker, which spends of a `budget`, or has one of its own. Raises SandboxError."""
        ours, theirs = socket.socketpair()
        output = os.memfd_create("output", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(output, OUTPUT_BYTES)
        fcntl.fcntl(output, fcntl.F_ADD_SEALS, SHRINK_AND_GROW)
        request = {
            "cores": sorted(os.sched_getaffinity(0)),  # those of the judge that asks
            "memory_mb": limits.memory_mb,
            "seconds": _backstop(limits),
        }
        try:
            socket.send_fds(
                self._control, [json.dumps(request).encode()], [theirs.fileno(), output]
            )
            message, fds = self._hear()
            while "end" in message:
                self._ends[message["end"]] = message
                message, fds = self._hear()
        except (SandboxError, OSError) as error:
            ours.close()
            os.close(output)
            raise SandboxError(str(error)) from None
        finally:
            theirs.close()
        self._ends.pop(message["pid"], None)  # of an earlier worker, whose number it got
        budget, folder = budget or Budget(limits), message["folder"]
        return Sandbox(self, ours, message["pid"], fds[0], output, limits, budget, folder)

    def end(self, pid: int) -> dict[str, Any]:
        """Return how a worker ended, waiting for it. Raises SandboxError."""
        while pid not in self._ends:
            message, _ = self._hear()
            self._ends[message["end"]] = message
        return self._ends.pop(pid)

    @property
    def alive(self) -> bool:
        """Whether workers can still be opened."""
        if self._control.fileno() < 0:
            return False
        poll = select.poll()
        poll.register(self._control, 0)  # a hang-up is always told
        return not poll.poll(0)

    def close(self) -> None:
        """End the zygote and, with it, every worker."""
        self._control.close()
        self._errors.close()
        if self._process is not None:
            try:
                self._process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._place:  # it has done so itself, unless it was killed
            scratch.clear(self._place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class Sandbox:
    """One running submission. Use as a context manager: it is killed at the end."""

    def __init__(
        self, zygote: Zygote, sock: socket.socket, pid: int, pidfd: int, output: int,
        limits: Limits, budget: Budget, folder: str,
    ) -> None:  # fmt: skip
        self._zygote, self._sock, self._pid, self._pidfd = zygote, sock, pid, pidfd
        self._output, self._limits, self._budget = output, limits, budget
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
        """Have the worker start afresh (worker.Submission.begin) before it answers what is next."""
        self._along["begin"] = state
        self.constructions.forget()

    def use(self, **sources: str) -> None:
        """Have these sources define names (worker.Submission.using) before it answers."""
        self._along["using"] = self._along.get("using", {}) | sources

    def ask(self, do: str, **request: Any) -> Any:
        """Send one request to the worker (a method of worker.Submission) and return the answer.

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
        seconds, wall = self._budget.allow(parts * self._limits.seconds)
        deadline = Deadline(self.pid, seconds, self._glance, wall)
        try:
            reply = self._exchange(envelope | request, deadline)
        except TimedOut as error:  # of this request, or of all together
            self._budget.spend(*deadline.used())
            raise (self._budget.error() if self._budget.spent else error) from None
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
            more = NO_MORE_MEMORY.format(n=self._limits.memory_mb)
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
        end = self._zygote.end(self._pid)
        code = end["status"]
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            if deadline.spent():
                return deadline.error()
            if end["cpu_seconds"] > _backstop(self._limits) - 1:  # also between two requests
                said = Message("your code goes on computing after it has answered")
                return TimedOut(said)
        if code == -signal.SIGKILL:  # it cannot send this to itself (seccomp): the system did
            return SandboxError("the worker was killed from outside")
        if code == NO_MEMORY:
            return OutOfMemory(NO_MORE_MEMORY.format(n=self._limits.memory_mb))
        if code in (-signal.SIGABRT, -signal.SIGSEGV):  # abort() is SIGSEGV in a pid namespace
            crashed = Message(
                "your code crashed Python; endless recursion or too much memory can do this"
            )
            return StudentError(crashed, "crash")
        ended = Message("your code ended the Python process (exit code {code})", code=code)
        return StudentError(ended, "exit")

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


def _backstop(limits: Limits) -> int:
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
