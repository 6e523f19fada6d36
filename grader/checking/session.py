"""The checks of an assignment, run again for every submission, and how each of them ended.

Checks that need nothing of pytest are called directly; see also item.py.
"""

import ast
import re
import time
import traceback
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeGuard

from ..compare.draw import Draw
from ..compare.record import recorded
from ..compare.trial import SINGLE_PRECISION, Failure, Remark
from ..course.assignment import Assignment
from ..course.course import seed
from ..course.settings import AssignmentError
from ..model.guidance import Example, Guidance
from ..model.limits import StudentError
from ..model.message import Message, Text, said
from ..model.result import NOT_YET, Result, Status
from ..model.subject import Beginning, Subject
from ..sandbox.guest.values import Unsendable
from ..sandbox.host.loaded import Unreadable
from ..sandbox.host.sandbox import SandboxError
from ..sandbox.host.zygote import Zygote
from .check import Check
from .conclusion import Conclusion
from .ending import Ending
from .example import Worked
from .explain import Bank, Hypothesis
from .item import rerun
from .plugin import Graded, double, solution
from .proof import fault, handed_in, notebook

NOTEBOOK_ONLY = Message(
    "This check works in your notebook only: it hands your code something that cannot be sent to "
    "where you are graded, such as a model or a function."
)
DTYPES = re.compile(r"dtype|scalar type|double|float32|FloatTensor|\braise\b|\bassert\b", re.I)
"""What tracebacks of code show that wants another dtype, or looks at what it is given."""
RUNS = 5
"""Of a check that the solution fails, to tell one that depends on chance."""
CERTAIN = ("NotImplementedError", "NameError", "ModuleNotFoundError", "Forbidden")
"""Kinds of errors that no other dtype mends."""
DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
COMMON = b"the same for everybody"
"""Seeds inputs on which known mistakes are compared with a failure first. They decide nothing."""
OURS_OR_THEIRS = (AssertionError, StudentError, SandboxError, Unsendable)
"""Errors whose cause is known; any other one in a check needs a second look."""


class Session:
    """The checks of one assignment, ready to run. Made by `collect.run_session`."""

    def __init__(self, assignment: Assignment, bank: Bank) -> None:
        self.assignment = assignment
        self.bank = bank
        self.checks: list[Check] = []
        self.zygote: Zygote | None = None
        """Where the solution is tried if need be; without one, in this process."""
        self.refused: dict[str, AssignmentError] = {}
        """Checks that are not judged, because the course's own solution fails them."""
        cells = [cell for cell in assignment.cells if cell.question]
        self._helpers = {cell.question: _defined(cell.source) for cell in cells}

    def results(
        self, student: Subject, key: bytes, remarks: list[Text], kept: Iterable[Result] = ()
    ) -> Iterator[Result]:
        """Run every check on a submission; what builds on a check that failed is not run.

        What is `kept` of an earlier time is taken over, unless it is now, or was then, not run.
        """
        earlier = {result.check: result for result in kept if result.status is not Status.NOT_RUN}
        passed: dict[str, bool] = {}
        sentences: dict[str, str] = {}
        explained: set[str] = set()
        right: dict[str, bool] = {}
        for check in self.checks:
            missing = next((name for name in check.needs if not passed.get(name, False)), "")
            function = check.item.originalname
            sentences[function] = check.sentence
            if missing:
                message = Message(
                    "Cannot be judged until this holds: {sentence}", sentence=sentences[missing]
                )
                result = Conclusion(Status.NOT_RUN, message).result(check, waits_for=missing)
            elif check.name in self.refused:
                result = self._refuse(check)
            elif check.name in earlier:
                result = earlier[check.name]
                if result.status in (Status.FAILED, Status.STUDENT_ERROR):
                    explained.add(check.question)
            else:
                solved = self.made_for(q for q in right if right[q] and q != check.question)
                result = self._judge(check, student, key, passed, explained, solved)
            remarks += result.notes
            is_right = result.status is Status.PASSED or check.name in self.refused
            passed[function] = passed.get(function, True) and is_right
            right[check.question] = right.get(check.question, True) and is_right
            yield result

    def made_for(self, questions: Iterable[str]) -> frozenset[str]:
        """Return these questions, and the helpers that stand in their cells."""
        names = {name for q in questions for name in (q, *self._helpers.get(q, ()))}
        return frozenset(names)

    def prove(self, zygote: Zygote, key: bytes) -> None:
        """Try every check on the course's own solution, and refuse those that it fails.

        Raises AssignmentError where it cannot even be read there, or gives an example other numbers
        than here, or none; and SandboxError.
        """
        self.zygote, self.refused = zygote, {}
        for worked in self.bank.examples:  # first: it says best what is wrong with one
            self.bank.due(worked)
        path, every = self.assignment.path, frozenset(self.assignment.questions)
        try:
            with handed_in(zygote, self.assignment, notebook(self.assignment.cells)) as own:
                for worked in self.bank.examples:
                    worked.refuse_unless_right(self._worked(worked, own))
                for check in self.checks:
                    solved = self.made_for(every - {check.question})  # as where all is right
                    error = self.run(check, own, key, [], solved)
                    if isinstance(error, SandboxError):
                        raise error
                    if error and not (check.public and isinstance(error, Unsendable)):
                        self.refused[check.name] = self._fault(check, key, error)
        except (StudentError, Unreadable) as error:
            what = f"the course's own solution cannot be run in the sandbox: {error}"
            raise AssignmentError(path, 1, what, "Correct it, or raise its limits") from error

    def _refuse(self, check: Check) -> Result:
        """Return the result of a check that is not judged; one with points leaves no score."""
        status = Status.NOT_RUN if check.public else Status.GRADER_ERROR
        concluded = Conclusion(status, NOT_YET, detail=str(self.refused[check.name]))
        return concluded.result(check, refused=True, counted=not check.public)

    def _judge(
        self,
        check: Check,
        student: Subject,
        key: bytes,
        passed: dict[str, bool],
        explained: set[str],
        solved: frozenset[str],
    ) -> Result:
        """Run one check and say how it ended; the first that fails in a question is explained."""
        start = time.perf_counter()
        notes: list[Text] = []
        hypothesis = None
        with recorded() as numbers:
            error = self.run(check, student, key, notes, solved)
        if _takes_single(error) and self._passes_single(check, student, key, notes, solved):
            error = None
        if error is not None and not isinstance(error, OURS_OR_THEIRS):
            error = self._whose(check, key, error)
        in_notebook = check.public and isinstance(error, Unsendable)
        notebook_only = Conclusion(Status.NOT_RUN, NOTEBOOK_ONLY)
        concluded = notebook_only if in_notebook else Conclusion.of(error)
        picture, guidance = None, None
        try:
            if _has_cause(error) and check.question not in explained:
                explained.add(check.question)  # what fails later mostly has the same cause
                if isinstance(error, Failure) and error.sketch:
                    picture = error.sketch()
                hypothesis = self._explain(check, student, Ending(numbers, error), passed, key)
                guidance = self._guidance(check, student, hypothesis, error)
            elif isinstance(error, Failure) and error.sketch:
                picture = error.sketch()
        except Exception:  # errors in explaining or drawing are ours, and cost only this report
            concluded = Conclusion(Status.GRADER_ERROR, detail=traceback.format_exc())
            hypothesis = picture = guidance = None
        proven = hypothesis if hypothesis and hypothesis.by_numbers else None
        return concluded.result(
            check,
            hypothesis.message if hypothesis else "",
            picture=picture,
            seconds=time.perf_counter() - start,
            mistake=" / ".join(proven.mistakes) if proven else "",
            hypothesis=proven.sentence if proven else "",
            notes=tuple(notes),
            counted=not in_notebook,
            guidance=guidance,
        )

    def _passes_single(
        self,
        check: Check,
        student: Subject,
        key: bytes,
        remarks: list[Text],
        solved: frozenset[str],
    ) -> bool:
        """Whether a check passes where the student's code has float32, as in their notebook."""
        noted: list[Text] = []
        with recorded():
            passes = self.run(check, student, key, noted, solved, single=True) is None
        if passes:
            remarks += [*noted, SINGLE_PRECISION]
        return passes

    def run(
        self,
        check: Check,
        student: Subject,
        key: bytes,
        remarks: list[Text],
        solved: frozenset[str] = frozenset(),
        *,
        single: bool = False,
    ) -> BaseException | None:
        """Run one check and return what it raised.

        Names that are `solved` may be tried before their stand-ins. With `single`, the code has
        float32, and what is drawn has a place there.
        """
        error: BaseException | None = None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", Remark)
            try:
                number = int.from_bytes(seed(key, f"worker {check.name}")[:4])
                forbid = self.assignment.forbid.get(check.question, ())
                seconds = self.assignment.limits.of(check.question)
                student.begin(Beginning(number, forbid, single, solved, seconds=seconds))
                if check.plain:
                    with double():
                        draw = Draw(seed(key, check.name), single=single)
                        check(student=student, draw=draw)
                else:
                    error = rerun(check.item, Graded(student, key, single))
            except KeyboardInterrupt:
                raise
            except BaseException as raised:
                error = raised
        remarks += [said(w.message) for w in caught if isinstance(w.message, Remark)]
        return error

    def _explain(
        self, check: Check, student: Subject, ended: Ending, passed: dict[str, bool], key: bytes
    ) -> Hypothesis | None:
        """Look for a known mistake that ends like this, and passes what has been passed.

        Nothing counts as solved there: a known mistake gets the trusted parts at once.
        """
        beside = [c for c in self.checks if c.question == check.question and c is not check]
        right = [c for c in beside if passed.get(c.item.originalname)]
        rest = [c for c in beside if c not in right and not c.public]
        failed, common = Again(self, check, key), Again(self, check, COMMON)
        passes, others = ([Again(self, c, key) for c in group] for group in (right, rest))
        bank = self.bank
        return bank.explain(check.question, student, ended, failed, passes, others, common)

    def _guidance(
        self, check: Check, student: Subject, known: Hypothesis | None, error: BaseException
    ) -> Guidance | None:
        """Return the author's hints, and an example where it is not known what was done."""
        proven = known is not None and known.by_numbers
        hints = (known.hints if known else ()) or check.hints
        certain = proven or getattr(error, "kind", "") in CERTAIN
        example = None if certain else self._example(check.question, student)
        return Guidance(hints, example) if hints or example else None

    def _example(self, question: str, student: Subject) -> Example | None:
        """Return the first example in which a student's code is wrong; if none is, the first."""
        right: list[Example] = []
        for worked in self.bank.examples:
            if worked.question == question:
                example = self._worked(worked, student)
                if not example.right:
                    return example
                right.append(example)
        return replace(right[0], others=len(right) - 1) if right else None

    def _worked(self, worked: Worked, student: Subject) -> Example:
        """Return what an example gives on a student's code, beside what is due."""
        forbid = self.assignment.forbid.get(worked.question, ())
        beginning = Beginning(1, forbid, seconds=self.assignment.limits.of(worked.question))
        return worked.worked(self.bank.due(worked), student, beginning)

    def _whose(self, check: Check, key: bytes, error: BaseException) -> BaseException:
        """Tell whose fault an odd error in a check is: the author's, if the solution has it.

        A check may index or unpack a result in a way that only a wrong result does not allow.
        """
        if (own := self.own_error(check, key)) is not None:
            return own
        what = f"{type(error).__name__}: {error}"
        odd = Message("Your result cannot be used as asked for: {error}", error=what)
        return Failure(odd).with_traceback(error.__traceback__)

    def own_error(self, check: Check, key: bytes) -> BaseException | None:
        """Return what a check says of the course's own solution, judged as students are.

        It is an AssignmentError unless the fault is that of the sandbox; None where it passes.
        """
        error = self._across(check, key) if self.zygote else self._here(check, key)
        if error is None or isinstance(error, SandboxError):
            return error
        return self._fault(check, key, error)

    def _fault(self, check: Check, key: bytes, error: BaseException) -> AssignmentError:
        """Say what is wrong with a check that the solution fails with this error."""
        again = self._across if self.zygote else self._here
        at_a_limit = isinstance(error, StudentError) and error.status is not Status.STUDENT_ERROR
        runs = 1 if at_a_limit else RUNS  # another one would use up as much
        fails = 1 + sum(again(check, key) is not None for _ in range(runs - 1))
        here = self._here(check, key) is not None
        found = fault(check, error, here=here, fails=fails, runs=runs)
        found.__cause__ = error
        return found

    def _here(self, check: Check, key: bytes) -> BaseException | None:
        """Run a check on the solution in this process, and return what it raised."""
        return self.run(check, solution(self.assignment.path), key, [])

    def _across(self, check: Check, key: bytes) -> BaseException | None:
        """Run a check on the solution in a worker, and return what it raised."""
        assert self.zygote
        data = notebook(self.assignment.cells)
        try:
            with handed_in(self.zygote, self.assignment, data) as student:
                return self.run(check, student, key, [])
        except (StudentError, SandboxError, Unreadable) as error:  # while it was read
            return error


def _defined(source: str) -> list[str]:
    """Return the names of functions and classes in an author's cell."""
    return [node.name for node in ast.parse(source).body if isinstance(node, DEFINITIONS)]


@dataclass(frozen=True)
class Again:
    """Runs a check on the inputs that it had for a key, on whatever code."""

    session: Session
    check: Check
    key: bytes

    def __call__(self, code: Subject) -> BaseException | None:
        """Return what the check raises."""
        return self.session.run(self.check, code, self.key, [])


def _takes_single(error: BaseException | None) -> bool:
    """Whether a student's code has raised because it takes float32 for granted, perhaps."""
    if not isinstance(error, StudentError) or error.status is not Status.STUDENT_ERROR:
        return False
    return error.kind not in CERTAIN and bool(DTYPES.search(f"{error}\n{error.traceback}"))


def _has_cause(error: BaseException | None) -> TypeGuard[BaseException]:
    """Whether a known mistake may end like this."""
    if isinstance(error, StudentError):
        return error.status is Status.STUDENT_ERROR and error.kind != "NotImplementedError"
    return isinstance(error, Failure)
