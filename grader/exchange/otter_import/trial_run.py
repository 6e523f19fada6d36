"""Try each check that was a test of otter-grader on the solution that came with it.

It should judge across the border, as our own checks do. Where a value cannot cross, or an exception
is asked for, it runs beside the student's code. Where even that fails, it is left out, and said.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch

from ...checking.solution import Program
from ...course.assignment import Assignment
from ...model.subject import Subject
from ...sandbox.guest import packing
from ...verify.candidate import Candidate, skeleton
from .master import Master
from .question import Question
from .testcase import Case

MARKS = "from grader.checks import needs, points, question\n"


@dataclass
class Check:
    """A test on its way to a check."""

    case: Case
    points: Fraction
    question: Question
    across: bool = True
    """Whether it judges across the border."""

    def source(self, scale: int = 1, needs: Iterable[str] = ()) -> str:
        """Return the check, its points times `scale`."""
        write = self.case.across if self.across else self.case.beside
        return write(int(self.points * scale), needs)


class Border(Candidate):
    """The solution as a check sees a submission, what cannot cross the border included."""

    def __getattr__(self, name: str) -> Any:
        """Return a name of the solution; a value must be able to cross. Raises Unsendable."""
        found = super().__getattr__(name)
        return found if callable(found) else _crossed(found)

    def _call(self, function: Any) -> Any:
        inner = super()._call(function)
        return lambda *args, **kwargs: _crossed(inner(*_crossed(args), **_crossed(kwargs)))


def tried(master: Master, assignment: Assignment, checks: list[Check]) -> list[Check]:
    """Try each check on the solution: across the border, then beside; leave out what fails."""
    solution, kept = Program(assignment).run(), []
    for check in checks:
        reason = _run(check, Border(solution))
        if reason:
            check.across = False
            failure = _run(check, solution)
            test = check.case.test
            if failure:
                said = f"fails on the master's own solution: {failure}"
                points = f"{float(check.points):g}"
                master.notes.append(f"{test.name} ({points}) is not carried over: it {said}.")
                continue
            said = f"runs beside the student's code, which could cheat it: {reason}"
            master.notes.append(f"{test.name} {said}.")
        kept.append(check)
    return kept


def say_what_stubs_earn(master: Master, assignment: Assignment, checks: list[Check]) -> None:
    """Note which checks pass on what students start from."""
    empty = Candidate(skeleton(assignment))
    for check in checks:
        if not _run(check, empty) and check.points:
            name, points = check.case.test.name, float(check.points)
            master.notes.append(f"{name} passes without an answer, and gives {points:g} for it.")


def _run(check: Check, student: Subject) -> str:
    """Run a check; return in a line what it raised."""
    names: dict[str, Any] = {}
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # as in grading
    try:
        exec(f"{MARKS}{check.case.context}\n\n{check.source()}", names)
        names[check.case.name](student)
    except Exception as error:
        return f"{type(error).__name__}: {error}".split("\n")[0].rstrip(".: ")
    finally:
        torch.set_default_dtype(before)
    return ""


def _crossed(value: Any) -> Any:
    """Return a value. Raises Unsendable where it cannot be sent."""
    packing.pack(value)
    return value
