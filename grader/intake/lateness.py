"""How late a file is, and what is unsure about its time."""

from ..model.message import Message, Text
from .choice import listed
from .due import Due
from .people import People
from .platform import Claim, IntakeError

YEAR = 366 * 24
"""Hours; who is later than that has a clock that is wrong, or the deadline has another year."""
AT_ONCE = 600
"""Seconds within which a platform packs a class: equal times are those of the download."""


def lateness(
    student: str, claim: Claim, hours: float | None, *, stamped: bool, due: bool
) -> tuple[Text, bool]:
    """Return a line on a file that is late, or nothing, and whether a person must look at it.

    Args:
        student: the id.
        claim: what the platform says about the file.
        hours: after what is due, or None where that or the file's time is not known.
        stamped: whether the platform keeps times of its own.
        due: whether anything is due.
    """
    if hours and (hours > YEAR or (stamped and not claim.attempt)):
        return Message(
            "late by {hours} hours, if the time of the file is right: {student}",
            hours=f"{hours:g}",
            student=student,
        ), True
    if hours:
        return Message("late: {student}", student=student), False
    if claim.late:
        marked = Message("marked as late by the platform: {student}", student=student)
        return marked, due and hours is None
    return "", False


def times_are_known(found: People, due: Due) -> tuple[bool, list[Text]]:
    """Whether times can be compared with the deadline, and what a person must look at.

    Equal times are the download's. Raises IntakeError where no file has a time.
    """
    claims = {student: [file.claim for file in files] for student, files in found.files.items()}
    unknown = [one for one, of_one in claims.items() if any(c.moment is None for c in of_one)]
    if unknown and len(unknown) == len(claims):
        raise IntakeError(
            Message(
                "The files of {students} do not say when they were submitted. Clones never do: let "
                "the platform enforce the deadline, and leave --deadline out.",
                students=listed(unknown),
            )
        )
    doubts: list[Text] = [
        Message("the files of {student} do not say when they were submitted", student=one)
        for one in unknown
    ]
    own = any(claim.attempt for of_one in claims.values() for claim in of_one)
    moments = [c.moment for of_one in claims.values() for c in of_one if c.moment is not None]
    at_once = max(moments) - min(moments) <= AT_ONCE
    first = due.first
    if own or len(claims) < 2 or not at_once or not (first and first.is_late(min(moments))):
        return True, doubts
    doubts.append(
        Message(
            "all files have the time of the download, after the deadline: nobody is counted as late"
        )
    )
    return False, doubts
