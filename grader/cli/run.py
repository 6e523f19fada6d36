"""One run of judging as a TA sees it: progress, files, a table, and an exit code."""

import time
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path

from ..files import Unwritable
from ..judging.batch import Batch
from ..model.result import NOT_YET, Result
from ..model.words import Say, speaker, translator
from ..report.export import Export
from ..store.history import mark
from .summary import Summary
from .terminal import console, plain, watched

NOT_ALL_JUDGED, NOT_WRITTEN, INTERRUPTED = 3, 4, 130


def run(
    batch: Batch,
    to_do: Collection[str],
    students: set[str],
    folder: Path,
    jobs: int,
    again: Callable[[Result], bool] | None = None,
    others: Collection[str] = (),
    as_json: bool = False,
    doubts: int = 0,
) -> int:
    """Judge submissions, bring the folder's files up to date, and show these students.

    For `others`, a different file counts than before; `doubts` is how many submissions a person
    must look at. With `as_json`, stdout gets one JSON object. Returns the exit code. When
    interrupted, all that was judged stays. Raises CannotJudge.
    """
    store, start, code = batch.store, time.monotonic(), 0
    export, say = Export(store, folder), speaker(store.language)
    judged = 0
    refused: dict[str, None] = {}
    try:
        if to_do:
            with closing(batch.judge(to_do, jobs, again)) as reports:
                for report in watched(reports, batch.assignment.title, len(to_do), say):
                    judged += 1
                    refused |= {r.detail: None for r in report.results if r.message == NOT_YET}
                    for entry in store.entries(report.sha256):
                        export.write_student(entry)
    except KeyboardInterrupt:
        code = INTERRUPTED
    unwritten = ""
    try:
        export.write()
    except Unwritable as error:
        unwritten, code = str(error), code or NOT_WRITTEN
    if code != INTERRUPTED:
        mark(store)
    summary = Summary(export.roll(students), say)
    summary.show(console)
    changed = len(students) - summary.count
    person = changed or summary.people or others or refused or doubts
    code = code or (NOT_ALL_JUDGED if person else 0)
    seconds = f"{time.monotonic() - start:.1f}"
    said = say("{n} of {all} submissions in {seconds} s")
    console.print(said.format(n=summary.count, all=len(students), seconds=seconds))
    _where(folder, say)
    if others:
        said = say("{n} have another file that counts than before: look at `grader diff`.")
        console.print(said.format(n=len(others)), style="yellow", markup=False)
    if changed and code != INTERRUPTED:
        said = say("{n} changed while being judged: the same command goes on.")
        console.print(said.format(n=changed), style="red")
    for fault in refused:
        console.print(plain(fault), style="red", markup=False, highlight=False, soft_wrap=True)
    if unwritten:
        said = plain(translator(store.language)(unwritten))
        console.print(said, style="red", markup=False, highlight=False, soft_wrap=True)
    if code == INTERRUPTED:
        said = say("Interrupted. What was judged is kept; the same command goes on.")
        console.print(said, style="yellow")
    if as_json:
        print(summary.as_json(batch.assignment.name, folder, judged, code, sorted(others)))
    return code


def _where(folder: Path, say: Say) -> None:
    """Print where the files are."""
    console.print(f"{say('Class:')} {folder / 'report.html'}   {folder / 'grades.csv'}")
    console.print(
        f"{say('Students:')} {folder / '<id>' / 'feedback.html'}   "
        f"{folder / '<id>' / 'results.json'}"
    )
