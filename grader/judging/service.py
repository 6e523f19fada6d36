"""What the processes of a pool do: grade submissions, or examine candidates."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from .job import Job

if TYPE_CHECKING:  # who hires the processes has no torch
    from ..checking.session import Session
    from ..sandbox.host.warming import Warming
    from ..sandbox.host.zygote import Zygote

Task = TypeVar("Task", contravariant=True)
Answer = TypeVar("Answer", covariant=True)


class Service(Protocol[Task, Answer]):
    """It is pickled, and importable without torch: what needs that is imported where it is used."""

    tries: ClassVar[int]
    """How many processes a task may cost."""

    @property
    def job(self) -> Job:
        """What the foreman reads: the assignment and its checks."""

    @property
    def seconds(self) -> float | None:
        """Wall time for one task, after which its process is ended; None for no limit."""

    def zygote(self, session: "Session", warming: "Warming | None") -> "Zygote":
        """Start the zygote of all processes, in the foreman. Raises AssignmentError, SandboxError.

        One that is `warming` already may be used.
        """

    def server(self, session: "Session", zygote: "Zygote") -> Callable[[Task], Answer]:
        """Return what answers tasks, in a process that has been forked to do so."""

    def lost(self, task: Task, code: int | None) -> Answer:
        """Answer a task that has cost all its tries; the last process ended with this exit code."""
