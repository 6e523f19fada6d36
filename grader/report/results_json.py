"""A Standing in Gradescope's format: results.json, which other platforms and scripts also read.

Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch

from ..model.language import DEFAULT, Say, speaker
from ..model.message import Message, Text, counted
from ..model.result import Result, Status
from ..model.standing import SUBMISSION, Standing
from .sanitize import OUR_FAULT, for_student, whole

DECIDED = Message("The course team has set the points of this question.")
REMARK = Message("A remark of the course team.")
ADDED = counted(
    "The course team has added {points} point to those of the questions.",
    "The course team has added {points} points to those of the questions.",
    n=0,
)
TAKEN = counted(
    "The course team has taken {points} point from those of the questions.",
    "The course team has taken {points} points from those of the questions.",
    n=0,
)
NOTHING_HIDDEN: Mapping[str, str] = {}


def results_json(
    standing: Standing, visibility: Mapping[str, str] = NOTHING_HIDDEN, language: str = DEFAULT
) -> str:
    """Return Gradescope's ``results.json`` in a language; `visibility` as in Assignment.

    While `standing.score` is None no score appears, not even for one test, since Gradescope would
    add those up.
    """
    say = speaker(language)
    standing = for_student(standing, say)
    judgement = standing.judgement
    ours = "" if standing.judged else OUR_FAULT
    lines = [judgement.problem, *judgement.notes, ours, late(standing)]
    file: dict[str, object] = {
        "output": "\n".join(say(line) for line in lines if line),
        "output_format": "text",  # Gradescope's default for this one renders HTML
        "extra_data": {"sha256": judgement.sha256, "layers": judgement.layers},
    }
    if standing.judged:
        file["score"] = standing.score
    file["tests"] = [
        *_gradescope_submission(standing, say),
        *(
            test
            for i, question in enumerate(standing.questions, 1)
            for test in _gradescope_question(standing, question, i, visibility, say)
        ),
    ]
    return json.dumps(file, indent=1) + "\n"


def added(points: float | None) -> Text:
    """Say what a person has added to the points of the questions, or taken; or just a remark."""
    if not points:
        return REMARK
    said = ADDED if points > 0 else TAKEN
    return said.format(n=1 if abs(points) == 1 else 2, points=f"{abs(points):g}")


def late(standing: Standing) -> Text:
    """Say what lateness costs; empty if the submission was in time."""
    if not standing.hours:
        return ""
    n, hours = 1 if standing.hours == 1 else 2, f"{standing.hours:g}"  # 1.5 hours are more than one
    if not standing.late_rule or standing.score is None:
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
        n=n, hours=hours, earned=standing.earned, score=standing.score, rule=standing.late_rule,
    )  # fmt: skip


def _gradescope_submission(standing: Standing, say: Say) -> Iterator[dict[str, object]]:
    """Yield what a person has decided about the whole submission."""
    for given in standing.overrides:
        if given.question == SUBMISSION:
            about: dict[str, object] = {
                "name": say(added(given.points)),
                "name_format": "text",
                "number": "0.0",
                "output": given.comment,
                "output_format": "text",
                "visibility": "visible",
            }
            if standing.judged and given.points:
                about |= {"score": given.points, "max_score": 0}
            yield about


def _gradescope_question(
    standing: Standing, question: str, i: int, visibility: Mapping[str, str], say: Say
) -> Iterator[dict[str, object]]:
    """Yield what a person has decided, then the checks, whose points do not count beside that."""
    given = next((o for o in standing.overrides if o.question == question), None)
    if given:
        by_hand: dict[str, object] = {
            "name": f"{question}: {say(DECIDED if given.points is not None else REMARK)}",
            "name_format": "text",
            "number": f"{i}.0",
            "output": given.comment,
            "output_format": "text",
            "visibility": "visible",
        }
        if standing.judged and given.points is not None:
            most = sum(result.points for result in standing.judgement.of(question))
            by_hand |= {"score": given.points, "max_score": most}
        yield by_hand
    counts = standing.judged and question not in standing.decided
    for j, result in enumerate(standing.judgement.of(question), 1):
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
