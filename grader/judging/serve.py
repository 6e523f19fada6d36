"""What a foreman does: it prepares judging once, and forks a judge for everyone who is hired.

It holds hidden checks, the solution and the key, as a judge does. The zygote is a program of its
own, which starts while torch is imported here.
"""

import contextlib
import gc
import os
import socket
import traceback
from collections.abc import Callable, Iterator, Set
from functools import partial
from multiprocessing.connection import Connection

from ..checking.session import Session, run_session
from ..course.assignment import Assignment
from ..course.settings import AssignmentError
from ..sandbox.guest.zygote import warm_optimizers
from ..sandbox.host.attempts import prove
from ..sandbox.host.sandbox import SandboxError, Zygote
from ..sandbox.host.warming import Warming
from .foreman import hired
from .job import TRIES, CannotJudge, Job, Task
from .judge import judge
from .proven import try_solution


def serve(connection: Connection, job: Job, warming: Warming | None) -> None:
    """Fork a judge for everyone who is hired through `connection`, until the employer hangs up.

    Where nobody can judge, each of them gets to know why: CannotJudge. A zygote that is `warming`
    already is the first.
    """
    judges = hired(connection)

    def attend(session: Session) -> None:
        with _ready(session, job, warming) as first:
            zygote = first
            if session.assignment.trains:
                warm_optimizers()
            gc.collect()
            gc.freeze()  # else collections walk through torch and pytest: a third of a judge's time
            for theirs, cores in judges:
                with theirs, _told(theirs):
                    if not zygote.alive:
                        zygote = _ready(session, job)
                    with zygote.share() as control:
                        _fork(
                            connection,
                            partial(_work, theirs, cores, session, zygote, control, job),
                        )
            zygote.close()
        _reap(0)

    try:
        run_session(Assignment.read(job.solution), job.checks, attend)
    except Exception as error:
        for theirs, _ in judges:
            with theirs, contextlib.suppress(OSError):
                theirs.send(_problem(error))


@contextlib.contextmanager
def _told(connection: Connection) -> Iterator[None]:
    """Tell who is hired why there cannot be a judge."""
    try:
        yield
    except Exception as error:
        connection.send(_problem(error))
        raise


def _problem(error: Exception) -> CannotJudge:
    """Say why nobody can judge: what an author or an administrator can mend, in a sentence."""
    if isinstance(error, AssignmentError | SandboxError):
        return CannotJudge(str(error))
    return CannotJudge("".join(traceback.format_exception(error)))


def _ready(session: Session, job: Job, warming: Warming | None = None) -> Zygote:
    """Start a zygote, and try its walls and the solution in it; what is lost there is tried again.

    Raises AssignmentError and SandboxError.
    """
    for left in reversed(range(TRIES)):
        zygote = Zygote(
            job.layers, unsafe=job.unsafe, trains=session.assignment.trains, warming=warming
        )
        warming = None
        try:
            zygote.proof = prove(zygote, unsafe=job.unsafe)
            try_solution(session, zygote, job)
            return zygote
        except BaseException as error:
            lost = isinstance(error, SandboxError) and not zygote.alive
            zygote.close()
            if not (left and lost):
                raise
    raise AssertionError("the last try returns or raises")


def _fork(employer: Connection, work: Callable[[], None]) -> None:
    """Do something in a fork, which has no employer, and reap those that have ended."""
    _reap(os.WNOHANG)
    if (threads := len(os.listdir("/proc/self/task"))) != 1:
        raise RuntimeError(f"{threads} threads have been started; a fork would copy their locks")
    if os.fork():
        return
    try:
        employer.close()
        work()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _reap(options: int) -> None:
    """Take leave of the forks that have ended or, with options 0, of all."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def _work(
    connection: Connection, cores: Set[int], session: Session, warm: Zygote,
    control: socket.socket, job: Job,
) -> None:  # fmt: skip
    """Be a judge: judge every Task that arrives, and send its Report back.

    A judge and its workers take turns, so one core is enough for them, and their exchanges wake no
    other one: 27 µs each instead of 190 (measured on a virtual machine).
    """
    os.sched_setaffinity(0, cores)
    zygote = warm.shared(control)
    if session.zygote:  # what tells whose an odd error is asks it, too
        session.zygote = zygote
    with contextlib.suppress(EOFError, ConnectionError):
        connection.send(os.getpid())
        while True:
            task: Task = connection.recv()
            report = judge(
                task.student, task.path, session, zygote, job.key, task.kept, task.refused
            )  # fmt: skip
            if not zygote.alive:  # hang up, so that another judge tries, with another zygote
                return
            connection.send(report)
