"""The trusted side of a zygote: start it, see that it locks workers in, open them.

Theory of operation: guest/zygote.py says who runs where, isolation.py what is visible there,
guest/confine.py what a worker gives up. The first worker of a zygote is a probe whose layers are
read back from the kernel. Below the floor (isolation.enough) nothing is run.

    grader ──control socket──▶ zygote ──fork──▶ worker ◀──socket pair──▶ grader
                                                   └── memfd: what it prints
"""

import fcntl
import json
import os
import select
import socket
import subprocess
from copy import copy
from typing import Any, Self

from ...model.limits import Limits
from ...model.message import Message
from ..guest import scratch
from ..guest.layer import Layer
from . import isolation
from .budget import Budget
from .sandbox import OUTPUT_BYTES, START_SECONDS, Sandbox, SandboxError, backstop
from .warming import Warming
from .whereabouts import ROOM

SHRINK_AND_GROW = 0x2 | 0x4  # F_SEAL_SHRINK | F_SEAL_GROW: a memfd that cannot fill the memory


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
        os.ftruncate(output, OUTPUT_BYTES + ROOM)
        fcntl.fcntl(output, fcntl.F_ADD_SEALS, SHRINK_AND_GROW)
        request = {
            "cores": sorted(os.sched_getaffinity(0)),  # those of the judge that asks
            "memory_mb": limits.memory_mb,
            "seconds": backstop(limits),
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
        pid = message["pid"]
        return Sandbox(self.end, ours, pid, fds[0], output, limits, budget, folder)

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
