"""The terminal: how far the judging is, and text made harmless."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

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
from rich.text import Text

from ..model.result import Status
from ..model.verdict import Report
from ..model.words import Say
from ..report.outcome import FULL, PERSON, outcome
from ..report.sanitize import clean

console = Console()


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

    def render(self, task: Task) -> Text:
        """Return the rate, or nothing while it is not known."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "", style="dim")


class Bars(Progress):
    """Bars, and below them how things ended: beside a bar, 80 columns have no room for it."""

    def get_renderables(self) -> Iterator[RenderableType]:
        """Yield the bars, then a line of counts for each that has some."""
        yield self.make_tasks_table(self.tasks)
        for task in self.tasks:
            if counts := task.fields["counts"]:
                yield Text.from_markup(f"  {counts}")


def progress() -> Progress:
    """Return bars with what is done, how fast, the time that remains, and counts in words."""
    return Bars(
        TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn(), Rate(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=console,
    )  # fmt: skip


def watched(reports: Iterable[Report], title: str, total: int, say: Say = str) -> Iterator[Report]:
    """Yield Reports and show how far they are, and how they ended."""
    words = outcomes(say)
    counts: Counter[str] = Counter()
    with progress() as bar:
        task = bar.add_task(title, total=total, counts="")
        for report in reports:
            yield report
            counts[outcome(report)] += 1
            said = (
                f"[{colour}]{counts[ending]} {word}[/]"
                for ending, (word, colour) in words.items()
                if counts[ending]
            )
            bar.update(task, advance=1, counts=" · ".join(said))


def outcomes(say: Say) -> dict[str, tuple[str, str]]:
    """Return how each outcome is called, and its colour."""
    return {
        FULL: (say("full marks"), "green"),
        Status.FAILED: (say("not right yet"), "red"),
        Status.STUDENT_ERROR: (say("stopped with an error"), "red"),
        Status.TIMED_OUT: (say("ran out of time"), "red"),
        Status.OUT_OF_MEMORY: (say("ran out of memory"), "red"),
        Status.NOT_RUN: (say("not judged yet"), "dim"),
        PERSON: (say("for a person"), "yellow"),
    }


def plain(text: str) -> str:
    """Make text from a student harmless for a terminal."""
    return clean(text).replace("\n", " ")
