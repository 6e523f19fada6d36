"""Processes that share tasks: judges of submissions, and examiners of candidates for `verify`.

    Pool ──hires──▶ foreman ──forks──▶ process ◀──task, answer──▶ Pool

What they do is a parameter, a Service. A process that dies costs its task one of the service's
tries and nobody else anything: another process takes its place.
"""

import contextlib
import multiprocessing
import os
import select
import signal
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterable, Sequence, Set
from itertools import cycle
from multiprocessing.connection import wait
from typing import Any, Generic, Self, TypeVar

from ..model.message import Message
from .foreman import PATIENCE, Foreman
from .job import CannotJudge
from .service import Service

Task = TypeVar("Task")
Answer = TypeVar("Answer")


class Member(Generic[Task]):
    """One process, as the pool sees it."""

    task: Task | None = None
    """What it works on, or is hired for."""
    tries = 0
    """How many processes that has cost."""
    pid: int | None = None
    """Which process it is, once it has begun."""

    def __init__(self, foreman: Foreman, cores: Set[int]) -> None:
        self.cores = cores
        self.served: set[Hashable] = set()
        """The kinds of tasks that it has had, and may be quicker at."""
        self._pidfd: int | None = None
        self.connection, theirs = multiprocessing.Pipe()
        with theirs:
            foreman.hire(theirs, cores)

    def begin(self, pid: int) -> None:
        """Hear which process it is. The foreman does not reap it before it hires another."""
        self.pid = pid
        with contextlib.suppress(ProcessLookupError):
            self._pidfd = os.pidfd_open(pid)

    def give(self, task: Task) -> None:
        """Hand over a task. That a process has died is noticed when it is heard."""
        with contextlib.suppress(OSError):
            self.connection.send(task)

    def hear(self) -> Any:
        """Return its pid, an answer or CannotJudge. Raises EOFError if it has died."""
        try:
            return self.connection.recv()
        except OSError as error:
            raise EOFError from error

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
        self._pidfd = None


class Queue(Generic[Task]):
    """Tasks that nobody works on, each with how many processes it has cost.

    Without a `kind` they are taken in their order, and one by one. Otherwise whoever has served
    some kinds goes on with these, then with what nobody serves, and then helps out.
    """

    def __init__(
        self, tasks: Iterable[Task], kind: Callable[[Task], Hashable] | None = None
    ) -> None:
        self._again: deque[tuple[Task, int]] = deque()
        self._coming = iter(tasks if kind is None else ())
        self._kinds: dict[Hashable, deque[Task]] = {}
        if kind is not None:
            for task in tasks:
                self._kinds.setdefault(kind(task), deque()).append(task)

    def next(
        self, served: Set[Hashable] = frozenset(), by_others: Set[Hashable] = frozenset()
    ) -> tuple[Hashable, Task, int] | None:
        """Take one out for somebody who has `served` some kinds; return also its kind."""
        if self._again:
            return None, *self._again.popleft()
        left = [kind for kind, tasks in self._kinds.items() if tasks]
        own = [kind for kind in left if kind in served]
        if kinds := own or [kind for kind in left if kind not in by_others] or left:
            kind = max(kinds, key=lambda kind: len(self._kinds[kind]))
            return kind, self._kinds[kind].popleft(), 0
        return next(((None, task, 0) for task in self._coming), None)

    def again(self, task: Task, tries: int) -> None:
        """Put one back."""
        self._again.append((task, tries))


class Pool(Generic[Task, Answer]):
    """Some processes that share tasks, until the end of the `with` block.

    `cores` says where each may run, if not on a core of its own.
    """

    def __init__(
        self, service: Service[Task, Answer], jobs: int, cores: Sequence[Set[int]] = ()
    ) -> None:
        self._service, self._jobs = service, jobs
        self._foreman = Foreman(service)
        self._members: list[Member[Task]] = []
        self._cores = cycle(cores or [{core} for core in sorted(os.sched_getaffinity(0))])

    def serve(
        self, tasks: Iterable[Task], kind: Callable[[Task], Hashable] | None = None
    ) -> Generator[Answer, None, None]:
        """Yield the answer to every task, as they are done.

        Tasks are taken one by one, as processes come free; those of a `kind` mostly by the same
        one. Raises CannotJudge when the author's checks or the sandbox do not work.
        """
        queue = Queue(tasks, kind)
        for member in self._members:
            self._assign(self._next(queue, member), member)
        while len(self._members) < self._jobs and (upcoming := self._next(queue)):
            self._assign(upcoming, self._hire(next(self._cores)))
        while busy := {m.connection: m for m in self._members if m.task is not None}:
            for connection in wait(list(busy)):
                member = busy[connection]  # type: ignore[index]
                task = member.task
                assert task is not None
                try:
                    said = member.hear()
                except EOFError:
                    code = self._leave(member)
                    if member.tries + 1 < self._service.tries:
                        queue.again(task, member.tries + 1)
                    else:
                        yield self._service.lost(task, code)
                    if upcoming := self._next(queue):
                        self._assign(upcoming, self._hire(member.cores))
                    continue
                if isinstance(said, CannotJudge):
                    raise said
                if member.pid is None:
                    member.begin(said)
                    member.give(task)
                    continue
                member.task = None
                yield said
                self._assign(self._next(queue, member), member)

    def _next(
        self, queue: Queue[Task], member: Member[Task] | None = None
    ) -> tuple[Hashable, Task, int] | None:
        """Take out a task for somebody, or for whoever will be hired."""
        others = (other.served for other in self._members if other is not member)
        return queue.next(member.served if member else frozenset(), set().union(*others))

    def _assign(self, upcoming: tuple[Hashable, Task, int] | None, member: Member[Task]) -> None:
        """Give somebody a task, now or, who has yet to begin, then."""
        if upcoming:
            kind, member.task, member.tries = upcoming
            member.served.add(kind)
            if member.pid is not None:
                member.give(member.task)

    def _hire(self, cores: Set[int]) -> Member[Task]:
        member: Member[Task] = Member(self._foreman, cores)
        self._members.append(member)
        return member

    def _leave(self, member: Member[Task]) -> int | None:
        """Take leave of one who has died; return the exit code. Raises CannotJudge."""
        self._members.remove(member)
        member.dismiss()
        if member.pid is None:
            raise CannotJudge(Message("a process ended before it could work"))
        return self._foreman.exit_code(member.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if any(member.task is not None for member in self._members):  # interrupted
            self._foreman.terminate()
            for member in self._members:
                member.kill()
        for member in self._members:
            member.dismiss()
        self._foreman.close()
