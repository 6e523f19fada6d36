"""Send scores, comments and pages to Canvas, one student after the other."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...model.message import Message, Text
from .line import CanvasError
from .plan import Fate, Plan, Row

OF_ONE = (400, 404, 409, 422)
"""Statuses that are about one student; the others end the command."""


@dataclass
class Sent:
    """How many were sent, and what a person should know."""

    students: int = 0
    doubts: list[Text] = field(default_factory=list)


def push(plan: Plan, sent: Sent, show: Callable[[], object] = lambda: None) -> None:
    """Send what is to be sent; `sent` is right at any moment, `show` is called after each row.

    Raises CanvasError, Unreachable and Unwritable; what was acknowledged is in the journal.
    """
    for row in plan.to_send:
        try:
            deducted = _send(plan, row)
        except CanvasError as error:
            if error.status not in OF_ONE:
                raise
            sent.doubts.append(_about(row, error))
            continue
        sent.students += len(row.students)
        if deducted:
            sent.doubts.append(
                _about(
                    row,
                    Message(
                        "Canvas's own late policy takes {points} points more: leave either that or "
                        "--late out",
                        points=f"{deducted:g}",
                    ),
                )
            )
        show()


def _send(plan: Plan, row: Row) -> float:
    """Send one row; return the points that Canvas itself takes for lateness."""
    score = row.after or 0.0
    plan.journal.note(row.user, score, row.file, acknowledged=False)
    comment: dict[str, Any] = {
        "text_comment": row.comment,
        "file_ids": [plan.desk.upload(row.user, row.file, plan.page(row))],
    }
    if row.attempt:
        comment["attempt"] = row.attempt
    if row.together:
        comment["group_comment"] = True
    given = None if row.fate is Fate.FEEDBACK else score
    deducted = plan.desk.grade(row.user, given, comment)
    plan.journal.note(row.user, score, row.file, acknowledged=True)
    return deducted


def _about(row: Row, what: object) -> Message:
    return Message("{student}: {what}", student=", ".join(row.students), what=what)
