"""nbgrader: the folder `feedback` of a course, for `nbgrader release_feedback`.

    feedback/kimm/attention/attention.html, with timestamp.txt and submission_secret.txt

`nbgrader fetch_feedback` finds a page by a hash of its submission's secret, which nbgrader has put
beside what it collected. Source: nbgrader/exchange/default/release_feedback.py
"""

from ...model.message import Message
from ...model.standing import Standing
from ...report.pages import feedback_html
from ...store.entry import Entry
from .form import Elsewhere, Files, Form, beside

RECEIPTS = ("timestamp.txt", "submission_secret.txt")
NOT_COLLECTED = Message(
    "{file} is not beside it: only what was fetched by `nbgrader collect` can be answered."
)


class Nbgrader(Form):
    """A page and the receipts of the submission in the place where nbgrader would write them."""

    zipped = False
    next = Message(
        "In {file}: nbgrader release_feedback {assignment}. Students: nbgrader fetch_feedback "
        "{assignment}."
    )

    def place(self, entry: Entry) -> str:
        """Return the student's folder and its assignment. Raises Elsewhere."""
        for name in RECEIPTS:
            if beside(entry.path.with_name(name)) is None:
                raise Elsewhere(NOT_COLLECTED.format(file=name))
        return f"{entry.path.parent.parent.name}/{entry.path.parent.name}"

    def files(self, entry: Entry, standing: Standing, language: str) -> Files:
        """Return the page, under the notebook's name, and the receipts."""
        folder = f"feedback/{self.place(entry)}"
        receipts = {
            f"{folder}/{name}": beside(entry.path.with_name(name)) or b"" for name in RECEIPTS
        }
        return {f"{folder}/{entry.path.stem}.html": feedback_html(standing, language), **receipts}
