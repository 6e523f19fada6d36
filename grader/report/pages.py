"""Turn Standings into the pages of students and of the class.

Nothing here reads the clock, and only the class's page shows wall times: regrading with the same
result gives the same bytes for all other files.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from ..files import replace_file
from ..model.language import DEFAULT, speaker
from ..model.result import CAUSES, Result
from ..model.standing import Standing
from .formats import grades_csv
from .overview import Overview
from .page import template
from .results_json import results_json
from .roll import Roll
from .sanitize import for_student

Of = TypeVar("Of")
Files = Mapping[str, Callable[[Of, str], str | Iterable[str]]]


def feedback_html(standing: Standing, language: str = DEFAULT) -> str:
    """Return a student's page: question by question, the one thing to fix first standing out."""
    standing = for_student(standing, speaker(language))
    starts = {
        question: next((r for r in standing.judgement.of(question) if r.status in CAUSES), None)
        for question in standing.questions
    }
    waiting = {question: _waiting(standing, start) for question, start in starts.items()}
    return template("feedback.html", language).render(
        standing=standing, judgement=standing.judgement, starts=starts, waiting=waiting
    )


def _waiting(standing: Standing, start: Result | None) -> list[Result]:
    """Return the checks that depend on this one, directly or indirectly."""
    missing = {function(start)} if start else set()
    found = []
    for result in standing.judgement.results:
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


STUDENTS: Files[Standing] = {
    "results.json": lambda standing, language: results_json(standing, language=language),
    "feedback.html": feedback_html,
}
CLASS: Files[Roll] = {
    "report.html": class_pieces,
    "grades.csv": lambda roll, _: grades_csv(roll),
}
"""Writes the files of a student and of the class, in a language."""


def write(standing: Standing, folder: Path, language: str = DEFAULT) -> None:
    """Write the files of one student into `folder`. Raises Unwritable."""
    for name, make in STUDENTS.items():
        replace_file(folder / name, make(standing, language))


def write_class(roll: Roll, folder: Path, language: str = DEFAULT) -> None:
    """Write the files of the whole class into `folder`. Raises Unwritable."""
    for name, make in CLASS.items():
        replace_file(folder / name, make(roll, language))
