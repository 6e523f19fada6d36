"""Test the checks of an assignment: what they must accept, and what they must reject.

    solution, variants, mistakes, skeleton, stubs, references ──▶ pool ──▶ evidence ──▶ claims

First each mistake is tried as a hypothesis, so that one which never ends is none for the others;
and it is seen which checks a mistake in another question cannot touch.

All of it is the course team's own code. It is examined by the session that grades submissions, and
in workers like theirs, so that what is verified is what grades.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from ..checking.mistake import Mistake
from ..course.assignment import Assignment
from ..course.course import Course
from ..model.result import Status
from .candidate import STUBS
from .case import AND, Case, Outcome
from .claims import Claim, claims, losses
from .confusion import pairs
from .evidence import Evidence
from .untouched import is_inside
from .written import Written

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
    written = Written.read(course, name)
    assignment, mistakes = written.assignment, written.mistakes
    wrong = [mistake for mistake in mistakes if not mistake.equivalent]
    first = [
        *(Case("barred", name) for name in dict.fromkeys(m.question for m in wrong)),
        *(Case("trial", mistake.name) for mistake in wrong),
    ]
    others = [
        *(Case("stub", name) for name in STUBS),
        Case("skeleton"),
        *written.right(draws),
        *written.compared(),
    ]
    total = len(first) + len(wrong) + len(pairs(mistakes)) + len(others)
    questions = {mistake.name: mistake.question for mistake in mistakes}
    outcomes: list[Outcome] = []

    def question(case: Case) -> str:
        """Of mistakes: who has tried those of a question knows how they end."""
        return questions.get(case.name.partition(AND)[0], "")

    with written.pool(seconds, jobs) as pool:

        def examine(cases: Iterable[Case]) -> None:
            for outcome in pool.serve(cases, kind=question):
                outcomes.append(outcome)
                show(completed=len(outcomes), total=total)

        examine(first)
        examine([*_wrong(assignment, wrong, outcomes), *others])
    evidence = Evidence(assignment, mistakes, written.variants, map(_of_the_mistake, outcomes))
    return evidence, list(claims(evidence))


def right(
    course: Course, name: str, *, draws: int, jobs: int, show: Show, seconds: float = SECONDS
) -> tuple[int, list[str]]:
    """Run everything that is right, and nothing else, on many draws of inputs.

    Returns how many runs there were, and a line for each without full marks. Raises as `verify`
    does.
    """
    written = Written.read(course, name)
    total = draws * sum(1 for _ in written.right(1))
    lines: list[str] = []
    with written.pool(seconds, jobs) as pool:
        for count, outcome in enumerate(pool.serve(written.right(draws)), 1):
            case = outcome.case
            if lost := [said for _, said in losses(outcome)]:
                lines.append(f"{case.name or 'the solution'}: {'; '.join(lost)}")
            show(completed=count, total=total)
    return total, sorted(lines)


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
