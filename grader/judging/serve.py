"""What a foreman does: it prepares work once, and forks a process for everyone who is hired.

It holds hidden checks, the solution and the key, as a judge does. The zygote is a program of its
own, which starts while torch is imported here.
"""

import contextlib
import gc
import os
import signal
import socket
import traceback
from collections.abc import Callable, Iterator, Set
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from ..checking.collect import run_session
from ..checking.session import Session
from ..course.assignment import Assignment
from ..course.settings import AssignmentError
from ..model.message import said
from ..sandbox.guest.zygote import warm_optimizers
from ..sandbox.host.sandbox import SandboxError
from ..sandbox.host.warming import Warming
from ..sandbox.host.zygote import Zygote
from .foreman import hired
from .job import CannotJudge
from .service import Service


def serve(connection: Connection, service: Service[Any, Any], warming: Warming | None) -> None:
    """Fork a process for everyone who is hired through `connection`, until the pool hangs up.

    Where nobody can work, each of them gets to know why: CannotJudge. A zygote that is `warming`
    already is the first.
    """
    forks = Forks(connection)
    wanted = hired(connection, forks.exit_code)

    def attend(session: Session) -> None:
        with service.zygote(session, warming) as first:
            zygote = first
            if session.assignment.trains:
                warm_optimizers()
            gc.collect()
            gc.freeze()  # else collections walk through torch and pytest: a third of a judge's time
            gc.enable()
            for theirs, cores in wanted:
                with theirs, _told(theirs):
                    if not zygote.alive:
                        zygote = service.zygote(session, None)
                    with zygote.share() as control:
                        forks.do(partial(_work, theirs, cores, session, zygote, control, service))
            zygote.close()
        forks.reap(0)

    try:
        run_session(Assignment.read(service.job.solution), service.job.checks, attend)
    except Exception as error:
        for theirs, _ in wanted:
            with theirs, contextlib.suppress(OSError):
                theirs.send(_problem(error))


@contextlib.contextmanager
def _told(connection: Connection) -> Iterator[None]:
    """Tell who is hired why they cannot work."""
    try:
        yield
    except Exception as error:
        connection.send(_problem(error))
        raise


def _problem(error: Exception) -> CannotJudge:
    """Say why nobody can work: what an author or an administrator can mend, in a sentence."""
    if isinstance(error, AssignmentError | SandboxError):
        return CannotJudge(said(error))
    return CannotJudge("".join(traceback.format_exception(error)))


class Forks:
    """The processes that were forked here; they do not have the connection to the employer."""

    def __init__(self, employer: Connection) -> None:
        self._employer = employer
        self._codes: dict[int, int] = {}

    def do(self, work: Callable[[], None]) -> None:
        """Do something in a fork, and reap those that have ended."""
        self.reap(os.WNOHANG)
        if (threads := len(os.listdir("/proc/self/task"))) != 1:
            raise RuntimeError(f"{threads} threads are running; a fork would copy their locks")
        if os.fork():
            return
        try:
            self._employer.close()
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)

    def exit_code(self, pid: int) -> int | None:
        """Return how a fork has ended, waiting for it; None if there was none with this pid."""
        if pid not in self._codes:
            with contextlib.suppress(ChildProcessError):
                self._note(*os.waitpid(pid, 0))
        return self._codes.pop(pid, None)

    def reap(self, options: int) -> None:
        """Reap the forks that have ended or, with options 0, wait for all."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, options))[0]:
                self._note(*ended)

    def _note(self, pid: int, status: int) -> None:
        self._codes[pid] = os.waitstatus_to_exitcode(status)


def _work(
    connection: Connection, cores: Set[int], session: Session, warm: Zygote,
    control: socket.socket, service: Service[Any, Any],
) -> None:  # fmt: skip
    """Answer every task that arrives, each within the service's time.

    A judge and its workers take turns, so one core is enough for them, and their exchanges wake no
    other one: 27 µs each instead of 190 (measured on a virtual machine).
    """
    os.sched_setaffinity(0, cores)
    zygote = warm.shared(control)
    session.zygote = zygote  # what tells whose an odd error is asks it as well
    answer = service.server(session, zygote)
    with contextlib.suppress(EOFError, ConnectionError):
        connection.send(os.getpid())
        while True:
            task = connection.recv()
            signal.setitimer(signal.ITIMER_REAL, service.seconds or 0)  # its SIGALRM ends us
            try:
                answered = answer(task)
            except Exception as error:
                connection.send(_problem(error))
                return
            signal.setitimer(signal.ITIMER_REAL, 0)
            if not zygote.alive:  # hang up, so that another one tries, with another zygote
                return
            connection.send(answered)
