"""Test the checks of an assignment: what they must accept, and what they must reject.

    solution, variants, mistakes, skeleton, stubs, references ──▶ pool ──▶ evidence ──▶ claims

First each mistake is tried as a hypothesis, so that one which never ends is none for the others;
and it is seen which checks a mistake in another question cannot touch.

All of it is the course team's own code. It is examined by the session that grades submissions, and
in workers like theirs, so that what is verified is what grades.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..checking.mistake import Mistake, read_mistakes
from ..course.assignment import Assignment
from ..course.course import Course
from ..course.settings import AssignmentError
from ..judging.job import Job
from ..judging.pool import Pool
from ..model.result import Status
from .candidate import STUBS
from .claims import Claim, claims
from .confusion import pairs
from .evidence import Evidence
from .examination import Examination
from .examine import AND, MISTAKES, REFERENCES, VARIANTS, Case, Outcome
from .untouched import is_inside

REFERENCE_DRAWS, AT_ONCE = 1000, 125
"""Draws on which references are compared, and how many of them make one case."""
SECONDS = 60.0
"""For one case; a second is ordinary, on a busy machine."""

Show = Callable[..., None]
"""Is told how many cases are `completed`, and the `total`."""


def verify(
    course: Course, name: str, *, draws: int, jobs: int, show: Show, seconds: float = SECONDS
) -> tuple[Evidence, list[Claim]]:
    """Examine an assignment; return the evidence, and the claims about it.

    Correct code is examined on `draws` draws of inputs. Raises AssignmentError, and CannotJudge
    where the checks cannot even be run.
    """
    assignment, folder = Assignment.read(course.solution(name)), course.checks(name)
    bank = folder / MISTAKES
    mistakes = read_mistakes(bank, assignment) if bank.exists() else ()
    variants = {path.name: _defined(path) for path in sorted((folder / VARIANTS).glob("*.py"))}
    references = sorted(n for n in _defined(folder / REFERENCES) if n.startswith("test_"))
    wrong = [mistake for mistake in mistakes if not mistake.equivalent]
    first = [
        *(Case("barred", name) for name in dict.fromkeys(m.question for m in wrong)),
        *(Case("trial", mistake.name) for mistake in wrong),
    ]
    others = [
        *(Case("stub", name) for name in STUBS),
        Case("skeleton"),
        *_right(variants, [m for m in mistakes if m.equivalent], draws),
        *_compared(references),
    ]
    total = len(first) + len(wrong) + len(pairs(mistakes)) + len(others)
    outcomes: list[Outcome] = []
    job = Job(assignment.path, folder, key=b"", unsafe=True)  # draws have seeds of their own
    with Pool(Examination(job, seconds), jobs) as pool:

        def examine(cases: Iterable[Case]) -> None:
            for outcome in pool.serve(cases):
                outcomes.append(outcome)
                show(completed=len(outcomes), total=total)

        examine(first)
        examine([*_wrong(assignment, wrong, outcomes), *others])
    evidence = Evidence(assignment, mistakes, variants, map(_of_the_mistake, outcomes))
    return evidence, list(claims(evidence))


def _wrong(
    assignment: Assignment, mistakes: Sequence[Mistake], tried: Sequence[Outcome]
) -> Iterator[Case]:
    """Yield the mistakes that can be tried, and pairs of them."""
    broken = frozenset(o.case.name for o in tried if o.case.kind == "trial" and o.problem)
    untouched = {
        o.case.name: tuple(
            result
            for result in o.results
            if result.question != o.case.name and result.status is Status.PASSED
        )
        for o in tried
        if o.case.kind == "barred"
    }
    for mistake in mistakes:
        if mistake.name not in broken:
            kept = untouched[mistake.question] if is_inside(mistake, assignment) else ()
            yield Case("mistake", mistake.name, unknown=broken, kept=kept)
    for one, other in pairs(mistakes):
        if not {one.name, other.name} & broken:
            yield Case("pair", AND.join((one.name, other.name)), unknown=broken)


def _of_the_mistake(outcome: Outcome) -> Outcome:
    """Let a trial that has failed stand for its mistake, which is not judged then."""
    if outcome.case.kind == "trial" and outcome.problem:
        return replace(outcome, case=replace(outcome.case, kind="mistake"))
    return outcome


def _right(variants: Iterable[str], equivalents: Sequence[Mistake], draws: int) -> Iterator[Case]:
    for draw in range(draws):
        yield Case("solution", draw=draw)
        yield from (Case("variant", name, draw) for name in variants)
        yield from (Case("mistake", mistake.name, draw) for mistake in equivalents)


def _compared(references: Iterable[str]) -> Iterator[Case]:
    for name in references:
        for draw in range(0, REFERENCE_DRAWS, AT_ONCE):
            yield Case("reference", name, draw, AT_ONCE)


def _defined(path: Path) -> set[str]:
    """Return the names that a file defines; none if it does not exist. Raises AssignmentError."""
    if not path.exists():
        return set()
    try:
        body = ast.parse(path.read_text("utf-8")).body
    except SyntaxError as error:
        what = f"Python cannot read this: {error.msg}"
        raise AssignmentError(path, error.lineno or 1, what, "Correct it") from None
    names = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    targets = (target for node in body if isinstance(node, ast.Assign) for target in node.targets)
    return names | {target.id for target in targets if isinstance(target, ast.Name)}
