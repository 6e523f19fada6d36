"""Gradescope: an autograder that has graded already.

Gradescope takes feedback from an autograder alone. So the zip is one: for each submission of the
export it holds the results.json, and its run_autograder puts that in place. A submission that was
made later gets a line that says so, and no score.
Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from ...model.language import speaker
from ...model.message import Message
from ...model.standing import Standing
from ...report.results_json import NOTHING_HIDDEN, results_json
from ...store.entry import Entry
from .form import Elsewhere, Files, Form

SUBMISSION = re.compile(r"submission_(\d+)")
SCRIPTS = Path(__file__).parents[2] / "templates" / "returned"
NOT_EXPORTED = Message("Gradescope's folder submission_… is not in the file's path.")
LATER = Message("This was handed in after the class was graded, and has no score yet.")


class Gradescope(Form):
    """The results of each submission, by the number of the submission."""

    next = Message(
        "In Gradescope: the assignment, “Configure Autograder”, {file}; then “Regrade All "
        "Submissions”. It grades nothing anew: it returns what was graded here."
    )

    def __init__(self, visibility: Mapping[str, str] = NOTHING_HIDDEN) -> None:
        self._visibility = visibility

    def place(self, entry: Entry) -> str:
        """Return the number of the submission. Raises Elsewhere."""
        for part in entry.path.parts[:-1]:  # the platform's folder is the outermost
            if found := SUBMISSION.fullmatch(part):
                return found[1]
        raise Elsewhere(NOT_EXPORTED)

    def files(self, entry: Entry, standing: Standing, language: str) -> Files:
        """Return the results.json."""
        results = results_json(standing, self._visibility, language)
        return {f"graded/{self.place(entry)}.json": results}

    def besides(self, language: str) -> Files:
        """Return the scripts, and what a later submission is told."""
        said = speaker(language)(LATER)
        later = {
            "output": said,
            "output_format": "text",
            "tests": [{"name": said, "visibility": "visible"}],
        }
        scripts = {path.name: path.read_bytes() for path in SCRIPTS.iterdir()}
        return {**scripts, "later.json": json.dumps(later, indent=1) + "\n"}
