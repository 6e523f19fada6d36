"""Canvas: a zip for “Upload Submissions”, which adds each file to its submission as a comment.

    kimminjun_4711_8899_attention.ipynb

Canvas takes the first two parts of a name that are numbers for the student and the file that was
handed in, and shows what comes back under the name of that file. So what comes back is a notebook:
a page would be called attention.ipynb, and not open. Its cells are raw, which Jupyter shows as they
are and never runs or renders. Source: generate_comments_from_files in Canvas' assignment model
"""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from ...course.notebook_format import nbformat
from ...intake.lms import CANVAS
from ...model.language import speaker
from ...model.message import Message
from ...model.standing import Standing
from ...report.results_json import results_json
from ...store.entry import Entry
from .form import Elsewhere, Files, Form

NOT_CANVAS = Message("Canvas' numbers of student and file are not in the file's name.")
NOT_A_NOTEBOOK = Message(
    "Canvas shows feedback under the name of what was handed in, and that is not a notebook."
)
MARKS = {"passed": "✓", "failed": "✗"}


class Canvas(Form):
    """A notebook of the same name as the one that was handed in."""

    next = Message(
        "In Canvas: the assignment, “Upload Submissions” (in SpeedGrader's or the assignment's "
        "menu), {file}. Each student finds a notebook with the feedback among the comments."
    )

    def place(self, entry: Entry) -> str:
        """Return the name of the file. Raises Elsewhere."""
        name = entry.path.name
        numbers = [part for part in name.split("_") if part.isascii() and part.isdigit()]
        claims = CANVAS.claims(entry.path, (name,))
        if not claims or numbers[:2] != [claims[0].id, str(claims[0].number)]:
            raise Elsewhere(NOT_CANVAS)
        if entry.path.suffix.lower() != ".ipynb":
            raise Elsewhere(NOT_A_NOTEBOOK)
        return name

    def files(self, entry: Entry, standing: Standing, language: str) -> Files:
        """Return the notebook."""
        about = json.loads(results_json(standing, language=language))
        cells = [
            nbformat.v4.new_raw_cell(text, id=f"feedback-{i}")  # type: ignore[no-untyped-call]
            for i, text in enumerate(_texts(about, standing, language))
        ]
        notebook = nbformat.v4.new_notebook(cells=cells)  # type: ignore[no-untyped-call]
        written = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
        return {self.place(entry): f"{written}\n"}


def _texts(about: dict[str, Any], standing: Standing, language: str) -> Iterator[str]:
    """Yield the score, then a text for each question."""
    score = Message(
        "{points} of {max} points", points=standing.score, max=standing.judgement.max_score
    )
    head = (standing.judgement.title, standing.student, speaker(language)(score), about["output"])
    yield "\n".join(filter(None, head))
    for _, tests in groupby(about["tests"], key=lambda test: test["number"].partition(".")[0]):
        yield "\n\n".join(map(_text, tests))


def _text(test: dict[str, Any]) -> str:
    points = f" ({test['score']:g}/{test['max_score']:g})" if "score" in test else ""
    mark = MARKS.get(test.get("status", ""), "·")
    return "\n".join(filter(None, (f"{mark} {test['name']}{points}", test["output"])))
