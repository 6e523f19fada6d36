"""How a submission ended, in one word."""

from ..model.result import CAUSES, Status
from ..model.standing import Standing

FULL, PERSON, BLANK = "full_marks", "for_a_person", "not_filled_in"


NEEDS = OURS, UNREAD, UNBEGUN = "ours", "unread", "unbegun"
"""Why a person must look: a fault of ours, a file that was refused, nothing filled in."""


def needs(standing: Standing) -> str:
    """Return why somebody must look at a submission, one of NEEDS, or empty."""
    if not standing.judged:
        return OURS
    if not standing.judgement.problem:
        return ""
    return UNBEGUN if any(r.unwritten for r in standing.judgement.results) else UNREAD


def for_a_person(standing: Standing) -> bool:
    """Whether somebody must look at a submission."""
    return bool(needs(standing))


def outcome(standing: Standing) -> str:
    """Return how a submission ended: FULL, PERSON, or the status of the first thing to repair.

    That is BLANK where it is not written yet.
    """
    if for_a_person(standing):
        return PERSON
    if (standing.earned or 0) >= standing.judgement.max_score:
        return FULL
    lost = (result for result in standing.judgement.results if result.status in CAUSES)
    first = next(lost, None)
    if first is None:
        return Status.NOT_RUN
    return BLANK if first.unwritten else first.status
