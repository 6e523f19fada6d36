"""Turn Reports into the pages of students and of the class.

Nothing here reads the clock, and only the class's page shows wall times: regrading with the same
result gives the same bytes for all other files.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from ..files import replace_file
from ..model.language import DEFAULT, speaker
from ..model.result import CAUSES, Result
from ..model.verdict import Report, questions
from .formats import grades_csv
from .overview import Overview
from .page import template
from .results_json import results_json
from .sanitize import for_student
from .standing import Roll

Of = TypeVar("Of")
Files = Mapping[str, Callable[[Of, str], str | Iterable[str]]]


def feedback_html(report: Report, language: str = DEFAULT) -> str:
    """Return a student's page: question by question, the one thing to fix first standing out."""
    report = for_student(report, speaker(language))
    starts = {
        question: next((r for r in report.of(question) if r.status in CAUSES), None)
        for question in questions([report])
    }
    waiting = {question: _waiting(report, start) for question, start in starts.items()}
    return template("feedback.html", language).render(report=report, starts=starts, waiting=waiting)


def _waiting(report: Report, start: Result | None) -> list[Result]:
    """Return the checks that depend on this one, directly or indirectly."""
    missing = {function(start)} if start else set()
    found = []
    for result in report.results:
        if result.waits_for in missing:
            found.append(result)
            missing.add(function(result))
    return found


def function(result: Result) -> str:
    """Return the function of a check, whose name has its parameters after that."""
    return result.check.partition("[")[0]


def class_html(roll: Roll, language: str = DEFAULT) -> str:
    """Return the course team's page, which links to ``<student>/feedback.html`` beside it."""
    return "".join(class_pieces(roll, language))


def class_pieces(roll: Roll, language: str = DEFAULT) -> Iterator[str]:
    """Yield the course team's page in pieces; it walks through the class three times."""
    page = template("class.html", language)
    return page.generate(overview=Overview(roll), roll=roll)


STUDENTS: Files[Report] = {
    "results.json": lambda report, language: results_json(report, language=language),
    "feedback.html": feedback_html,
}
CLASS: Files[Roll] = {
    "report.html": class_pieces,
    "grades.csv": lambda roll, _: grades_csv(roll),
}
"""Writes the files of a student and of the class, in a language."""


def write(report: Report, folder: Path, language: str = DEFAULT) -> None:
    """Write the files of one student into `folder`. Raises Unwritable."""
    for name, make in STUDENTS.items():
        replace_file(folder / name, make(report, language))


def write_class(roll: Roll, folder: Path, language: str = DEFAULT) -> None:
    """Write the files of the whole class into `folder`. Raises Unwritable."""
    for name, make in CLASS.items():
        replace_file(folder / name, make(roll, language))
