"""How a submission ended, in one word."""

from ..model.result import CAUSES, Status
from ..model.verdict import Report

FULL, PERSON = "full_marks", "for_a_person"


def for_a_person(report: Report) -> bool:
    """Whether somebody must look at a submission."""
    return bool(report.problem) or not report.judged


def outcome(report: Report) -> str:
    """Return how a submission ended: FULL, PERSON, or the status of the first thing to repair."""
    if for_a_person(report):
        return PERSON
    if report.earned == report.max_score:
        return FULL
    lost = [r.status for r in report.results if r.status is not Status.PASSED]
    return next((status for status in lost if status in CAUSES), Status.NOT_RUN)
