"""Write down what hidden checks ask of the solution, for tools that cannot run them as they are.

A hidden check is our own code and stays on our side of the border. Where there is no border, its
questions can still be put: the inputs that it drew, with the answers that the solution gave. What
the check concludes from the answers (an invariant, a property, a sentence that explains) is lost,
so a transcript is kept only where it is fair: the solution must answer the same again, and so must
every variant, correct code in another style.
"""

import io
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, redirect_stdout
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map_only

from ...checking.collect import run_session
from ...checking.session import Session
from ...checking.solution import Program, Solution
from ...course.assignment import Assignment
from ...course.course import Course, seed
from ...course.settings import AssignmentError
from ...model.result import Status
from ...model.subject import Beginning, Subject
from .replay import Answers, Call, Otherwise, answers, replay

SIMPLE = (Tensor, bool, int, float, str, type(None))
"""What a transcript can hold, also in tuples, lists and dicts."""


@dataclass
class Transcript:
    """What one hidden check asks, or why that cannot be written down."""

    check: str
    question: str
    points: int
    sentence: str
    calls: list[Call] = field(default_factory=list)
    obstacle: str = ""
    """Why it cannot be carried; empty where it can."""


@dataclass(frozen=True)
class Transcripts:
    """All hidden checks of an assignment, and how much of their strength is kept."""

    checks: list[Transcript]
    caught: int
    """Of the mistakes in mistakes.toml that the checks here are proved against, how many fail."""
    mistakes: int
    styles: int
    """How many variants answer as the solution does."""

    @property
    def calls(self) -> dict[str, list[Call]]:
        """The calls of every check that can be carried."""
        return {check.check: check.calls for check in self.checks if not check.obstacle}


@dataclass
class Notes:
    """What the present check has asked so far."""

    calls: list[Call] = field(default_factory=list)
    obstacle: str = ""
    """Why that cannot be written down; empty where it can."""


class Recorder(Subject):
    """The solution, as a session sees a submission, with a note of every call."""

    def __init__(self, solution: Solution, notes: Notes) -> None:
        self._solution, self._notes, self.beginning = solution, notes, solution.beginning

    @property
    def names(self) -> Collection[str]:
        """The names that the solution defines."""
        return self._solution.names

    def begin(self, beginning: Beginning) -> None:
        """Start a check, as Solution does, with no notes."""
        self._notes.calls, self._notes.obstacle = [], ""
        self._solution.begin(beginning)
        self.beginning = beginning

    def using(self, **sources: str) -> AbstractContextManager[None]:
        """Replace names by stand-ins, as Solution does."""
        return self._solution.using(**sources)

    def beside(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Run a function beside the solution; that leaves nothing to write down."""
        self._notes.obstacle = "it runs code of its own beside the student's"
        return self._solution.beside(function)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return a function, or a factory of modules, whose calls are noted."""
        if name.startswith("_"):
            raise AttributeError(name)
        found: Callable[..., Any] = getattr(self._solution, name)
        if not (isinstance(found, type) and issubclass(found, nn.Module)):
            return self._noting(found, {"name": name})

        def construct(*args: Any, **kwargs: Any) -> nn.Module:
            module: nn.Module = found(*args, **kwargs)
            call = {"name": name, "make": deepcopy((args, kwargs))}
            self._note(call, module, None, {})
            module.forward = self._noting(module.forward, call, module)
            return module

        return construct

    def _noting(
        self, function: Callable[..., Any], call: Call, module: nn.Module | None = None
    ) -> Callable[..., Any]:
        def noted(*args: Any, **kwargs: Any) -> Any:
            self._note(call, module, args, kwargs)
            return function(*args, **kwargs)

        return noted

    def _note(
        self, call: Call, module: nn.Module | None, args: tuple[Any, ...] | None,
        kwargs: dict[str, Any],
    ) -> None:  # fmt: skip
        """Keep a call as it is now: a check may change its inputs and the parameters later."""
        given = tree_leaves((args, kwargs, call.get("make")))
        if strange := next((leaf for leaf in given if not isinstance(leaf, SIMPLE)), None):
            self._notes.obstacle = f"it hands over a {type(strange).__name__}"
            return
        asked = any(isinstance(leaf, Tensor) and leaf.requires_grad for leaf in given)
        args, kwargs = tree_map_only(Tensor, _frozen, (args, kwargs))
        noted = {**call, "args": args, "kwargs": kwargs, "grad": torch.is_grad_enabled() and asked}
        if module is not None:
            state = {**dict(module.named_parameters()), **dict(module.named_buffers())}
            noted["state"] = {path: _frozen(value) for path, value in state.items()}
            noted["training"] = module.training
        self._notes.calls.append(noted)


def transcribe(course: Course, name: str) -> Transcripts:
    """Run the hidden checks of an assignment on its solution; return what they ask.

    The inputs follow from the course's key, so the same course gives the same transcripts.
    Raises AssignmentError where the solution fails a check, and what `run_session` raises.
    """
    assignment, folder = Assignment.read(course.solution(name)), course.checks(name)
    key = seed(course.key(), "transcript")
    found: list[Transcripts] = []

    def work(session: Session) -> None:
        program = Program(assignment)
        solution = program.run()
        checks = list(_recorded(session, assignment, key))
        styles = {
            path.name: program.run_with(path.read_text("utf-8"))
            for path in sorted((folder / "variants").glob("*.py"))
        }
        for check in checks:
            check.obstacle = check.obstacle or _unfair(check, solution, styles)
        wrong = [m for m in session.bank.mistakes if not m.equivalent]
        kept = [check for check in checks if not check.obstacle]
        caught = sum(_catches(kept, session.bank.solution(m), m.question) for m in wrong)
        found.append(Transcripts(checks, caught, len(wrong), len(styles)))

    with redirect_stdout(io.StringIO()):  # variants may print
        run_session(assignment, folder, work)
    return found[0]


def _recorded(session: Session, assignment: Assignment, key: bytes) -> Iterator[Transcript]:
    """Yield what each hidden check asks of the solution."""
    notes = Notes()
    recorder = Recorder(Program(assignment).run(), notes)
    for result in session.results(recorder, key, []):
        if result.public:
            continue
        if result.status is not Status.PASSED:
            what = f"the solution does not pass {result.check}: {result.message or result.detail}"
            raise AssignmentError(assignment.path, 1, what, "Correct one of the two first")
        calls, obstacle = notes.calls, notes.obstacle
        if not calls:
            obstacle = obstacle or "it calls nothing of the student's"
        yield Transcript(
            result.check, result.question, result.points, str(result.sentence), calls, obstacle
        )


def _unfair(check: Transcript, solution: Solution, styles: dict[str, Solution]) -> str:
    """Fill in the solution's answers; say why they cannot be asked of everybody, if so."""
    try:
        for call in check.calls:
            call["answers"] = _answers(solution, call)
        for seed in (1, 2):
            torch.manual_seed(seed)
            replay(solution.names, check.calls)
    except Otherwise:
        return "its answers are random"
    except RuntimeError as error:
        return f"its calls cannot be made again: {error}"
    for name, style in styles.items():
        try:
            replay(style.names, check.calls)
        except Exception as error:
            return f"variants/{name}, correct code, answers otherwise: {error}"
    return ""


def _answers(solution: Solution, call: Call) -> Answers:
    results, gradients = answers(solution.names, call, torch.float64)
    return [_frozen(result) for result in results], gradients


def _catches(checks: Sequence[Transcript], wrong: Solution, question: str) -> bool:
    """Whether a mistake in the answer to a question fails one of its checks."""
    for check in checks:
        if check.question == question:
            try:
                replay(wrong.names, check.calls)
            except Exception:
                return True
    return False


def _frozen(tensor: Tensor) -> Tensor:
    return tensor.detach().clone()
