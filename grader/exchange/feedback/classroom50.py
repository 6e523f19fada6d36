"""Classroom 50: a result.json (`classroom50/result/v1`) for each repository.

What the runner has written into a submission's release names that submission; points and tests are
replaced. Tests are the questions alone: releases and bundles may be public, and what a hidden check
is called or says must not be. Points are whole numbers there.
Source: https://github.com/foundation50/classroom50/wiki/Advanced-Autograding
"""

import json
from pathlib import Path
from typing import Any

from ...model.late import EXCUSED
from ...model.message import Message
from ...model.standing import SUBMISSION, Standing
from ...store.entry import Entry
from .form import Elsewhere, Files, Form, beside

SCHEMA = "classroom50/result/v1"
RESULT = "result.json"
REQUIRED = ("classroom", "assignment", "submission", "commit", "release", "review", "datetime")
KEPT = (*REQUIRED, "assignment_type", "owner")
LONGEST = 1000
NOT_DOWNLOADED = Message(
    "No result.json of Classroom 50 lies in the repository: `gh teacher download` puts it there "
    "once a submission has a release."
)
NOT_WHOLE = Message("Classroom 50 takes whole points only, and these have a fraction: {points}")


class Classroom50(Form):
    """A result with whole points."""

    zipped = False
    next = Message(
        "For each repository in {file}: gh release upload TAG result.json --clobber, where TAG is "
        "its “submission”; then collect the scores anew."
    )

    def place(self, entry: Entry) -> str:
        """Return the name of the repository's folder. Raises Elsewhere."""
        return _repository(entry.path).name

    def files(self, entry: Entry, standing: Standing, language: str) -> Files:
        """Return the result. Raises Elsewhere for points with a fraction."""
        repository = _repository(entry.path)
        tests = [_test(question, standing) for question in standing.questions]
        score, most = _whole(standing.score or 0), _whole(standing.judgement.max_score)
        if bonus := _whole(standing.bonus):
            tests.append(_beside(SUBMISSION, bonus))
        if late := score - sum(test["score"] for test in tests):
            tests.append(_beside(EXCUSED, late))
        said = _said(repository)
        kept = {name: said[name] for name in KEPT if name in said}
        result = {"schema": SCHEMA, **kept, "score": score, "max-score": most, "tests": tests}
        return {f"{repository.name}/{RESULT}": json.dumps(result, indent=2) + "\n"}


def _repository(path: Path) -> Path:
    """Return the outermost folder with a result: what lies deeper is the student's."""
    for folder in reversed(path.parents):
        said = _said(folder)
        if all(isinstance(said.get(name), str) for name in REQUIRED):
            return folder
    raise Elsewhere(NOT_DOWNLOADED)


def _said(folder: Path) -> dict[str, Any]:
    """Return what a result says, as far as it is short text; empty if it is not one."""
    try:
        said = json.loads(beside(folder / RESULT) or b"")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(said, dict) or said.get("schema") != SCHEMA:
        return {}
    return {n: v for n, v in said.items() if isinstance(v, str) and len(v) <= LONGEST}


def _test(question: str, standing: Standing) -> dict[str, Any]:
    most = sum(result.points for result in standing.judgement.of(question))
    score = standing.points(question) or 0
    return {
        "test-name": question,
        "passed": score >= most,
        "score": _whole(score),
        "max-score": _whole(most),
    }


def _beside(name: str, points: int) -> dict[str, Any]:
    """Return what is added to the points of the questions, or taken from them."""
    return {"test-name": name, "passed": points >= 0, "score": points, "max-score": 0}


def _whole(points: float) -> int:
    if points != int(points):
        raise Elsewhere(NOT_WHOLE.format(points=points))
    return int(points)
