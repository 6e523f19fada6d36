"""Processes that judge submissions, one after the other, with the same checks and zygote."""

import time
import traceback
from collections.abc import Iterable
from pathlib import Path

from ..checking.check import Check
from ..checking.session import NOT_IMPLEMENTED, Session, outcome
from ..course.assignment import Assignment
from ..intake.submission import Refused, Submission
from ..model.limits import StudentError
from ..model.result import CAUSES, NOT_YET, Result, Status
from ..model.verdict import Report
from ..sandbox.guest.meant import meant
from ..sandbox.host.budget import Budget
from ..sandbox.host.isolation import enough
from ..sandbox.host.loaded import Loaded, Unreadable
from ..sandbox.host.sandbox import SandboxError, Zygote
from ..sandbox.host.student import Student
from .job import TRIES, seed

UNTOUCHED = (
    "Nothing is filled in here: this is the notebook as it was handed out. If you have written "
    "answers, they are in another file: submit that one."
)
MOST_USES, MOST_LETTERS = 100, 100
"""Names of torch in a report, and their length; a worker names some ten, but what it became might
name 20,000, and the class's report has a line for each."""


WHOLE_TRIED = "A check failed, so all cells were run as well; that earned no more."
WHOLE_FAILED = "All cells together cannot be run here: {error}"
WHOLE_COUNTS = "A check failed, so all cells were run as well; that earned more, so it counts."


def judge(
    student: str,
    path: Path,
    session: Session,
    zygote: Zygote,
    key: bytes,
    kept: tuple[Result, ...] = (),
    refused: str = "",
) -> Report:
    """Grade one file. Never raises for what is in it; faults of ours become grader_error.

    Checks whose result is among the `kept` ones are not run again. A file that was `refused` for
    some reason where it lies is not looked at.
    """
    start = time.perf_counter()
    assignment = session.assignment
    layers = (*([] if enough(zygote.layers) else ["UNSANDBOXED"]), *zygote.walls())
    remarks: list[str] = []
    problem, printed, sha256 = "", "", ""
    uses: tuple[str, ...] = ()
    results: list[Result] = []
    try:
        if refused:
            raise Refused(refused)
        submission = Submission.read(path, student)
        sha256 = submission.sha256
        own = seed(key, sha256)
        for _ in range(TRIES):
            remarks = []
            results, printed, uses = _attempt(submission, session, zygote, own, remarks, kept)
            if all(r.status is not Status.GRADER_ERROR or r.message == NOT_YET for r in results):
                break
        problem = UNTOUCHED if _untouched(results) else ""
    except (Refused, Unreadable) as error:
        problem = str(error)
        results = [_not_run(check, "Nothing could be read.") for check in session.checks]
    except Exception:  # a fault of ours costs nobody else their report
        results = _none_run(session, SandboxError(traceback.format_exc()))
    return Report(
        assignment=assignment.name, title=assignment.title, student=student, file=path.name,
        sha256=sha256, questions=assignment.questions, results=tuple(results),
        notes=tuple(dict.fromkeys(remarks)), problem=problem, layers=layers, uses=uses,
        output=printed,
        seconds=time.perf_counter() - start,
    )  # fmt: skip


def _untouched(results: Iterable[Result]) -> bool:
    """Whether nothing holds and all that fails is what the notebook's skeleton raises."""
    failed = [result for result in results if result.status in CAUSES]
    return (
        bool(failed)
        and not any(result.status is Status.PASSED for result in results)
        and all(result.message.startswith(NOT_IMPLEMENTED) for result in failed)
    )


def _attempt(
    submission: Submission,
    session: Session,
    zygote: Zygote,
    key: bytes,
    remarks: list[str],
    kept: tuple[Result, ...],
) -> tuple[list[Result], str, tuple[str, ...]]:
    """Load a submission and run all checks on it once; return also what it printed and uses.

    Raises Unreadable.
    """
    assignment = session.assignment
    budget = Budget(assignment.limits)

    def attempt(*, whole: bool = False) -> Loaded:
        return Loaded(
            zygote, submission.data, assignment.questions, assignment.limits, assignment.values,
            whole=whole, forbids=any(assignment.forbid.values()), budget=budget,
        )  # fmt: skip

    try:
        loaded = attempt()
    except (StudentError, SandboxError) as error:
        return _none_run(session, error), "", ()
    results, said = _judged(loaded, session, key, kept)
    if loaded.left_out and _lost(results) and not _faulty(results):
        said.append(WHOLE_TRIED)
        try:
            other = attempt(whole=True)
        except (StudentError, SandboxError) as error:
            said.append(WHOLE_FAILED.format(error=error))
        else:
            again, said_then = _judged(other, session, key, kept)
            if _lost(again) < _lost(results) and not _faulty(again):
                loaded, other, results, said = other, loaded, again, [*said_then, WHOLE_COUNTS]
            other.close()
    remarks += said
    uses = {name[:MOST_LETTERS] for names in loaded.uses.values() for name in names}
    return results, loaded.close(), tuple(sorted(uses)[:MOST_USES])


def _judged(
    loaded: Loaded, session: Session, key: bytes, kept: tuple[Result, ...]
) -> tuple[list[Result], list[str]]:
    """Run all checks on what has been loaded; return also what is to be said of the notebook."""
    remarks = [*loaded.notes, *_hints(loaded, session.assignment)]
    return list(session.results(Student(loaded), key, remarks, kept)), remarks


def _lost(results: list[Result]) -> float:
    """Return how many points are lost, and a little for each check without points."""
    return sum(r.points or 1e-6 for r in results if r.status is not Status.PASSED)


def _faulty(results: list[Result]) -> bool:
    """Whether a fault of ours is among them: then all is tried again."""
    return any(r.status is Status.GRADER_ERROR for r in results)


def _hints(loaded: Loaded, assignment: Assignment) -> list[str]:
    """Tell the student early which forbidden names stand in an answer, whether run or not."""
    return [
        f"{question} uses {name}, which this question asks you to build yourself."
        for question, forbidden in assignment.forbid.items()
        for name in loaded.uses.get(question, ())
        if name in meant(forbidden)
    ]


def _none_run(session: Session, error: Exception) -> list[Result]:
    """Blame what the notebook did while it was read on the first check of each question."""
    status, message, detail = outcome(error)
    results, blamed = [], set[str]()
    for check in session.checks:
        if check.question not in blamed or status is Status.GRADER_ERROR:
            blamed.add(check.question)
            said = f"While your notebook was being read: {message}" if message else ""
            results.append(_not_run(check, said, status, detail))
        else:
            results.append(_not_run(check, "Cannot be judged until your notebook can be read."))
    return results


def _not_run(
    check: Check, message: str, status: Status = Status.NOT_RUN, detail: str = ""
) -> Result:
    return Result(
        check.name, check.question, status, check.points, check.sentence, message, detail,
        check.public,
    )  # fmt: skip
