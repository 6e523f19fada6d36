"""One run of judging as a TA sees it: progress, files, a table, and an exit code."""

import time
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from ..files import Unwritable
from ..model.errors import ExitCode
from ..model.message import Message, Text, counted, said
from ..model.result import Result
from ..report.export import Export
from ..report.pages import prepare
from ..report.whose import Whose
from ..store.history import mark
from .summary import Summary
from .terminal import console, tell, voice, watched

if TYPE_CHECKING:  # whoever only wants help, or to check a notebook on Windows, judges nothing
    from ..judging.batch import Batch

INTERRUPTION = Message("Interrupted. What was judged is kept; the same command goes on.")


def run(
    batch: "Batch",
    to_do: Collection[str],
    students: set[str],
    folder: Path,
    jobs: int,
    again: Callable[[Result], bool] | None = None,
    others: Collection[str] = (),
    as_json: bool = False,
    doubts: int = 0,
) -> ExitCode:
    """Judge submissions, bring the folder's files up to date, and show these students.

    For `others`, a different file counts than before; `doubts` is how many submissions a person
    must look at. With `as_json`, stdout gets one JSON object. Returns the exit code. When
    interrupted, everything judged so far stays. Raises CannotJudge.
    """
    store, start, code = batch.store, time.monotonic(), ExitCode.FINE
    voice.speak(store.language)
    export = Export(store, folder)
    judged = 0
    refused: dict[str, None] = {}
    try:
        if to_do:
            Thread(target=prepare, args=(store.language,)).start()  # while judges start
            with closing(batch.judge(to_do, jobs, again)) as found:
                title = store.translations.of(store.language).of(batch.assignment.title)
                for judgement in watched(found, title, len(to_do)):
                    judged += 1
                    refused |= {r.detail: None for r in judgement.results if r.refused}
                    for entry in store.entries(judgement.sha256):
                        export.write_student(entry)
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    unwritten: Text = ""
    try:
        export.write()
    except Unwritable as error:
        unwritten, code = said(error), code or ExitCode.FILE
    if code != ExitCode.INTERRUPTED:
        mark(store)
    summary = Summary(export.roll(students))
    summary.show(console)
    changed = len(students) - summary.count
    person = changed or summary.people or others or refused or doubts
    code = code or (ExitCode.PERSON if person else ExitCode.FINE)
    seconds = f"{time.monotonic() - start:.1f}"
    took = counted(
        "{count} of {n} submission in {seconds} s",
        "{count} of {n} submissions in {seconds} s",
        n=len(students),
        count=summary.count,
        seconds=seconds,
    )
    tell(took)
    _where(folder, export.whose)
    if others:
        moved = counted(
            "{n} has another file that counts than before: look at `grader diff`.",
            "{n} have another file that counts than before: look at `grader diff`.",
            n=len(others),
        )
        tell(moved, "yellow")
    if changed and code != ExitCode.INTERRUPTED:
        tell(
            Message("{n} changed while being judged: the same command goes on.", n=changed),
            "red",
        )  # fmt: skip
    for fault in refused:
        tell(fault, "red")
    if unwritten:
        tell(unwritten, "red")
    if code == ExitCode.INTERRUPTED:
        tell(INTERRUPTION, "yellow")
    if as_json:
        print(summary.as_json(batch.assignment.name, folder, judged, code, sorted(others)))
    return code


def _where(folder: Path, whose: Whose) -> None:
    """Print where the files are."""
    student = folder / "<id>"
    tell(Message("Class: {files}", files=f"{folder / 'report.html'}   {folder / 'grades.csv'}"))
    files = f"{student / 'feedback.html'}   {student / 'results.json'}"
    if whose is not Whose.NONE:
        tell(Message("Students: {files}", files=files))
    if whose.said:
        tell(whose.said, "yellow")
