"""Grade a class: the one file that knows the whole sequence.

    find submissions → hand them to judges, one process per core → a Report for each, as it is done

A judge that dies costs the submission it had two more tries with other judges; a submission that
costs three judges is reported as grader_error, and everybody else is graded.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence, Set
from itertools import islice
from multiprocessing.connection import Connection, wait

from ..verdict import Report, Result, Status
from .orders import TRIES, CannotJudge, Orders, Work


class Judge:
    """A judge process, as its employer sees it."""

    def __init__(self, orders: Orders, cores: Set[int]) -> None:
        self.cores = cores
        context = multiprocessing.get_context("spawn")  # a fork would inherit torch's locks
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, orders, cores), daemon=False)
        with _uninterrupted():
            self.process.start()
        theirs.close()
        self.work: Work | None = None

    def give(self, work: Work) -> None:
        """Hand over a submission. That a judge has died is noticed when it is heard."""
        self.work = work
        with contextlib.suppress(OSError):
            self.connection.send(work)

    def dismiss(self) -> None:
        """Hang up and wait until the process has ended."""
        self.connection.close()
        self.process.join(timeout=10)
        self.process.kill()


def grade(
    submissions: Iterable[Work], orders: Orders, jobs: int, cores: Sequence[Set[int]] = ()
) -> Generator[Report, None, None]:
    """Yield a Report for each submission, as they are finished.

    Submissions are taken one by one, as judges come free. `cores` says where each judge may run, if
    not on a core of its own. Raises CannotJudge when the author's checks or the sandbox do not
    work.
    """
    coming = iter(submissions)
    todo = list(islice(coming, jobs))
    tries: Counter[Work] = Counter()
    judges: list[Judge] = []
    cores = cores or [{core} for core in sorted(os.sched_getaffinity(0))]
    try:
        judges += [Judge(orders, cores[n % len(cores)]) for n in range(len(todo))]
        while judges:
            for connection in wait([judge.connection for judge in judges]):
                judge = next(j for j in judges if j.connection is connection)
                try:
                    said = judge.connection.recv()
                except (EOFError, OSError):  # it died: its submission goes to another one
                    said = None
                work, judge.work = judge.work, None
                if isinstance(said, CannotJudge):
                    raise said
                if isinstance(said, Report):
                    yield said
                elif said is None:
                    judges.remove(judge)
                    judge.dismiss()
                    if work is None:
                        raise CannotJudge("a judge ended before it could work")
                    tries[work] += 1
                    if tries[work] < TRIES:
                        todo.append(work)
                    else:
                        yield lost(work, orders)
                    todo = todo or list(islice(coming, 1))
                    if todo:  # its first message, the layers, comes later
                        judges.append(Judge(orders, judge.cores))
                    continue
                todo = todo or list(islice(coming, 1))
                if todo:
                    judge.give(todo.pop(0))
                else:
                    judges.remove(judge)
                    judge.dismiss()
    finally:
        for judge in judges:  # interrupted while they start or work
            judge.process.terminate()
            judge.dismiss()


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


def _serve(connection: Connection, orders: Orders, cores: Set[int]) -> None:
    """Be a judge. Only judges import torch, which would cost the parent 250 MB.

    A judge and its workers take turns, so one core is enough for them, and their exchanges wake no
    other one: 27 µs each instead of 190 (measured on a virtual machine).
    """
    from .judge import serve

    os.sched_setaffinity(0, cores)
    serve(connection, orders)


def lost(work: Work, orders: Orders) -> Report:
    """Report a submission on which judge after judge died."""
    student, path = work.student, work.path
    name = orders.solution.stem
    detail = f"{TRIES} judges ended while they graded this submission"
    result = Result(
        "the whole submission", name, Status.GRADER_ERROR, 0,
        "Could not be judged: our fault, a person will look.", detail=detail,
    )  # fmt: skip
    return Report(name, name, student, path.name, "", (name,), (result,))
