"""Examine a candidate as a submission is graded: by the same session, in a worker of its own.

Like submissions, the solution, skeleton, variants and mistakes are judged across the border. Public
checks, which students run themselves, are run here, as in a notebook.
"""

import hashlib
import importlib.util
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

import torch

from ..checking.conclusion import Conclusion
from ..checking.explain import Bank
from ..checking.mistake import Mistake
from ..checking.plugin import solution
from ..checking.proof import handed_in, notebook
from ..checking.session import Session
from ..checking.solution import Program
from ..compare.draw import Draw
from ..compare.margin import Margin, measured
from ..course.cell import without_solution
from ..course.course import seed
from ..course.settings import AssignmentError
from ..model.limits import StudentError
from ..model.result import Result, Status
from ..model.subject import Subject
from ..sandbox.host.sandbox import SandboxError
from ..sandbox.host.zygote import Zygote
from .candidate import STUBS, Candidate, skeleton
from .listener import Listener, Told

MISTAKES, VARIANTS, REFERENCES = "mistakes.toml", "variants", "references.py"
"""What an author writes for this beside the hidden checks."""

Kind = Literal[
    "solution", "skeleton", "mistake", "explanation", "pair", "variant", "stub", "reference"
]
AND = " + "
"""Joins the names of a pair."""


@dataclass(frozen=True)
class Case:
    """One candidate with one draw of inputs, or one comparison of references with many."""

    kind: Kind
    name: str = ""
    """Of the mistake or pair, the variant's file, the stub, or the function in references.py."""
    draw: int = 0
    draws: int = 1
    """How many draws are compared, from `draw` on; only references take more than one."""
    unknown: frozenset[str] = frozenset()
    """For an explanation: mistakes to leave out, because they cannot be examined."""
    kept: tuple[Result, ...] = ()
    """For an explanation: results that need none."""


@dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    case: Case
    results: tuple[Result, ...] = ()
    margins: tuple[Margin, ...] = ()
    problem: str = ""
    """Why there are no results or, for references, how they differ; empty if all is well."""
    told: tuple[Told, ...] = ()
    """Of an explanation or a pair: what students would read."""


class Examiner:
    """Examines cases, one after the other, in one session."""

    def __init__(self, session: Session, folder: Path, zygote: Zygote) -> None:
        self._session, self._folder, self._zygote = session, folder, zygote
        self._bank = session.bank
        self._solution = solution(session.assignment.path)
        self._program = Program(session.assignment)
        self._mistakes = {mistake.name: mistake for mistake in self._bank.mistakes}
        self._mute = Bank(session.assignment)
        self._listener = cache(self._listening)

    def examine(self, case: Case) -> Outcome:
        """Examine one case. An exception while loading the candidate becomes its problem."""
        if case.kind == "reference":
            return Outcome(case, problem=self._compare(case))
        key = _key(case.draw)
        try:
            with self._opened(case) as candidate:
                if case.kind in ("explanation", "pair"):
                    return Outcome(case, told=self._explained(case, candidate, key))
                self._session.bank = self._mute
                with measured() as margins:
                    results = tuple(self._session.results(candidate, key, []))
            here = self._candidate(case)
            self._endure(case, here, results, key)
        except SandboxError:
            raise
        except (Exception, SystemExit) as error:
            return Outcome(case, problem=f"cannot be loaded: {_line(error)}")
        return Outcome(case, tuple(self._as_students_do(here, results, key)), tuple(margins))

    def _opened(self, case: Case) -> AbstractContextManager[Subject]:
        """Return the candidate as the session sees it: in a worker, but for a stub and a pair.

        Raises StudentError and SandboxError.
        """
        if case.kind in ("stub", "pair"):
            return nullcontext(self._candidate(case))
        cells = self._session.assignment.cells
        more = [self._variant(case)] if case.kind == "variant" else []
        if case.kind == "skeleton":
            cells = tuple(replace(c, source=without_solution(c.source)) for c in cells)
        elif case.kind in ("mistake", "explanation"):
            cells = tuple(self._mistakes[case.name].made_among(cells))
        return handed_in(self._zygote, self._session.assignment, notebook(cells, *more))

    def _endure(
        self, case: Case, candidate: Candidate, results: Sequence[Result], key: bytes
    ) -> None:
        """Judge a mistake by its own checks in this process, as explaining a failure does.

        In a worker, one that never ends costs a check; here, it would hold up a judge.
        """
        if case.kind == "mistake":
            question = self._mistakes[case.name].question
            others = [result for result in results if result.question != question]
            for _ in self._session.results(candidate, key, [], others):
                pass

    def _as_students_do(
        self, candidate: Candidate, results: Sequence[Result], key: bytes
    ) -> Iterator[Result]:
        """Run the public checks again as they run in the notebook, where float32 is the default."""
        torch.set_default_dtype(torch.float32)
        for check, result in zip(self._session.checks, results, strict=True):
            if not result.public:
                yield result
                continue
            torch.manual_seed(int.from_bytes(seed(key, check.name)[:4]))
            concluded = Conclusion(Status.PASSED)
            try:
                check.item.function(candidate)
            except StudentError as error:
                concluded = Conclusion.of(error)
            except Exception as error:
                concluded = Conclusion(Status.FAILED, _line(error))
            yield replace(concluded.result(check), seconds=result.seconds)
        torch.set_default_dtype(torch.float64)

    def _candidate(self, case: Case) -> Candidate:
        match case.kind:
            case "skeleton":
                return Candidate(skeleton(self._session.assignment))
            case "mistake" | "explanation" | "pair":
                return Candidate(self._bank.solution(*self._of(case)))
            case "variant":
                return Candidate(self._program.run_with(self._variant(case)))
            case "stub":
                return Candidate(self._solution, STUBS[case.name])
        return Candidate(self._solution)

    def _variant(self, case: Case) -> str:
        return (self._folder / VARIANTS / case.name).read_text("utf-8")

    def _of(self, case: Case) -> list[Mistake]:
        return [self._mistakes[name] for name in case.name.split(AND)]

    def _explained(self, case: Case, candidate: Subject, key: bytes) -> tuple[Told, ...]:
        """Grade the answer to the one question that is wrong; return what is said of it."""
        listener, checks = self._listener(case.unknown), self._session.checks
        own = [check for check in checks if check.question == self._of(case)[0].question]
        if {name for check in own for name in check.needs} <= {c.item.originalname for c in own}:
            self._session.checks = own
        self._session.bank = listener
        try:
            for _ in self._session.results(candidate, key, [], case.kept):
                pass
        finally:
            self._session.checks = checks
        return listener.told()

    def _listening(self, unknown: frozenset[str]) -> Listener:
        """Return a bank without the mistakes that would hang it."""
        known = [m for m in self._bank.mistakes if m.name not in unknown]
        return Listener(self._session.assignment, known)

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


def _key(draw: int) -> bytes:
    """Return what seeds draw number `draw`, the same for all candidates and at every run."""
    return hashlib.sha256(f"verify {draw}".encode()).digest()


def _line(error: BaseException) -> str:
    """Return the kind of an error and the first line of what it says."""
    return f"{type(error).__name__}: {error}".partition("\n")[0].rstrip(".: ")
