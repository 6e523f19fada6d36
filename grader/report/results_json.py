"""A Report in Gradescope's format: results.json, which other platforms and scripts also read.

Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch

from ..model.language import DEFAULT, Say, speaker
from ..model.message import Message, Text, counted
from ..model.result import Result, Status
from ..model.verdict import Report, questions
from .sanitize import OUR_FAULT, for_student, whole

DECIDED = Message("The course team has set the points of this question.")
REMARK = Message("A remark of the course team.")
NOTHING_HIDDEN: Mapping[str, str] = {}


def results_json(
    report: Report, visibility: Mapping[str, str] = NOTHING_HIDDEN, language: str = DEFAULT
) -> str:
    """Return Gradescope's ``results.json`` in a language; `visibility` as in Assignment.

    While `report.score` is None no score appears, not even for one test, since Gradescope would
    add those up.
    """
    say = speaker(language)
    report = for_student(report, say)
    lines = [report.problem, *report.notes, "" if report.judged else OUR_FAULT, late(report)]
    file: dict[str, object] = {
        "output": "\n".join(say(line) for line in lines if line),
        "output_format": "text",  # Gradescope's default for this one renders HTML
        "extra_data": {"sha256": report.sha256, "layers": report.layers},
    }
    if report.judged:
        file["score"] = report.score
    file["tests"] = [
        test
        for i, question in enumerate(questions([report]), 1)
        for test in _gradescope_question(report, question, i, visibility, say)
    ]
    return json.dumps(file, indent=1) + "\n"


def late(report: Report) -> Text:
    """Say what lateness costs; empty if the submission was in time."""
    if not report.hours:
        return ""
    n, hours = 1 if report.hours == 1 else 2, f"{report.hours:g}"  # 1.5 hours are more than one
    if not report.late_rule or report.score is None:
        return counted(
            "Handed in {hours} hour after the deadline.",
            "Handed in {hours} hours after the deadline.",
            n=n, hours=hours,
        )  # fmt: skip
    return counted(
        "Handed in {hours} hour after the deadline: {earned} points count as {score}, by the rule "
        "{rule}.",
        "Handed in {hours} hours after the deadline: {earned} points count as {score}, by the rule "
        "{rule}.",
        n=n, hours=hours, earned=report.earned, score=report.score, rule=report.late_rule,
    )  # fmt: skip


def _gradescope_question(
    report: Report, question: str, i: int, visibility: Mapping[str, str], say: Say
) -> Iterator[dict[str, object]]:
    """Yield what a person has decided, then the checks, whose points do not count beside that."""
    given = next((o for o in report.overrides if o.question == question), None)
    if given:
        by_hand: dict[str, object] = {
            "name": f"{question}: {say(DECIDED if given.points is not None else REMARK)}",
            "name_format": "text",
            "number": f"{i}.0",
            "output": given.comment,
            "output_format": "text",
            "visibility": "visible",
        }
        if report.judged and given.points is not None:
            most = sum(result.points for result in report.of(question))
            by_hand |= {"score": given.points, "max_score": most}
        yield by_hand
    counts = report.judged and question not in report.decided
    for j, result in enumerate(report.of(question), 1):
        yield _gradescope_test(result, f"{i}.{j}", counts, _level(result, visibility))


def _level(result: Result, visibility: Mapping[str, str]) -> str:
    """Return when Gradescope shows a test; public checks always, since students have them.

    Visible unless an author says otherwise: one hidden test hides the total score as well.
    """
    levels = (level for pattern, level in visibility.items() if fnmatch(result.check, pattern))
    return "visible" if result.public else next(levels, "visible")


def _gradescope_test(result: Result, number: str, counts: bool, level: str) -> dict[str, object]:
    test: dict[str, object] = {
        "name": f"{result.question}: {result.sentence}",
        "name_format": "text",
        "number": number,
        "output": whole(result),
        "output_format": "text",
        "visibility": level,
        "extra_data": {"check": result.check, "status": result.status},
    }
    if not result.counted:
        return test  # without a status and points it is neither passed nor failed
    if result.status is not Status.GRADER_ERROR:
        test["status"] = "passed" if result.status is Status.PASSED else "failed"
    if counts:
        test |= {"score": result.earned, "max_score": result.points}
    return test
