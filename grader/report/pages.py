"""Turn Standings into the pages of students and of the class.

Nothing here reads the clock, and only the class's page shows wall times: regrading with the same
result gives the same bytes for all other files.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from ..files import replace_file
from ..model.language import DEFAULT, Say, speaker
from ..model.message import Message
from ..model.result import CAUSES, Result, Status
from ..model.standing import Standing
from .answer import Answer
from .following import following
from .formats import grades_csv
from .mailto import mailto
from .overview import Overview
from .page import template
from .results_json import results_json
from .roll import Roll
from .sanitize import for_student

Of = TypeVar("Of")
FOLLOWS = Message(
    "Your answer here is right. In your notebook this fails all the same, because of `{question}`: "
    "repair that first."
)
Files = Mapping[str, Callable[[Of, str], str | Iterable[str]]]
STUDENT_PAGE, CLASS_PAGE = "feedback.html", "class.html"


def prepare(language: str) -> None:
    """Compile the templates of all pages: 0.15 s, which need not pass after the judging."""
    for name in (STUDENT_PAGE, CLASS_PAGE):
        template(name, language)


def feedback_html(standing: Standing, language: str = DEFAULT) -> str:
    """Return a student's page: question by question, the one thing to fix first standing out."""
    say = speaker(language)
    standing = _without_what_follows(for_student(standing, say), say)
    starts = {
        question: next((r for r in standing.judgement.of(question) if r.status in CAUSES), None)
        for question in standing.questions
    }
    return template(STUDENT_PAGE, language).render(
        standing=standing,
        judgement=standing.judgement,
        starts=starts,
        first_cause=next(filter(None, starts.values()), None),
        answers={
            code.question: Answer.of(code, start)
            for code in standing.judgement.code
            if (start := starts.get(code.question))
        },
        waiting={question: _waiting(standing, start) for question, start in starts.items()},
        mailto=partial(mailto, standing, say=say),
    )


def _without_what_follows(standing: Standing, say: Say) -> Standing:
    """Have the checks wait that fail for the sake of an earlier question alone."""
    judgement = standing.judgement
    follows = following(judgement, standing.questions)
    results = (
        replace(
            result, status=Status.NOT_RUN, traceback="", picture=None,
            message=say(FOLLOWS.format(question=follows[result.check])),
        )
        if result.check in follows
        else result
        for result in judgement.results
    )  # fmt: skip
    return replace(standing, judgement=replace(judgement, results=tuple(results)))


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
    page = template(CLASS_PAGE, language)
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
