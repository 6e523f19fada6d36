"""One run of judging as a TA sees it: progress, files, a table, and an exit code."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from .batch import Batch
from .export import Export
from .store import Entry
from .summary import Summary, for_a_person
from .terminal import console, table, watched
from .verdict import Result
from .words import speaker

NOT_ALL_JUDGED, INTERRUPTED = 3, 130


def run(
    batch: Batch,
    to_do: list[Entry],
    students: Iterable[str],
    folder: Path,
    jobs: int,
    again: Callable[[Result], bool] | None = None,
    as_json: bool = False,
) -> int:
    """Judge what is to do, bring the folder's files up to date, and show these students.

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
                export.write_students(store.entries(report.sha256))
    except KeyboardInterrupt:
        interrupted = True
    export.write()
    wanted = set(students)
    shown = [report for report in store.reports() if report.student in wanted]
    console.print(table(shown, say))
    seconds = time.monotonic() - start
    said = say("{n} of {all} submissions in {seconds} s")
    console.print(said.format(n=len(shown), all=len(wanted), seconds=f"{seconds:.1f}"))
    console.print(f"{say('Class:')} {folder / 'report.html'}   {folder / 'grades.csv'}")
    console.print(
        f"{say('Students:')} {folder / '<id>' / 'feedback.html'}   "
        f"{folder / '<id>' / 'results.json'}"
    )
    code = INTERRUPTED if interrupted else NOT_ALL_JUDGED if any(map(for_a_person, shown)) else 0
    if interrupted:
        said = say("Interrupted. What was judged is kept; the same command goes on.")
        console.print(said, style="yellow")
    if as_json:
        summary = Summary()
        for report in shown:
            summary.add(report)
        print(summary.as_json(batch.assignment.name, folder, judged, code))
    return code
