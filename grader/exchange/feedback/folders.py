"""A folder per student, for whatever way feedback is handed out by hand."""

from ...model.message import Message
from ...model.standing import Standing
from ...report.pages import feedback_html
from ...store.entry import Entry
from .form import Files, Form


class Folders(Form):
    """A page in a folder that is named by the student's id."""

    next = Message("{file} has a folder for each student.")

    def place(self, entry: Entry) -> str:
        """Return the student: nobody shares a folder."""
        return entry.student

    def files(self, entry: Entry, standing: Standing, language: str) -> Files:
        """Return the student's page."""
        return {f"{standing.student}/feedback.html": feedback_html(standing, language)}
