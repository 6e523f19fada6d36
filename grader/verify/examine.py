"""Examine a candidate as a submission is graded: by the same session, in a worker of its own.

Like submissions, the solution, skeleton, variants and mistakes are judged across the border. Public
checks, which students run themselves, are run here as well, as in a notebook.
"""

import hashlib
import importlib.util
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import torch

from ..checking.conclusion import Conclusion
from ..checking.explain import Hypothesis
from ..checking.limit import limited
from ..checking.mistake import Mistake
from ..checking.plugin import solution
from ..checking.proof import handed_in, notebook
from ..checking.session import COMMON, Again, Session
from ..checking.solution import Program
from ..compare.draw import Draw
from ..compare.margin import measured
from ..course.cell import without_solution
from ..course.course import seed
from ..course.settings import AssignmentError
from ..model.limits import StudentError
from ..model.result import Result, Status
from ..model.subject import Subject
from ..sandbox.host.sandbox import SandboxError
from ..sandbox.host.zygote import Zygote
from .candidate import STUBS, Candidate, skeleton
from .case import AND, REFERENCES, VARIANTS, Case, Outcome
from .listener import Listener
from .untouched import barred


class Examiner:
    """Examines cases, one after the other, in one session."""

    def __init__(self, session: Session, folder: Path, zygote: Zygote) -> None:
        self._session, self._folder, self._zygote = session, folder, zygote
        self._solution = solution(session.assignment.path)
        self._program = Program(session.assignment)
        mistakes = session.bank.mistakes
        self._mistakes = {mistake.name: mistake for mistake in mistakes}
        self._cells = {cell.question: cell.source for cell in session.assignment.cells}
        self._listener = session.bank = Listener(session.assignment, mistakes)

    def examine(self, case: Case) -> Outcome:
        """Examine one case. An exception while loading the candidate becomes its problem."""
        if case.kind == "reference":
            return Outcome(case, problem=self._compare(case))
        key = _key(case.draw)
        made = self._made(case)
        self._listener.listen(made[0].question if made else "", case.unknown)
        try:
            if case.kind == "trial":
                return Outcome(case, problem=self._tried(made[0]))
            if case.kind == "pair":
                return Outcome(case, told=self._explained(case, key))
            with self._handed_in(case) as candidate, measured() as margins:
                results = tuple(self._session.results(candidate, key, [], case.kept))
            told = self._listener.told
            results = tuple(self._as_students_do(case, results, key))
        except SandboxError:
            raise
        except (Exception, SystemExit) as error:
            return Outcome(case, problem=f"cannot be loaded: {_line(error)}")
        return Outcome(case, results, tuple(margins), told=told)

    def _made(self, case: Case) -> list[Mistake]:
        """Return the mistakes of a case."""
        wrong = case.kind in ("trial", "mistake", "pair")
        return [self._mistakes[name] for name in case.name.split(AND)] if wrong else []

    def _handed_in(self, case: Case) -> AbstractContextManager[Subject]:
        """Return the candidate as the session sees it: in a worker, but for a stub.

        Raises StudentError and SandboxError.
        """
        cells = self._session.assignment.cells
        more = [self._variant(case)] if case.kind == "variant" else []
        match case.kind:
            case "stub":
                return nullcontext(self._candidate(case))
            case "skeleton":
                cells = tuple(replace(c, source=without_solution(c.source)) for c in cells)
            case "barred":
                cells = tuple(
                    replace(c, source=barred(c.source)) if c.question == case.name else c
                    for c in cells
                )
            case "mistake":
                cells = tuple(self._mistakes[case.name].made_among(cells))
        return handed_in(self._zygote, self._session.assignment, notebook(cells, *more))

    def _tried(self, mistake: Mistake) -> str:
        """Try a mistake as a hypothesis, in this process; return what is wrong with that.

        Its inputs are those on which hypotheses are compared first: that need not be done again.

        In a worker, one that never ends costs a check; here, it would hold up a judge.
        """
        passed: dict[str, bool] = {}
        for check in self._session.checks:
            if check.question == mistake.question and all(passed.get(n, True) for n in check.needs):
                ending = self._listener.ending(Again(self._session, check, COMMON), mistake)
                passed[check.item.originalname] = ending.error is None
                if ending.is_at_a_limit:
                    return f"does not end in {check.name}: {ending.error}"
        return ""

    def _as_students_do(
        self, case: Case, results: Sequence[Result], key: bytes
    ) -> Iterator[Result]:
        """Run the public checks again as they run in the notebook, where float32 is the default."""
        candidate, kept = self._candidate(case), {result.check for result in case.kept}
        for check, result in zip(self._session.checks, results, strict=True):
            if not result.public or check.name in kept or _is_refused(result, case):
                yield result
                continue
            torch.manual_seed(int.from_bytes(seed(key, check.name)[:4]))
            concluded = Conclusion(Status.PASSED)
            try:
                with single(), limited(self._session.assignment.limits.of(check.question)):
                    check.item.function(candidate)
            except StudentError as error:
                concluded = Conclusion.of(error)
            except (Exception, SystemExit) as error:
                concluded = Conclusion(Status.FAILED, _line(error))
            yield replace(concluded.result(check), seconds=result.seconds)

    def _candidate(self, case: Case) -> Candidate:
        match case.kind:
            case "skeleton":
                return Candidate(skeleton(self._session.assignment))
            case "mistake" | "pair":
                return Candidate(self._listener.solution(*self._made(case)))
            case "barred":
                return Candidate(self._program.run_with(barred(self._cells[case.name])))
            case "variant":
                return Candidate(self._program.run_with(self._variant(case)))
            case "stub":
                return Candidate(self._solution, STUBS[case.name])
        return Candidate(self._solution)

    def _variant(self, case: Case) -> str:
        return (self._folder / VARIANTS / case.name).read_text("utf-8")

    def _explained(self, case: Case, key: bytes) -> Hypothesis | None:
        """Grade an answer with two mistakes until it fails; return what is said of it."""
        candidate, checks = self._candidate(case), self._session.checks
        own = [check for check in checks if check.question == self._made(case)[0].question]
        if {name for check in own for name in check.needs} <= {c.item.originalname for c in own}:
            self._session.checks = own
        try:
            for _ in self._session.results(candidate, key, []):
                if self._listener.asked:
                    break  # only the first failure is explained
        finally:
            self._session.checks = checks
        return self._listener.told

    def _compare(self, case: Case) -> str:
        """Compare the solution with references on many draws; say on which they differ, and how."""
        function: Callable[..., None] = getattr(self._references, case.name)
        for number in range(case.draw, case.draw + case.draws):
            try:
                function(self._solution, Draw(seed(_key(number), case.name)))
            except Exception as error:
                return f"differ on draw {number}: {_line(error)}"
        return ""

    @cached_property
    def _references(self) -> types.ModuleType:
        """The module references.py. Raises AssignmentError."""
        path = self._folder / REFERENCES
        spec = importlib.util.spec_from_file_location(f"references_{self._folder.name}", path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            what = f"this cannot be imported: {_line(error)}"
            raise AssignmentError(path, 1, what, "Correct it") from error
        return module


@contextmanager
def single() -> Iterator[None]:
    """Make float32 torch's default for a while, as in a notebook."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _is_refused(result: Result, case: Case) -> bool:
    """Tell whether right code fails a public check where students are judged."""
    right = case.kind in ("solution", "variant")
    return right and result.counted and result.status is not Status.PASSED


def _key(draw: int) -> bytes:
    """Return what seeds draw number `draw`, the same for all candidates and at every run."""
    return hashlib.sha256(f"verify {draw}".encode()).digest()


def _line(error: BaseException) -> str:
    """Return the kind of an error and the first line of what it says."""
    return f"{type(error).__name__}: {error}".partition("\n")[0].rstrip(".: ")
