"""What one student has handed in, as Canvas's API says it.

Source: https://canvas.instructure.com/doc/api/submissions.html, the Submission object. Canvas also
sends cached_due_date, the date that counts for this student; where it does not, the date follows
from the assignment's overrides: the latest of those that are for the student.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

Json = Mapping[str, Any]
ODD = re.compile(r"[/\\\x00-\x1f\x7f]")


@dataclass(frozen=True)
class File:
    """A file of a submission, which Canvas calls an attachment."""

    number: int
    name: str
    """As the student has named it."""
    url: str
    size: int


@dataclass(frozen=True)
class Attempt:
    """One attempt of a student, or that there is none."""

    user: int
    """Canvas's number of the student, which stands in the names of its download."""
    name: str
    sortable: str
    """The name, the family's first, as in the names of Canvas's download."""
    group: int | None
    group_name: str
    attempt: int
    """0 while nothing is handed in."""
    submitted: str
    """When, as Canvas writes it; empty if nothing is handed in."""
    due: str
    """When it is due for this student; empty if there is no date."""
    late: bool
    kind: str
    """online_upload, online_text_entry, online_url, …"""
    files: tuple[File, ...]
    score: float | None
    """As it was entered, before Canvas's own late policy."""
    excused: bool
    deducted: float
    """Points that Canvas's own late policy takes."""
    comments: tuple[str, ...]
    """Names of the files that comments carry."""

    @classmethod
    def read(cls, said: Json, due: str) -> Self:
        """Read a Submission object."""
        user, group = said.get("user") or {}, said.get("group") or {}
        entered = said.get("entered_score", said.get("score"))
        return cls(
            user=int(said["user_id"]),
            name=str(user.get("name") or ""),
            sortable=str(user.get("sortable_name") or user.get("name") or ""),
            group=int(group["id"]) if group.get("id") else None,
            group_name=str(group.get("name") or ""),
            attempt=int(said.get("attempt") or 0),
            submitted=_moment(said.get("submitted_at")),
            due=_moment(said["cached_due_date"]) if "cached_due_date" in said else due,
            late=bool(said.get("late")),
            kind=str(said.get("submission_type") or ""),
            files=tuple(map(_file, said.get("attachments") or [])),
            score=None if entered is None else float(entered),
            excused=bool(said.get("excused")),
            deducted=float(said.get("points_deducted") or 0),
            comments=tuple(
                str(name)
                for comment in said.get("submission_comments") or []
                for one in comment.get("attachments") or []
                for name in (one.get("display_name"), one.get("filename"))
                if name
            ),
        )

    def file_name(self, file: File) -> str:
        """Return the name that Canvas's own download gives to a file."""
        who = re.sub(r"[\W_]+", "", self.sortable).lower() or "student"
        late = "_LATE" * self.late
        return f"{who}{late}_{self.user}_{file.number}_{ODD.sub('_', file.name)}"


def due_for(said: Json, assignment: Json) -> str:
    """Return a student's date by the assignment's overrides, those of sections aside."""
    group = (said.get("group") or {}).get("id")
    own = [
        one.get("due_at")
        for one in assignment.get("overrides") or []
        if said["user_id"] in (one.get("student_ids") or [])
        or (group is not None and one.get("group_id") == group)
    ]
    if own:
        return _moment(None if None in own else max(own, key=datetime.fromisoformat))
    return _moment(assignment.get("due_at"))


def of_sections(assignment: Json) -> Iterable[str]:
    """Return the sections that have a date of their own, which `due_for` cannot tell."""
    overrides = assignment.get("overrides") or []
    return [str(o.get("title") or "?") for o in overrides if o.get("course_section_id")]


def _file(said: Json) -> File:
    name = said.get("display_name") or said.get("filename") or "file"
    return File(int(said["id"]), str(name), str(said.get("url") or ""), int(said.get("size") or 0))


def _moment(said: Any) -> str:
    """Return a moment of Canvas's, or "". Raises ValueError for something else."""
    if not said:
        return ""
    datetime.fromisoformat(str(said))
    return str(said)
