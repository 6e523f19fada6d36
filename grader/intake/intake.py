"""Who has handed in what, and who is missing.

What a platform has named is read by lms.py; without names, every file is a submission of its own,
see submission.py.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..reports.spreadsheet import TableError, rows
from .archive import unpack
from .deadline import Deadline
from .lms import METADATA, IntakeError, platform
from .submission import find, relative_files, student_id

NOTEBOOKS = (".ipynb", ".py")


@dataclass
class Intake:
    """What is graded, and what a person should know about the rest."""

    submissions: list[tuple[str, Path]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    hours_late: dict[str, float] | None = None
    """Of everybody, hours after the deadline: 0 if before; None without a deadline."""
    moments: dict[str, float | None] = field(default_factory=dict)
    """When it was handed in, in seconds since 1970, as far as a platform says that."""

    def late(self, student: str) -> float | None:
        """Return the hours of a student, or None where there is no deadline."""
        return None if self.hours_late is None else self.hours_late[student]


def take_in(
    paths: Iterable[Path],
    assignment: str,
    out: Path,
    names: str = "",
    deadline: Deadline | None = None,
) -> Intake:
    """Unpack archives into `out`, and choose one file for each student.

    Of several files of a student, notebooks before others, and those named like the assignment
    before those, the last one counts; one after the deadline only if there is none before. Raises
    IntakeError, and Refused for an archive.
    """
    for path in (paths := list(paths)):
        if not os.path.lexists(path):
            raise IntakeError(f"{path} does not exist.")
    places = [unpack(p, out) if p.suffix.lower() == ".zip" and p.is_file() else p for p in paths]
    if deadline and not names:
        raise IntakeError("--deadline needs --names, which tells whose files are compared with it.")
    if not names:
        return Intake(find(places, assignment))
    files = list(relative_files(places))
    exported = platform(names, (path for path, _ in files))
    intake = Intake(hours_late={} if deadline else None)
    candidates: dict[str, list[Path]] = {}
    for path, parts in files:
        students = exported.students(path, parts)
        if not students and path.name != METADATA:
            intake.remarks.append(f"not graded, for its name does not fit: {'/'.join(parts)}")
        for student in students:
            candidates.setdefault(student_id(Path(f"{student}.x"), assignment), []).append(path)
    named = f"{assignment}.ipynb"
    for student, of_student in sorted(candidates.items()):
        moments = {path: exported.moment(path) for path in of_student}
        chosen = _chosen(student, moments, named, deadline, intake.remarks)
        intake.submissions.append((student, chosen))
        intake.moments[student] = moments[chosen]
        if deadline and intake.hours_late is not None:
            intake.hours_late[student] = deadline.hours_late(moments[chosen] or 0.0)
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


def _chosen(
    student: str,
    moments: dict[Path, float | None],
    named: str,
    deadline: Deadline | None,
    remarks: list[str],
) -> Path:
    """Return the file that counts, and remark on the other ones of its kind."""
    if deadline and None in moments.values():
        raise IntakeError(
            f"The files of {student} do not say when they were handed in. Clones never do: let "
            "GitHub Classroom enforce the deadline, and leave --deadline out."
        )
    handed_in = {path: moment or 0.0 for path, moment in moments.items()}
    late = {p for p, moment in handed_in.items() if deadline and deadline.is_late(moment)}
    if late == handed_in.keys():
        remarks.append(f"late: {student}")
        late = set()

    def rank(path: Path) -> tuple[bool, bool, bool, float, str]:
        is_notebook = path.suffix.lower() in NOTEBOOKS
        return path not in late, is_notebook, path.name == named, handed_in[path], str(path)

    chosen = max(handed_in, key=rank)
    for path in sorted(p for p in handed_in if p != chosen and p.suffix == chosen.suffix):
        why = "after the deadline" if path in late else f"{chosen.name} counts"
        remarks.append(f"another file of {student}, {why}: {path.name}")
    return chosen
