"""A Standing as results.json for PrairieLearn: a score from 0 to 1, and a list of tests.

PrairieLearn shows everything at once, so what an assignment shows later or never (its setting
`visibility`) stays out: these checks are one line, with their points and without words.
Source: https://docs.prairielearn.com/externalGrading/#grading-results
"""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from typing import Any

from ...model.message import Message
from ...model.result import Result, Status
from ...model.standing import Standing
from ...report.sanitize import OUR_FAULT, for_student, whole

MOST_BYTES = 1_000_000
"""PrairieLearn takes 1 MB."""
SHORT = 500
"""Characters of a text, if all are too many."""
UNSEEN = Message("Checks that are not shown")
WAITS = Message("This cannot be judged yet: another check does not hold.")
NOT_ALL = Message("Some texts are shortened.")


def results(standing: Standing, visibility: Mapping[str, str]) -> str:
    """Return the file; a submission that cannot be judged costs no attempt."""
    standing = for_student(standing)
    judgement = standing.judgement
    if judgement.problem or standing.score is None:
        said = f"{judgement.problem or OUR_FAULT}"
        return json.dumps({"gradable": False, "format_errors": [said]}, indent=1) + "\n"
    most = judgement.max_score
    shown = {r.check for r in judgement.results if _is_shown(r, visibility)}
    file: dict[str, Any] = {
        "gradable": True,
        "score": min(1.0, max(0.0, standing.score / most)) if most else 0.0,
        "message": f"{standing.score:g} / {most:g}",
        "output": "\n".join(map(str, judgement.notes)),
        "tests": [*_tests(judgement.results, shown)],
    }
    text = json.dumps(file, indent=1) + "\n"
    if len(text.encode()) <= MOST_BYTES:
        return text
    file["output"] = f"{NOT_ALL}"
    for test in file["tests"]:
        test["output"] = test["output"][:SHORT]
    return json.dumps(file, indent=1) + "\n"


def _tests(found: tuple[Result, ...], shown: set[str]) -> Iterator[dict[str, Any]]:
    for result in found:
        if result.check in shown:
            waits = result.status is Status.NOT_RUN and result.waits_for not in shown
            yield {
                "name": result.question,
                "description": f"{result.sentence}",
                "points": result.earned,
                "max_points": result.points,
                "message": "" if result.status is Status.PASSED else _ending(result),
                "output": f"{WAITS}" if waits and result.waits_for else whole(result),
            }
    if unseen := [result for result in found if result.check not in shown]:
        yield {
            "name": f"{UNSEEN}",
            "points": sum(result.earned for result in unseen),
            "max_points": sum(result.points for result in unseen),
        }


def _ending(result: Result) -> str:
    return result.status.value.replace("_", " ")


def _is_shown(result: Result, visibility: Mapping[str, str]) -> bool:
    levels = (level for pattern, level in visibility.items() if fnmatch(result.check, pattern))
    return result.public or next(levels, "visible") == "visible"
