"""What the terminal shows of a class."""

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from .clean import clean
from .verdict import Report, Status

console = Console()
QUIET = (Status.PASSED, Status.NOT_RUN)


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


def table(reports: Iterable[Report]) -> Table:
    """Return a line per student: score, checks passed, and where the first points were lost."""
    made = Table(title="Results", expand=True)
    made.add_column("student", no_wrap=True)
    made.add_column("score", justify="right", no_wrap=True)
    made.add_column("checks", justify="right", no_wrap=True)
    made.add_column("remark", ratio=1)
    for report in reports:
        score = "—" if report.score is None else f"{report.score}/{report.max_score}"
        passed = sum(result.status is Status.PASSED for result in report.results)
        line = Text(plain(_remark(report)), no_wrap=True, overflow="ellipsis")
        count = f"{passed}/{len(report.results)}"
        made.add_row(Text(plain(report.student)), score, count, line)
    return made


def plain(text: str) -> str:
    """Make text from a student harmless for a terminal."""
    return clean(text).replace("\n", " ")


def _remark(report: Report) -> str:
    first = next((x for x in report.results if x.status not in QUIET), None)
    blamed = f"{first.question}, {first.status.replace('_', ' ')}: " if first else ""
    decided = ", ".join(report.decided)
    said = report.problem or (blamed + first.sentence if first else "")
    return f"[set by a person: {decided}] {said}" if decided else said
