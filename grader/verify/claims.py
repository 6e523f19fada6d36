"""What should hold for the checks of an assignment, and how to fix what does not.

The solution earns everything and the skeleton nothing. Every mistake fails a check of its own
question, none of another, and is explained by its own sentence. Every variant, correct code in
another style, passes. No check is idle, no stub earns points, the oracle has a second witness, and
the tolerance lies far from what is right and from what is wrong.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ..checking.mistake import Mistake
from ..model.result import Result, Status
from .case import MISTAKES, REFERENCES, VARIANTS, Outcome
from .evidence import Evidence, failed, farthest_wrong, nearest_right, share

FEWEST_VARIANTS = 8
"""Correct answers in other styles that every question needs, so that no style is favoured."""
MOST_FOR_A_STUB = 0.1
"""Share of a question's points; in a suite without such a bound, stubs earned half."""
UNEXPLAINED = "is not explained by anything"
CHANCE = "It depends on what is drawn: let it hold for all numbers, or fix them with draw or a seed"
RIGHT, WRONG = {False: 0.01, True: 0.25}, {False: 10.0, True: 2.0}
"""Multiples of the tolerance: correct code stays far below, mistakes far above.
For code that computes in float32, rounding has been seen at 0.16 and half precision at 6."""


@dataclass(frozen=True)
class Claim:
    """One thing that should hold."""

    file: str
    """What it is about, relative to the course's folder."""
    subject: str
    states: str
    defect: str = ""
    """What is the case instead, and the remedy; empty if the claim holds."""

    def __str__(self) -> str:
        return f"{self.file}: {self.subject} {self.defect or self.states}."


def claims(evidence: Evidence) -> Iterator[Claim]:
    """Yield all claims on an assignment."""
    name = evidence.assignment.name
    solution, folder = f"solutions/{name}.py", f"autograder_tests/{name}"
    remedy = "Correct it, or the check"
    yield from _right(solution, "the solution", evidence.of("solution"), remedy, every=True)
    evidence = evidence.sound()
    yield from _skeleton(solution, evidence)
    for mistake in evidence.mistakes:
        yield from _mistake(f"{folder}/{MISTAKES}", mistake, evidence)
    yield from _pairs(f"{folder}/{MISTAKES}", evidence)
    for mistake in evidence.equivalents:
        remedy = "Relax the check, or take equivalent = true away"
        found = evidence.of("mistake", mistake.name)
        yield from _right(f"{folder}/{MISTAKES}", mistake.name, found, remedy)
    for name in evidence.variants:
        remedy = "If the variant is correct, relax the check"
        file = f"{folder}/{VARIANTS}/{name}"
        yield from _right(file, "the variant", evidence.of("variant", name), remedy)
    yield from _enough_variants(f"{folder}/{VARIANTS}", evidence)
    yield from _no_idle_check(folder, evidence)
    yield from _stubs(folder, evidence)
    yield from _references(f"{folder}/{REFERENCES}", evidence)


def _right(
    file: str, subject: str, outcomes: list[Outcome], remedy: str, *, every: bool = False
) -> Iterator[Claim]:
    """Correct code passes every check on every draw, with room to spare.

    Reports the first failed check, or `every` one, and how often it fails if not always.
    """
    states = f"passes every check on {len(outcomes)} draws"
    lost = dict(loss for outcome in outcomes[::-1] for loss in losses(outcome))
    times = Counter(check for outcome in outcomes for check, _ in losses(outcome))
    for check, loss in list(lost.items())[: None if every else 1]:
        often = f", on {times[check]} of {len(outcomes)} draws only. {CHANCE}"
        always = times[check] == len(outcomes)
        yield Claim(file, subject, states, f"{loss}. {remedy}" if always else loss + often)
    if lost:
        return
    yield Claim(file, subject, states)
    for coarse, most in RIGHT.items():
        near = nearest_right(outcomes, coarse=coarse)
        said = f"stays below {most:g} × the tolerance{' of float32' if coarse else ''}"
        remedy = "Loosen the tolerance, or compute in a stabler way"
        defect = f"differs by {near:.2g} × the tolerance, over {most:g} ×. {remedy}"
        yield Claim(file, subject, said, defect if near > most else "")


def _skeleton(file: str, evidence: Evidence) -> Iterator[Claim]:
    (outcome,) = evidence.of("skeleton")
    odd = next((r for r in outcome.results if not _is_unwritten(r)), None)
    said = outcome.problem or (odd and _said(odd))
    remedy = "What is not written yet should raise NotImplementedError, and fail every check"
    defect = f"{said}. {remedy}" if said else ""
    yield Claim(file, "the skeleton", "earns nothing, and says NotImplementedError only", defect)


def _is_unwritten(result: Result) -> bool:
    return result.status is Status.NOT_RUN or result.unwritten


def _mistake(file: str, mistake: Mistake, evidence: Evidence) -> Iterator[Claim]:
    """A mistake fails where it should and nowhere else, by far, and is told apart from others."""
    outcome, name = evidence.mistake(mistake), mistake.name
    broken = next((r for r in outcome.results if r.status is Status.GRADER_ERROR), None)
    if problem := outcome.problem or (broken and _said(broken)):
        remedy = "Take the mistake out, or make one that ends" if outcome.problem else "Correct it"
        yield Claim(file, name, "can be judged", f"{problem}. {remedy}")
        return
    losses = failed(outcome)
    own = [r for r in losses if r.question == mistake.question and not r.public]
    remedy = "Add a check that fails it, or say equivalent = true"
    defect = f"passes every hidden check of {mistake.question}. {remedy}"
    yield Claim(file, name, "fails a check of its own question", "" if own else defect)
    elsewhere = (r for r in losses if r.question != mistake.question and not r.public)
    other = next(elsewhere, None)
    remedy = "Judge that one with a trusted part in the place of this one: see `assuming`"
    defect = f"also fails {other.check} of {other.question}. {remedy}" if other else ""
    yield Claim(file, name, "fails no check of another question", defect)
    for row in evidence.explained if own else ():
        if row.made == (mistake,):
            remedy = "Let a check of the question tell them apart, or let them share a sentence"
            why = f"is explained by {' and '.join(row.others)}" if row.told else UNEXPLAINED
            defect = f"{why}. {remedy}" if row.verdict in ("other", "none") else ""
            yield Claim(file, name, "is explained by its own sentence, and no other", defect)
    if own and (far := farthest_wrong(outcome)):
        least = WRONG[far.coarse]
        defect = f"differs by {far.ratio:.2g} × the tolerance only. Draw inputs that bring it out"
        said = f"differs by {least:g} × the tolerance or more"
        yield Claim(file, name, said, defect if far.ratio < least else "")


def _pairs(file: str, evidence: Evidence) -> Iterator[Claim]:
    """For two mistakes together, one, both or none is named, but never a third one."""
    confused = [row for row in evidence.paired if row.verdict == "other"]
    if not confused:
        subject = f"none of {len(evidence.paired)} pairs"
        yield Claim(file, subject, "is explained by a third mistake")
    for row in confused:
        subject = " and ".join(mistake.name for mistake in row.made)
        remedy = "Let a check of the question tell them apart, or let them share a sentence"
        defect = f"together are explained by {' and '.join(row.others)}. {remedy}"
        yield Claim(file, subject, "together are not explained by a third mistake", defect)


def _enough_variants(folder: str, evidence: Evidence) -> Iterator[Claim]:
    for question in evidence.assignment.questions:
        count = sum(question in answered for answered in evidence.variants.values())
        defect = f"has {count} of {FEWEST_VARIANTS} variants. Add correct ones in other styles"
        yield Claim(
            folder, question, f"has {FEWEST_VARIANTS} variants", defect * (count < FEWEST_VARIANTS)
        )


def _no_idle_check(folder: str, evidence: Evidence) -> Iterator[Claim]:
    for check in evidence.checks:
        defect = "is failed by no mistake. Add one that it is meant for, or take the check out"
        idle = not evidence.killers(check.check)
        yield Claim(folder, check.check, "is failed by a mistake", defect * idle)


def _stubs(folder: str, evidence: Evidence) -> Iterator[Claim]:
    """Right shapes alone are worth little."""
    for outcome in evidence.every("stub"):
        for question in evidence.assignment.questions:
            subject, earned = f"a stub of {outcome.case.name}", share(outcome, question)
            said = f"earns at most {MOST_FOR_A_STUB:.0%} of {question}"
            passed = ", ".join(
                r.check for r in outcome.results if r.question == question and r.earned
            )
            defect = (
                f"earns {earned:.0%} of {question} by {passed}. Let values count for more, or let "
                "these need a check of values"
            )
            yield Claim(folder, subject, said, defect * (earned > MOST_FOR_A_STUB))


def _references(file: str, evidence: Evidence) -> Iterator[Claim]:
    """The oracle has a second witness."""
    outcomes = evidence.every("reference")
    if not outcomes:
        remedy = "Write def test_…(student, draw) there, against a reference written by hand"
        defect = f"compares nothing, so nobody watches the oracle. {remedy}"
        yield Claim(file, "it", "compares the solution with a second reference", defect)
    for name in dict.fromkeys(outcome.case.name for outcome in outcomes):
        found = evidence.of("reference", name)
        draws = sum(outcome.case.draws for outcome in found)
        problem = next((outcome.problem for outcome in found if outcome.problem), "")
        defect = f"{problem}. One of the references is wrong" if problem else ""
        yield Claim(file, name, f"agrees on {draws} draws", defect)


def losses(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield the checks that correct code does not pass, and how they end on which draw."""
    draw = f" (draw {outcome.case.draw})"
    if outcome.problem:
        yield "", outcome.problem + draw
    ended = [r for r in outcome.results if r.status is not Status.PASSED]
    causes = [r for r in ended if r.status is not Status.NOT_RUN]
    yield from ((r.check, _said(r) + draw) for r in causes or ended)


def _telling(result: Result) -> str:
    """Return the line of the detail that says most: of an assertion the first, else the last."""
    lines = result.detail.strip().split("\n")
    return lines[0 if result.status is Status.FAILED else -1]


def _said(result: Result) -> str:
    """Say how a check ended, in one line."""
    verb = "passes" if result.status is Status.PASSED else "breaks"
    if result.status not in (Status.PASSED, Status.GRADER_ERROR):
        verb = "fails"
    lines = [
        result.traceback.strip().rpartition("\n")[2],
        *f"{result.message}".strip().split("\n"),
        _telling(result),
    ]
    why = next(filter(None, lines), "").rstrip(". ")
    return f"{verb} {result.check}" + (f": {why}" if why else "")
