"""Who has handed in what, in the words of an LMS, and who is missing.

    --names canvas                   kimminjun_LATE_4711_8899_attention.ipynb
    --names moodle                   Kim Minjun_4711_assignsubmission_file_/attention.ipynb
    --names "{name}-{id}-*.ipynb"    your own: * is anything; {id} has no blank, / or _

Without names, every file is a submission of its own, see submission.py.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from .archive import unpack
from .spreadsheet import TableError, rows
from .submission import find, relative_files, student_id

LMS = {
    "canvas": ("{name}_LATE_{id}_*_*", "{name}_{id}_*_*"),
    "moodle": ("{name}_{id}_assignsubmission_file*/*",),
}
NOTEBOOKS = (".ipynb", ".py")
TOKENS = {"{id}": r"(?P<id>[^/_\s]+)", "{name}": r"(?P<name>[^/]+?)", "*": r"[^/]*"}


class IntakeError(Exception):
    """Nothing can be taken in as it was asked for; the message says why."""


@dataclass
class Intake:
    """What is graded, and what a person should know about the rest."""

    submissions: list[tuple[str, Path]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def take_in(
    paths: Iterable[Path],
    assignment: str,
    out: Path,
    names: str = "",
    deadline: datetime | None = None,
) -> Intake:
    """Unpack archives into `out`, and choose one file for each student.

    Of several files of a student, the last notebook counts, by the time of the file; after the
    deadline only if there is none before. Raises IntakeError, and Refused for an archive.
    """
    for path in (paths := list(paths)):
        if not os.path.lexists(path):
            raise IntakeError(f"{path} does not exist.")
    places = [unpack(p, out) if p.suffix.lower() == ".zip" and p.is_file() else p for p in paths]
    if not names:
        return Intake(find(places, assignment))
    patterns = [(_pattern(text), 1 + text.count("/")) for text in LMS.get(names, (names,))]
    intake = Intake()
    files: dict[str, list[Path]] = {}
    for path, parts in relative_files(places):
        fits = (pattern.fullmatch("/".join(parts[-depth:])) for pattern, depth in patterns)
        if (fit := next(filter(None, fits), None)) is None:
            intake.remarks.append(f"not graded, for its name does not fit: {'/'.join(parts)}")
        else:
            files.setdefault(student_id(Path(f"{fit['id']}.x"), assignment), []).append(path)
    for student, candidates in sorted(files.items()):
        intake.submissions.append((student, _chosen(student, candidates, deadline, intake)))
    return intake


def read_roster(path: Path) -> dict[str, str]:
    """Read a CSV with columns id and name into names by id. Raises TableError."""
    roster: dict[str, str] = {}
    for place, row in rows(path, ("id", "name")):
        if row["id"] in roster:
            raise TableError(f"{place}: {row['id']} is there twice.")
        if row["id"]:
            roster[row["id"]] = row["name"]
    return roster


def compare(students: Iterable[str], roster: dict[str, str]) -> list[str]:
    """Return a line for everybody who is in only one of them."""
    handed_in = set(students)
    missing = [f"nothing handed in: {s} {roster[s]}".rstrip() for s in roster if s not in handed_in]
    unknown = [f"not in the roster: {s}" for s in sorted(handed_in) if s not in roster]
    return [*missing, *unknown]


def _pattern(text: str) -> re.Pattern[str]:
    """Return what a pattern of names matches. Raises IntakeError where it has no {id}."""
    if text.count("{id}") != 1 or text.count("{name}") > 1:
        raise IntakeError(
            f"--names is {' or '.join(LMS)}, or a pattern with {{id}} in it, not {text!r}"
        )
    parts = re.split(r"(\{id\}|\{name\}|\*)", text)
    regex = "".join(TOKENS[part] if part in TOKENS else re.escape(part) for part in parts)
    return re.compile(regex, re.IGNORECASE)


def _chosen(
    student: str, candidates: list[Path], deadline: datetime | None, intake: Intake
) -> Path:
    """Return the file that counts, and remark on the others."""
    moments = {path: os.lstat(path).st_mtime for path in candidates}
    last = deadline.timestamp() if deadline else float("inf")
    if all(moment > last for moment in moments.values()):
        intake.remarks.append(f"late: {student}")
        last = float("inf")

    def rank(path: Path) -> tuple[bool, bool, float, str]:
        is_notebook = path.suffix.lower() in NOTEBOOKS
        return moments[path] <= last, is_notebook, moments[path], str(path)

    chosen = max(candidates, key=rank)
    for path in sorted(set(candidates) - {chosen}):
        why = "after the deadline" if moments[path] > last else f"{chosen.name} counts"
        intake.remarks.append(f"another file of {student}, {why}: {path.name}")
    return chosen
