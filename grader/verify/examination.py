"""What a pool does for `verify`: examine cases side by side, each within a time limit."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch

from ..checking.session import Session
from ..judging.job import Job
from ..sandbox.host.warming import Warming
from ..sandbox.host.zygote import Zygote
from .case import Case, Outcome
from .examine import Examiner


@dataclass(frozen=True)
class Examination:
    """See judging.service.Service. A case that takes too long, or crashes, costs that case."""

    job: Job
    seconds: float
    """Wall time for one case; a second is ordinary, on a busy machine."""
    tries: ClassVar[int] = 1

    def zygote(self, session: Session, warming: Warming | None) -> Zygote:
        """Start a zygote: any layers will do for the course team's own code.

        Raises AssignmentError where the solution does not give what an example shows.
        """
        for worked in session.bank.examples:
            session.bank.due(worked)
        return Zygote(unsafe=True, trains=session.assignment.trains, warming=warming)

    def server(self, session: Session, zygote: Zygote) -> Callable[[Case], Outcome]:
        """Return what examines a case; whatever candidates print, nobody sees."""
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (until this process ends)
        torch.set_default_dtype(torch.float64)
        return Examiner(session, self.job.checks, zygote).examine

    def lost(self, task: Case, code: int | None) -> Outcome:
        """Say what a case did to the process that examined it."""
        late = code == -signal.SIGALRM
        took = f"takes longer than {self.seconds:g} s" if late else f"ends Python (code {code})"
        return Outcome(task, problem=took)
