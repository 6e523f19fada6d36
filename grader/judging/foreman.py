"""A process that prepares work once, for a whole pool: it reads the checks and warms a zygote.

    pool ──hires──▶ foreman ──forks──▶ process ◀──task, answer──▶ pool
                       └──starts──▶ zygote ──forks──▶ worker

A process of the pool is a fork of the foreman, so it has torch and the checks at once. A fork
copies only the thread that calls it, and locks that others hold stay locked: so there is one
thread, and that is asserted. Forks share nothing but the zygote, and talk to that by a socket of
their own each.
"""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Set
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from typing import Any

from ..course.assignment import Assignment
from ..course.settings import AssignmentError
from ..sandbox.host import isolation
from ..sandbox.host.warming import Warming
from .service import Service

PATIENCE = 10
"""Seconds that a process gets to end."""
BOOT = """
import gc, sys
gc.disable()  # until serve.py has collected once: while torch is imported, nothing is found
from multiprocessing.connection import Connection
connection = Connection({fd})
sys.path[:] = connection.recv()
from grader.judging.foreman import begin
begin(connection)
"""


class Foreman:
    """The process that forks others, as its employer sees it; it begins when one is hired."""

    def __init__(self, service: Service[Any, Any]) -> None:
        self._service = service
        self._connection: Connection | None = None

    def hire(self, connection: Connection, cores: Set[int]) -> None:
        """Have a process at the other end of a connection, on some cores."""
        try:
            self._ask(connection, cores)
        except OSError:  # it has died: another one may not
            self.close()
            self._ask(connection, cores)

    def _ask(self, connection: Connection, cores: Set[int]) -> None:
        if self._connection is None:
            self._start()
        assert self._connection is not None
        self._connection.send(set(cores))
        send_handle(self._connection, connection.fileno(), self.process.pid or 0)

    def _start(self) -> None:
        self._connection, theirs = multiprocessing.Pipe()
        with theirs, _uninterrupted():
            self.process = _program(theirs.fileno())
        self._connection.send(sys.path)
        self._connection.send(self._service)

    def exit_code(self, pid: int) -> int | None:
        """Return how a process that was hired has ended, waiting for it; None where unknown."""
        if self._connection is not None:
            with contextlib.suppress(EOFError, OSError):  # it has died as well
                self._connection.send(pid)
                code: int | None = self._connection.recv()
                return code
        return None

    def close(self) -> None:
        """Hang up and wait until the process has ended."""
        if self._connection is None:
            return
        self._connection.close()
        self._connection = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=PATIENCE)
        self.process.kill()
        self.process.wait()

    def terminate(self) -> None:
        """Kill the process."""
        if self._connection is not None:
            self.process.terminate()


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignore SIGINT while a child starts, so that Ctrl-C reaches only the parent."""
    if threading.current_thread() is not threading.main_thread():  # only that one may set signals
        yield
        return
    ours = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, ours)


def _program(connection: int) -> subprocess.Popen[bytes]:
    """Start the process, which uses one thread, because it will fork.

    A program of its own, as the parent has threads, and no torch. That of multiprocessing would
    import the parent's main module first, all of `grader` that the command line offers, and before
    that look for Python's own modules in the current folder, which may be full of submissions: -P.
    """
    warnings = [f"-W{option}" for option in sys.warnoptions]
    return subprocess.Popen(
        [sys.executable, *warnings, "-P", "-c", BOOT.format(fd=connection)],
        env={**os.environ, **dict.fromkeys(isolation.THREADS, "1")},
        stdin=subprocess.DEVNULL,
        pass_fds=[connection],
    )


def begin(connection: Connection) -> None:
    """Be the foreman. Only here torch is imported, which would cost the parent 250 MB."""
    service: Service[Any, Any] = connection.recv()
    warming, job = None, service.job
    with contextlib.suppress(AssignmentError, OSError):  # will be raised again, and told
        trains = Assignment.read(job.solution).trains
        warming = Warming(job.layers or isolation.arrangements()[0], trains=trains)
    from .serve import serve

    serve(connection, service, warming)
    os._exit(0)  # taking torch apart takes 0.1 s


def hired(
    connection: Connection, exit_code: Callable[[int], int | None]
) -> Iterator[tuple[Connection, Set[int]]]:
    """Yield a connection for every process that is wanted, and the cores it may have.

    Meanwhile, the employer is told exit codes.
    """
    with contextlib.suppress(EOFError, OSError):
        while True:
            wanted = connection.recv()
            if isinstance(wanted, int):
                connection.send(exit_code(wanted))
            else:
                yield Connection(recv_handle(connection)), wanted
