"""One run of judging as a TA sees it: progress, files, a table, and an exit code."""

import time
from collections.abc import Callable, Collection
from pathlib import Path

from .batch import Batch
from .export import Export
from .summary import Summary
from .terminal import console, watched
from .verdict import Result

NOT_ALL_JUDGED, INTERRUPTED = 3, 130


def run(
    batch: Batch,
    to_do: Collection[str],
    students: set[str],
    folder: Path,
    jobs: int,
    again: Callable[[Result], bool] | None = None,
) -> int:
    """Judge who is to do, bring the folder's files up to date, and show these students.

    Returns the exit code. When interrupted, all that was judged stays. Raises CannotJudge.
    """
    store, start, interrupted = batch.store, time.monotonic(), False
    export = Export(store, folder)
    try:
        if to_do:
            judged = batch.judge(to_do, jobs, again)
            for report in watched(judged, batch.assignment.title, len(to_do)):
                for entry in store.entries(report.sha256):
                    export.write_student(entry)
    except KeyboardInterrupt:
        interrupted = True
    export.write()
    summary = Summary(report for report in store.reports() if report.student in students)
    summary.show(console)
    seconds = time.monotonic() - start
    console.print(f"{summary.count} of {len(students)} submissions in {seconds:.1f} s")
    console.print(f"Class:    {folder / 'report.html'}   {folder / 'grades.csv'}")
    console.print(
        f"Students: {folder / '<id>' / 'feedback.html'}   {folder / '<id>' / 'results.json'}"
    )
    if (changed := len(students) - summary.count) and not interrupted:
        console.print(f"[red]{changed} changed while being judged:[/] the same command goes on.")
    if interrupted:
        console.print("[yellow]Interrupted.[/] What was judged is kept; the same command goes on.")
        return INTERRUPTED
    return NOT_ALL_JUDGED if changed or summary.for_a_person else 0
