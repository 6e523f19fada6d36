"""One run of judging as a TA sees it: progress, files, a table, and an exit code."""

import time
from collections.abc import Callable, Collection
from pathlib import Path

from ..reports.export import Export
from ..reports.summary import Summary
from ..reports.terminal import console, watched
from ..reports.words import speaker
from ..verdict import Result
from .batch import Batch

NOT_ALL_JUDGED, INTERRUPTED = 3, 130


def run(
    batch: Batch,
    to_do: Collection[str],
    students: set[str],
    folder: Path,
    jobs: int,
    again: Callable[[Result], bool] | None = None,
    as_json: bool = False,
) -> int:
    """Judge who is to do, bring the folder's files up to date, and show these students.

    With `as_json`, stdout gets one JSON object. Returns the exit code. When interrupted, all that
    was judged stays. Raises CannotJudge.
    """
    store, start, interrupted = batch.store, time.monotonic(), False
    export, say = Export(store, folder), speaker(store.language)
    judged = 0
    try:
        if to_do:
            reports = batch.judge(to_do, jobs, again)
            for report in watched(reports, batch.assignment.title, len(to_do), say):
                judged += 1
                for entry in store.entries(report.sha256):
                    export.write_student(entry)
    except KeyboardInterrupt:
        interrupted = True
    export.write()
    shown = (report for report in store.reports() if report.student in students)
    summary = Summary(shown, say)
    summary.show(console)
    seconds = time.monotonic() - start
    said = say("{n} of {all} submissions in {seconds} s")
    console.print(said.format(n=summary.count, all=len(students), seconds=f"{seconds:.1f}"))
    console.print(f"{say('Class:')} {folder / 'report.html'}   {folder / 'grades.csv'}")
    console.print(
        f"{say('Students:')} {folder / '<id>' / 'feedback.html'}   "
        f"{folder / '<id>' / 'results.json'}"
    )
    changed = len(students) - summary.count
    code = INTERRUPTED if interrupted else NOT_ALL_JUDGED if changed or summary.people else 0
    if changed and not interrupted:
        said = say("{n} changed while being judged: the same command goes on.")
        console.print(said.format(n=changed), style="red")
    if interrupted:
        said = say("Interrupted. What was judged is kept; the same command goes on.")
        console.print(said, style="yellow")
    if as_json:
        print(summary.as_json(batch.assignment.name, folder, judged, code))
    return code
