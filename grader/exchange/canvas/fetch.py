"""Fetch what is handed in into a folder that `grader grade --names canvas` reads.

    FOLDER/handed_in/kimminjun_4711_8899_attention.ipynb    named as in Canvas's own download
    FOLDER/handed_in/canvas.csv                             when each was submitted, which attempt
    FOLDER/roster.csv                                       id, name, group, due

Only the URLs of submissions' files are opened, never one that a student has handed in. Names and
sizes are treated as those in an archive: place.py makes safe ones, and what is too large to grade
takes no room. A file is there whole or not at all, and what is there is not fetched again.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from urllib3.exceptions import HTTPError

from ...csv_table import written
from ...files import Unwritable, replace_file
from ...intake.archive import MOST_FILES, MOST_GB, copy
from ...intake.canvas import COLUMNS, RECEIPTS, read_receipts
from ...intake.member import Member
from ...intake.place import Place
from ...intake.submission import Refused
from ...model.message import Message, Text, counted, some
from .attempt import Attempt, File
from .desk import Desk
from .line import CanvasError, Unreachable

HANDED_IN = "handed_in"
ROSTER = "roster.csv"
FEW = 5
OF_ALL = (401, 429)
"""Statuses that are not about one file."""


@dataclass
class Fetched:
    """What was fetched, and what a person should know."""

    students: int = 0
    new: int = 0
    same: int = 0
    """Files that were there already."""
    remarks: list[Text] = field(default_factory=list)
    doubts: list[Text] = field(default_factory=list)


def fetch(
    desk: Desk, folder: Path, every: bool, show: Callable[[int, int], object] = lambda *_: None
) -> Fetched:
    """Fetch the latest attempt of each student, or `every` one.

    `show` is told how many files are done, and of how many. Raises CanvasError, Unreachable and
    Unwritable; then the same command goes on.
    """
    found = Fetched()
    everybody = list(desk.submissions())
    found.students = len(everybody)
    wanted = [
        (attempt, file)
        for latest, attempts in everybody
        for attempt in (attempts if every else [latest])
        for file in attempt.files
    ]
    if len(wanted) > MOST_FILES:
        raise Refused(Message("{file} holds more than {n} files.", file=desk.title, n=MOST_FILES))
    try:
        _files(desk, folder / HANDED_IN, wanted, found, show)
    except OSError as error:
        raise Unwritable(folder, error) from error
    latest = [one for one, _ in everybody]
    replace_file(folder / ROSTER, written(_roster(latest)))
    _say_what_is_left(desk, everybody, every, found)
    return found


def _files(
    desk: Desk, folder: Path, wanted: list[tuple[Attempt, File]], found: Fetched,
    show: Callable[[int, int], object],
) -> None:  # fmt: skip
    """Fetch the files that are not there, and write their receipts."""
    before = read_receipts(folder / RECEIPTS)
    folder.mkdir(parents=True, exist_ok=True)
    place, room = Place(Path(desk.title)), MOST_GB << 30
    fetched: dict[int, Path] = {}  # a group's file is the same for all members
    receipts: list[tuple[object, ...]] = []
    for done, (attempt, file) in enumerate(wanted, 1):
        member = _member(desk, attempt, file)
        target = folder.joinpath(*place.parts(member))
        try:
            if target.exists():
                found.same += 1
            else:
                room -= _one(member, target, fetched.get(file.number))
                found.new += 1
        except CanvasError as error:
            if error.status in OF_ALL:
                raise
            found.doubts.append(Message("not fetched: {file}: {why}", file=target.name, why=error))
            continue
        if room < 0:
            raise Refused(Message("{file} holds more than {n} GB.", file=desk.title, n=MOST_GB))
        fetched[file.number] = target
        receipts.append((target.name, attempt.submitted, attempt.attempt))
        show(done, len(wanted))
    replace_file(folder / RECEIPTS, written([COLUMNS, *receipts]))
    found.remarks += place.remarks
    found.doubts += place.doubts
    gone = sorted(before.keys() - {str(name) for name, *_ in receipts})
    for name in gone:
        (folder / Path(name).name).unlink(missing_ok=True)
    if gone:
        found.remarks.append(
            Message("removed, because it no longer counts: {names}", names=some(gone, FEW))
        )


def _member(desk: Desk, attempt: Attempt, file: File) -> Member:
    def moment() -> float:
        return datetime.fromisoformat(attempt.submitted).timestamp()

    return Member(attempt.file_name(file), True, file.size, partial(desk.open, file), moment)


def _one(member: Member, target: Path, same: Path | None) -> int:
    """Write a file, whole; return its size. Raises CanvasError and Unreachable."""
    part = target.with_name(".part")
    part.unlink(missing_ok=True)
    try:
        size = Path(shutil.copy2(same, part)).stat().st_size if same else copy(member, part)
        os.replace(part, target)
    except HTTPError as error:
        raise Unreachable(
            Message(
                "{file} has not come whole ({kind}): give the same command again.",
                file=target.name,
                kind=type(error).__name__,
            )
        ) from None
    finally:
        part.unlink(missing_ok=True)
    return size


def _roster(everybody: list[Attempt]) -> Iterator[tuple[object, ...]]:
    yield "id", "name", "group", "due"
    for one in everybody:
        group = one.group_name or one.group or ""
        yield one.user, one.name, group, one.due


def _say_what_is_left(
    desk: Desk, everybody: list[tuple[Attempt, list[Attempt]]], every: bool, found: Fetched
) -> None:
    """Note who has handed in several times, nothing, or no file."""
    several = [one.user for one, attempts in everybody if len(attempts) > 1]
    if several and not every:
        found.remarks.append(
            counted(
                "{n} student has handed in several times: the last attempt is fetched "
                "(--all-attempts fetches all, and `grade` prefers one in time): {names}",
                "{n} students have handed in several times: the last attempt is fetched "
                "(--all-attempts fetches all, and `grade` prefers one in time): {names}",
                n=len(several), names=some(several, FEW),
            )
        )  # fmt: skip
    for one, _ in everybody:
        if one.attempt and not one.files:
            found.doubts.append(
                Message(
                    "handed in without a file ({kind}), which cannot be graded: {student}",
                    kind=one.kind, student=one.user,
                )
            )  # fmt: skip
    if nothing := [one.user for one, _ in everybody if not one.attempt]:
        found.remarks.append(
            counted(
                "{n} student has handed in nothing: {names}",
                "{n} students have handed in nothing: {names}",
                n=len(nothing), names=some(nothing, FEW),
            )
        )  # fmt: skip
    if desk.sections:
        found.doubts.append(
            Message(
                "These sections have a date of their own, and Canvas does not say who is in them: "
                "{names}. Look at the column `due` of {file}.",
                names=some(desk.sections, FEW), file=ROSTER,
            )
        )  # fmt: skip
