"""Moodle: a zip for “Upload multiple feedback files in a zip”.

    Kim Minjun_4711_assignsubmission_file_/feedback.html

Moodle splits a folder's name at each `_` and takes the second part for the participant's number,
so a `_` in a name becomes a blank. Source: mod/assign/feedback/file/importziplib.php
"""

from ...intake.lms import MOODLE
from ...model.message import Message
from ...model.standing import Standing
from ...report.pages import feedback_html
from ...store.entry import Entry
from .form import Elsewhere, Files, Form

PLUGIN = "assignsubmission_file"
NOT_MOODLE = Message(
    "Moodle's number of a participant is not in the file's name; was the folder renamed?"
)


class Moodle(Form):
    """A page in the folder that Moodle's download had for a participant or a group."""

    next = Message(
        "In Moodle: the assignment, “Upload multiple feedback files in a zip”, {file}. “Feedback "
        "files” must be on among its feedback types."
    )

    def place(self, entry: Entry) -> str:
        """Return the folder's name. Raises Elsewhere."""
        claims = MOODLE.claims(entry.path, entry.path.parts)
        if not claims:
            raise Elsewhere(NOT_MOODLE)
        name = " ".join(claims[0].name.replace("_", " ").split()) or "Participant"
        return f"{name}_{claims[0].id}_{PLUGIN}_"

    def files(self, entry: Entry, standing: Standing, language: str) -> Files:
        """Return the student's page."""
        return {f"{self.place(entry)}/feedback.html": feedback_html(standing, language)}
