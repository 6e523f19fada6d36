"""What `grader check` says: question by question, each cause once, and what to do next."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from rich.console import Console
from rich.text import Text as Styled

from ..model.language import Say
from ..model.message import Message, Text, counted
from ..report.sanitize import clean
from .practice import NAMELESS, Cause, Practice, Tried

Line = tuple[str, Text, str]
"""What stands before a line, the line, and its style."""
NOT_YET = Message("not filled in yet")
FRESH = Message(
    "This notebook has no check cells any more. Next: get a fresh copy of it, and put your answers "
    "there."
)
DONE = Message("Next: hand it in. Grading may ask more than these checks do.")


def show(practice: Practice, console: Console, say: Say, hints: int = 0) -> None:
    """Print how the checks went, with so many hints of each that failed."""
    translated = practice.translations.of(say.language)
    for before, text, style in lines(practice, hints):
        for line in clean(say(translated(text))).split("\n"):
            console.print(Styled(f"{before}{line}", style), soft_wrap=True)
            before = " " * len(before)


def lines(practice: Practice, hints: int = 0) -> Iterator[Line]:
    """Yield what is said."""
    for remark in practice.remarks:
        yield "! ", remark, "yellow"
    if not practice.tried:
        yield "", FRESH, "bold"
        return
    groups = [
        (name, list(those)) for name, those in groupby(practice.tried, attrgetter("question"))
    ]
    causes: dict[Cause, str] = {}
    for question, tried in groups:
        if question:
            held = sum(one.passed for one in tried)
            said = Message("{question} · {n} of {all}", question=question, n=held, all=len(tried))
            yield "\n", said, "bold"
        yield from _question(tried, hints, causes)
    passed = sum(one.passed for one in practice.tried)
    held = sum(all(one.passed for one in tried) for question, tried in groups if question)
    asked = sum(bool(question) for question, _ in groups)
    yield "\n", Message("{n} of {all} checks pass.", n=passed, all=len(practice.tried)), ""
    if asked:
        yield "", Message("{n} of {all} questions pass their checks.", n=held, all=asked), ""
    first = next((one for one in practice.tried if not one.passed), None)
    yield "", _next(first, hints) if first else DONE, "bold"


def _question(tried: Sequence[Tried], hints: int, causes: dict[Cause, str]) -> Iterator[Line]:
    """Yield the lines of a question. What has a cause that was told before is only counted.

    `causes` are those of earlier questions, each with the question.
    """
    mine = tried[0].question
    counts = Counter(one.cause for one in tried if not one.passed)
    told: set[Cause] = set()
    for one in tried:
        if one.passed:
            yield "  ✓ ", one.sentence, ""
            continue
        n, told_before = counts[one.cause], one.cause in told
        told.add(one.cause)
        if told_before:
            continue
        if one.blank:
            own = one.blank in (mine, NAMELESS)
            said = (
                NOT_YET if own else Message("{question} is not filled in yet", question=one.blank)
            )
            yield "  – ", said, "yellow"
        elif earlier := causes.get(one.cause):
            yield "  ✗ ", Message("The same as in {question}.", question=earlier), "red"
        else:
            causes[one.cause] = mine
            yield "  ✗ ", one.sentence, "red"
            yield "      ", one.problem, ""
            yield from (("      ", line, "dim") for line in one.where)
            yield from _hints(one, hints)
            n -= 1
        if n:
            yield (
                "      ",
                counted("{n} check waits for this", "{n} checks wait for this", n=n),
                "dim",
            )


def _hints(one: Tried, most: int) -> Iterator[Line]:
    for number, hint in enumerate(one.hints[:most], 1):
        yield "      ", Message("Hint {n} of {all}", n=number, all=len(one.hints)), "dim"
        yield "        ", hint, ""


def _next(first: Tried, hints: int) -> Text:
    """Say what to do about the first check that does not hold."""
    if first.blank:
        name = first.sentence if first.blank == NAMELESS else first.blank
        return Message("Next: write {question}.", question=name)
    if len(first.hints) > hints:
        return counted(
            "Next: “{sentence}” Run this check in your notebook, where you can print what you get. "
            "It has {n} hint: add --hints {more}.",
            "Next: “{sentence}” Run this check in your notebook, where you can print what you get. "
            "It has {n} hints: add --hints {more}.",
            n=len(first.hints), sentence=first.sentence, more=hints + 1,
        )  # fmt: skip
    return Message(
        "Next: “{sentence}” Run this check in your notebook, where you can print what you get.",
        sentence=first.sentence,
    )
