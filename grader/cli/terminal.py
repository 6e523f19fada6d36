"""The terminal: how far the judging is, and text made harmless."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text as Styled

from ..model.judgement import Judgement
from ..model.language import Say, speaker
from ..model.message import Message, Text
from ..model.result import Status
from ..model.standing import Standing
from ..report.outcome import BLANK, FULL, PERSON, outcome
from ..report.sanitize import clean

console = Console()
ENGLISH = speaker()


@contextmanager
def on_stderr() -> Iterator[None]:
    """Leave stdout to what a machine will read."""
    console.stderr = True
    try:
        yield
    finally:
        console.stderr = False


class Rate(ProgressColumn):
    """How many are done in a second."""

    def render(self, task: Task) -> Styled:
        """Return the rate, or nothing while it is not known."""
        speed = task.finished_speed or task.speed
        return Styled(f"{speed:.1f}/s" if speed else "", style="dim")


class Bars(Progress):
    """Bars, and below them how things ended: beside a bar, 80 columns have no room for it."""

    def get_renderables(self) -> Iterator[RenderableType]:
        """Yield the bars, then a line of counts for each that has some."""
        yield self.make_tasks_table(self.tasks)
        for task in self.tasks:
            if counts := task.fields["counts"]:
                yield Styled.from_markup(f"  {counts}")


def progress() -> Progress:
    """Return bars with what is done, how fast, the time that remains, and counts in words."""
    return Bars(
        TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn(), Rate(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=console,
    )  # fmt: skip


class Voice:
    """The language in which a command speaks: that of the folder it works on, once it is known."""

    say: Say = ENGLISH

    def speak(self, language: str) -> None:
        """Speak a language from now on."""
        self.say = speaker(language)


voice = Voice()


def refusal(text: Text) -> click.UsageError:
    """Return what ends a command because of what it was given, with exit code 2."""
    return click.UsageError(voice.say(text))


def tell(text: Text, style: str = "") -> None:
    """Print a text of ours; what somebody else has written in it is made harmless."""
    said = plain(voice.say(text))
    console.print(said, style=style, markup=False, highlight=False, soft_wrap=True)


def watched(judgements: Iterable[Judgement], title: str, total: int) -> Iterator[Judgement]:
    """Yield Judgements and show how far they are, and how they ended."""
    words = outcomes(voice.say)
    counts: Counter[str] = Counter()
    with progress() as bar:
        task = bar.add_task(title, total=total, counts="")
        for judgement in judgements:
            yield judgement
            counts[outcome(Standing("", "", judgement))] += 1
            said = (
                f"[{colour}]{counts[ending]} {word}[/]"
                for ending, (word, colour) in words.items()
                if counts[ending]
            )
            bar.update(task, advance=1, counts=" · ".join(said))


def outcomes(say: Say) -> dict[str, tuple[str, str]]:
    """Return how each outcome is called, and its colour."""
    return {
        FULL: (say(Message("full marks")), "green"),
        Status.FAILED: (say(Message("not right yet")), "red"),
        BLANK: (say(Message("not filled in yet")), "red"),
        Status.STUDENT_ERROR: (say(Message("stopped with an error")), "red"),
        Status.TIMED_OUT: (say(Message("ran out of time")), "red"),
        Status.OUT_OF_MEMORY: (say(Message("ran out of memory")), "red"),
        Status.NOT_RUN: (say(Message("not judged yet")), "dim"),
        PERSON: (say(Message("for a person")), "yellow"),
    }


def plain(text: str) -> str:
    """Make text from a student harmless for a terminal."""
    return clean(text).replace("\n", " ")
