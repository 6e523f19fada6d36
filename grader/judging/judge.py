"""Judge submissions one after the other, with the same checks and zygote."""

import time
import traceback
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ..checking.conclusion import Conclusion
from ..checking.session import Session
from ..course.assignment import Assignment
from ..course.course import seed
from ..intake.submission import Refused, Submission
from ..model.code import Code
from ..model.judgement import UNSANDBOXED, Judgement
from ..model.limits import StudentError
from ..model.message import Message, Text, said
from ..model.result import CAUSES, Result, Status
from ..sandbox.guest.meant import meant
from ..sandbox.host.budget import Budget
from ..sandbox.host.isolation import enough
from ..sandbox.host.loaded import Loaded, Unreadable
from ..sandbox.host.sandbox import SandboxError
from ..sandbox.host.student import Student
from ..sandbox.host.zygote import Zygote
from .job import TRIES

UNTOUCHED = Message(
    "Nothing is filled in here: this is the notebook as it was handed out. If you have written "
    "answers, they are in another file: submit that one."
)
MOST_USES, MOST_LETTERS = 100, 100
"""Names of torch in a report, and their length; a worker names some ten, but what it became might
name 20,000, and the class's report has a line for each."""


WHOLE_TRIED = Message("A check failed, so all cells were run as well; that earned no more.")
WHOLE_FAILED = Message("All cells together cannot be run here: {error}")
WHOLE_COUNTS = Message(
    "A check failed, so all cells were run as well; that earned more, so it counts."
)


def judge(
    path: Path,
    session: Session,
    zygote: Zygote,
    key: bytes,
    kept: tuple[Result, ...] = (),
    refused: str = "",
) -> Judgement:
    """Grade one file. Never raises for what is in it; faults of ours become grader_error.

    Checks whose result is among the `kept` ones are not run again. A file that was `refused` for
    some reason where it lies is not looked at.
    """
    start = time.perf_counter()
    assignment = session.assignment
    layers = (*([] if enough(zygote.layers) else [UNSANDBOXED]), *zygote.walls())
    remarks: list[Text] = []
    problem: Text = ""
    printed, sha256 = "", ""
    uses: tuple[str, ...] = ()
    code: tuple[Code, ...] = ()
    results: list[Result] = []
    try:
        if refused:
            raise Refused(refused)
        submission = Submission.read(path)
        sha256 = submission.sha256
        own = seed(key, sha256)
        for _ in range(TRIES):
            remarks = []
            results, printed, uses, code = _attempt(submission, session, zygote, own, remarks, kept)
            if all(r.status is not Status.GRADER_ERROR or r.refused for r in results):
                break
        problem = UNTOUCHED if _untouched(results) else ""
    except (Refused, Unreadable) as error:
        problem = said(error)
        nothing = Conclusion(Status.NOT_RUN, Message("Nothing could be read."))
        results = [nothing.result(check) for check in session.checks]
    except Exception:  # a fault of ours costs nobody else their judgement
        results = _none_run(session, SandboxError(traceback.format_exc()))
    return Judgement(
        assignment=assignment.name, title=assignment.title, sha256=sha256,
        questions=assignment.questions, results=tuple(results),
        notes=tuple(dict.fromkeys(remarks)), problem=problem, layers=layers, uses=uses,
        code=code, output=printed, seconds=time.perf_counter() - start,
    )  # fmt: skip


def _untouched(results: Iterable[Result]) -> bool:
    """Whether nothing holds and every failure is what the notebook's skeleton raises."""
    failed = [result for result in results if result.status in CAUSES]
    return (
        bool(failed)
        and not any(result.status is Status.PASSED for result in results)
        and all(result.unwritten for result in failed)
    )


def _attempt(
    submission: Submission,
    session: Session,
    zygote: Zygote,
    key: bytes,
    remarks: list[Text],
    kept: tuple[Result, ...],
) -> tuple[list[Result], str, tuple[str, ...], tuple[Code, ...]]:
    """Load a submission and run all checks on it once; return also what it printed, uses and wrote.

    Raises Unreadable.
    """
    assignment = session.assignment
    budget = Budget(assignment.limits)

    def attempt(*, whole: bool = False) -> Loaded:
        return Loaded(
            zygote, submission.data, assignment.questions, assignment.limits, assignment.values,
            assignment.classes, whole=whole, forbids=any(assignment.forbid.values()),
            budget=budget,
        )  # fmt: skip

    try:
        loaded = attempt()
    except (StudentError, SandboxError) as error:
        return _none_run(session, error), "", (), ()
    results, notes = _judged(loaded, session, key, kept)
    if loaded.left_out and _lost(results) and not _faulty(results):
        try:
            other = attempt(whole=True)
        except (StudentError, SandboxError) as error:
            notes.append(WHOLE_FAILED.format(error=error))
        else:
            again, notes_then = _judged(other, session, key, kept)
            if _lost(again) < _lost(results) and not _faulty(again):
                loaded, other, results, notes = other, loaded, again, [*notes_then, WHOLE_COUNTS]
            else:
                notes.append(WHOLE_TRIED)
            other.close()
    remarks += notes
    uses = {name[:MOST_LETTERS] for names in loaded.uses.values() for name in names}
    begun = (r for r in results if r.status in CAUSES and not r.unwritten)
    wrong = dict.fromkeys(result.question for result in begun)
    code = tuple(loaded.code[name] for name in wrong if name in loaded.code)
    return results, loaded.close(), tuple(sorted(uses)[:MOST_USES]), code


def _judged(
    loaded: Loaded, session: Session, key: bytes, kept: tuple[Result, ...]
) -> tuple[list[Result], list[Text]]:
    """Run all checks on what has been loaded; return also what is to be said of the notebook."""
    remarks = [*loaded.notes, *_hints(loaded, session.assignment)]
    return list(session.results(Student(loaded), key, remarks, kept)), remarks


def _lost(results: list[Result]) -> float:
    """Return the lost points, plus a little for each check without points that counts."""
    return sum(r.points or 1e-6 for r in results if r.counted and r.status is not Status.PASSED)


def _faulty(results: list[Result]) -> bool:
    """Whether a fault of ours is among them; then everything is retried."""
    return any(r.status is Status.GRADER_ERROR for r in results)


def _hints(loaded: Loaded, assignment: Assignment) -> list[Text]:
    """Tell the student early which forbidden names stand in an answer, whether run or not."""
    return [
        Message(
            "{question} uses {name}, which this question asks you to build yourself.",
            question=question,
            name=name,
        )
        for question, forbidden in assignment.forbid.items()
        for name in loaded.uses.get(question, ())
        if name in meant(forbidden)
    ]


def _none_run(session: Session, error: Exception) -> list[Result]:
    """Blame what the notebook did while it was read on the first check of each question."""
    ended = Conclusion.of(error)
    if ended.message or ended.traceback:
        while_read = Message("While your notebook was being read: {said}", said=ended.message)
        ended = replace(ended, message=while_read)
    waiting = Conclusion(
        Status.NOT_RUN, Message("Cannot be judged until your notebook can be read.")
    )
    results, blamed = [], set[str]()
    for check in session.checks:
        blame = check.question not in blamed or ended.status is Status.GRADER_ERROR
        results.append(ended.result(check) if blame else waiting.result(check))
        blamed.add(check.question)
    return results
