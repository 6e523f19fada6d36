"""The terminal: how far the judging is, and text made harmless."""

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .clean import clean
from .verdict import Report

console = Console()


def progress() -> Progress:
    """Return a bar with what is done, counts in words, and the time that remains."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"), TimeRemainingColumn(compact=True),
        console=console,
    )  # fmt: skip


def watched(reports: Iterable[Report], title: str, total: int) -> Iterator[Report]:
    """Yield Reports and show how far they are."""
    counts: Counter[str] = Counter()
    with progress() as bar:
        task = bar.add_task(title, total=total, counts="")
        for report in reports:
            yield report
            counts["full"] += report.score == report.max_score
            counts["person"] += for_a_person(report)
            person = f" [yellow]{counts['person']} for a person[/]" if counts["person"] else ""
            bar.update(task, advance=1, counts=f"[green]{counts['full']} full marks[/]{person}")


def for_a_person(report: Report) -> bool:
    """Whether somebody must look at a submission."""
    return bool(report.problem) or not report.judged


def plain(text: str) -> str:
    """Make text from a student harmless for a terminal."""
    return clean(text).replace("\n", " ")
