"""Processes that examine cases side by side, each within a time limit.

A process that takes too long over a case is ended by its own alarm, whatever it is doing; it, or
one that crashes, costs that case, and another process goes on with the next.
"""

import contextlib
import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Self

import torch

from ..checking.session import Session, run_session
from ..course.assignment import Assignment
from ..course.settings import AssignmentError
from ..judging.job import CannotJudge
from ..sandbox.host.sandbox import SandboxError, Zygote
from .examine import Case, Examiner, Outcome


@dataclass(frozen=True)
class Place:
    """Where members of a crew work, and how long they may take."""

    solution: Path
    checks: Path
    seconds: float
    """Wall time for one case; a second is ordinary, on a busy machine."""


class Member:
    """One process, as its employer sees it."""

    def __init__(self, place: Place) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would inherit torch's locks
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, place), daemon=True)
        self.process.start()
        theirs.close()
        self.ready, self._seconds = False, place.seconds
        self.case: Case | None = None

    def give(self, case: Case) -> None:
        """Hand over a case; it waits in the pipe until the process is ready."""
        self.case = case
        with contextlib.suppress(OSError):  # it has died, and will be heard no more
            self.connection.send(case)

    def hear(self) -> Outcome | CannotJudge | None:
        """Return what the process says: None when it is ready, or that it has died."""
        try:
            said: Outcome | CannotJudge | None = self.connection.recv()
        except (EOFError, OSError):
            self.process.join(timeout=10)
            code = self.process.exitcode
            if not self.ready or self.case is None:
                return CannotJudge(f"a process ended at its start, with code {code}")
            late = f"takes longer than {self._seconds:g} s"
            problem = late if code == -signal.SIGALRM else f"ends Python (code {code})"
            return Outcome(self.case, problem=problem)
        return said

    def dismiss(self) -> None:
        """End the process at once."""
        self.connection.close()
        self.process.terminate()
        self.process.join(timeout=10)
        self.process.kill()


class Crew:
    """Some processes that share the work, until the end of the `with` block."""

    def __init__(self, place: Place, jobs: int) -> None:
        self._place, self._jobs = place, jobs
        self._members: list[Member] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for member in self._members:
            member.dismiss()

    def examine(self, cases: Iterable[Case]) -> Iterator[Outcome]:
        """Yield the outcome of every case, as they are done.

        Raises CannotJudge where the author's files cannot be used.
        """
        todo = deque(cases)
        while len(self._members) < min(self._jobs, len(todo)):
            self._members.append(Member(self._place))
        for member in self._members[: len(todo)]:
            member.give(todo.popleft())
        while busy := {member.connection: member for member in self._members if member.case}:
            for connection in wait(list(busy)):
                member = busy[connection]  # type: ignore[index]
                said = member.hear()
                if isinstance(said, CannotJudge):
                    raise said
                if said is None:
                    member.ready = True
                    continue
                yield said
                member.case = None
                if not member.process.is_alive():
                    member.dismiss()
                    self._members.remove(member)
                    if todo:
                        self._members.append(member := Member(self._place))
                if todo:
                    member.give(todo.popleft())


def _serve(connection: Connection, place: Place) -> None:
    """Examine the cases that arrive, until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    torch.set_default_dtype(torch.float64)

    def work(session: Session) -> None:
        # the code is the course team's own: any walls will do, but its way is that of students'
        with Zygote(unsafe=True, trains=session.assignment.trains) as zygote:
            session.zygote = zygote
            examiner = Examiner(session, place.checks, zygote)
            connection.send(None)
            while True:
                case = connection.recv()
                signal.setitimer(signal.ITIMER_REAL, place.seconds)
                outcome = examiner.examine(case)
                signal.setitimer(signal.ITIMER_REAL, 0)
                connection.send(outcome)

    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        try:
            run_session(Assignment.read(place.solution), place.checks, work)
        except (EOFError, ConnectionError):
            return
        except (AssignmentError, SandboxError) as error:
            connection.send(CannotJudge(str(error)))
        except Exception:
            connection.send(CannotJudge(traceback.format_exc()))
