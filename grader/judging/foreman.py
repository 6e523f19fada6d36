"""A process that prepares judging once, for all judges: it reads the checks and warms a zygote.

    parent ──hires──▶ foreman ──forks──▶ judge ◀──Task, Report──▶ parent
                         └──starts──▶ zygote ──forks──▶ worker

A judge is a fork of the foreman, so it has torch and the checks at once. A fork copies only the
thread that calls it, and locks that others hold stay locked: so there is one thread, and that is
asserted. Judges share nothing but the zygote, and talk to that by a socket of their own each.
"""

import contextlib
import multiprocessing
import os
import select
import signal
import threading
from collections.abc import Iterator, Set
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from unittest.mock import patch

from ..course.assignment import Assignment
from ..course.settings import AssignmentError
from ..sandbox.host import isolation
from ..sandbox.host.warming import Warming
from .job import Job, Task

_STARTING = threading.Lock()
"""Held while the environment is another one."""
PATIENCE = 10
"""Seconds that a process gets to end."""


class Foreman:
    """The process that forks judges, as its employer sees it; it begins when one is hired."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._connection: Connection | None = None

    def hire(self, connection: Connection, cores: Set[int]) -> None:
        """Have a judge at the other end of a connection, on some cores."""
        try:
            self._ask(connection, cores)
        except OSError:  # it has died: another one may live
            self.close()
            self._ask(connection, cores)

    def _ask(self, connection: Connection, cores: Set[int]) -> None:
        if self._connection is None:
            self._start()
        assert self._connection is not None
        self._connection.send(set(cores))
        send_handle(self._connection, connection.fileno(), self.process.pid or 0)

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")  # the parent has threads, and no torch
        self._connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, self._job), daemon=False)
        with _uninterrupted(), _of_one_thread():
            self.process.start()
        theirs.close()

    def close(self) -> None:
        """Hang up and wait until the process has ended."""
        if self._connection is None:
            return
        self._connection.close()
        self._connection = None
        self.process.join(timeout=PATIENCE)
        self.process.kill()

    def terminate(self) -> None:
        """End the process, whatever it does."""
        if self._connection is not None:
            self.process.terminate()


class Judge:
    """A judge process, as its employer sees it."""

    def __init__(self, foreman: Foreman, cores: Set[int]) -> None:
        self.cores = cores
        self.task: Task | None = None
        self._pidfd: int | None = None
        self.connection, theirs = multiprocessing.Pipe()
        with theirs:
            foreman.hire(theirs, cores)

    def begin(self, pid: int) -> None:
        """Hear which process it is. The foreman does not reap it before it hires another."""
        with contextlib.suppress(ProcessLookupError):
            self._pidfd = os.pidfd_open(pid)

    def give(self, task: Task) -> None:
        """Hand over a submission. That a judge has died is noticed when it is heard."""
        self.task = task
        with contextlib.suppress(OSError):
            self.connection.send(task)

    def kill(self) -> None:
        """End it, whatever it does. One that has not begun ends when it notices the hang-up."""
        if self._pidfd is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def dismiss(self) -> None:
        """Hang up and wait until the process has ended."""
        self.connection.close()
        if self._pidfd is None:
            return
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        poll.poll(1000 * PATIENCE)
        self.kill()
        os.close(self._pidfd)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let a process that starts meanwhile inherit that Ctrl-C is for its parent."""
    if threading.current_thread() is not threading.main_thread():  # only that one may set signals
        yield
        return
    ours = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, ours)


@contextlib.contextmanager
def _of_one_thread() -> Iterator[None]:
    """Let a process that starts meanwhile have one thread, since a fork is of one.

    It must be said before: a spawned process imports the parent's main module first, dask's for
    instance, and with that numpy, whose OpenBLAS then makes a thread for every core.
    """
    with _STARTING, patch.dict(os.environ, dict.fromkeys(isolation.THREADS, "1")):
        yield


def _serve(connection: Connection, job: Job) -> None:
    """Be the foreman. Only here torch is imported, which would cost the parent 250 MB."""
    warming = None
    with contextlib.suppress(AssignmentError, OSError):  # will be raised again, and told
        trains = Assignment.read(job.solution).trains
        warming = Warming(job.layers or isolation.arrangements()[0], trains=trains)
    from .serve import serve

    serve(connection, job, warming)
    os._exit(0)  # taking torch apart takes 0.1 s


def hired(connection: Connection) -> Iterator[tuple[Connection, Set[int]]]:
    """Yield a connection for every judge that is wanted, and the cores it may have."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            cores = connection.recv()
            yield Connection(recv_handle(connection)), cores
