"""Turn Reports into the files that people read, of a student and of the class.

Nothing here reads the clock, and wall times are on the class's page alone: a regrade that finds the
same gives the same bytes of all others.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from .clean import for_student, in_order
from .clusters import Clusters
from .file import replace_file
from .formats import grades_csv
from .page import template
from .results import results_json
from .verdict import CAUSES, Report, Result, Status, questions
from .words import DEFAULT


def feedback_html(report: Report, language: str = DEFAULT) -> str:
    """Return a student's page: question by question, the one thing to fix first standing out."""
    report = for_student(report)
    starts = {
        question: next((r for r in report.of(question) if r.status in CAUSES), None)
        for question in questions([report])
    }
    waiting = {question: _waiting(report, start) for question, start in starts.items()}
    return template("feedback.html", language).render(report=report, starts=starts, waiting=waiting)


def _waiting(report: Report, start: Result | None) -> list[Result]:
    """Return what cannot be judged until this holds, at first or second hand."""
    missing = {start.sentence} if start else set()
    found = []
    for result in report.results:
        if result.status is Status.NOT_RUN and any(map(result.message.endswith, missing)):
            found.append(result)
            missing.add(result.sentence)
    return found


def class_html(reports: Iterable[Report], language: str = DEFAULT) -> str:
    """Return the course team's page, which links to ``<student>/feedback.html`` beside it."""
    reports = in_order(reports)
    return template("class.html", language).render(
        reports=reports,
        needs_person=[r for r in reports if r.problem or not r.judged],
        scores=[r.score for r in reports if r.score is not None],
        bins=Counter(min(int(r.score), r.max_score) for r in reports if r.score is not None),
        max_score=max((r.max_score for r in reports), default=0),
        checks={question: _checks(reports, question) for question in questions(reports)},
        statuses=Counter(result.status for r in reports for result in r.results),
        clusters=Clusters.of(reports),
        uses=_uses(reports),
    )


def write(report: Report, folder: Path, language: str = DEFAULT) -> None:
    """Write ``results.json`` and ``feedback.html`` of one student into `folder`."""
    replace_file(folder / "results.json", results_json(report))
    replace_file(folder / "feedback.html", feedback_html(report, language))


def write_class(reports: Iterable[Report], folder: Path, language: str = DEFAULT) -> None:
    """Write ``grades.csv`` and ``report.html`` of the whole class into `folder`."""
    reports = list(reports)
    replace_file(folder / "grades.csv", grades_csv(reports))
    replace_file(folder / "report.html", class_html(reports, language))


def _uses(reports: list[Report]) -> list[tuple[str, list[Report]]]:
    """Return the names of torch and whose answers hold them, the rare ones first."""
    users: dict[str, list[Report]] = {}
    for report in reports:
        for name in report.uses:
            users.setdefault(name, []).append(report)
    return sorted(users.items(), key=lambda row: (len(row[1]), row[0]))


def _checks(reports: Iterable[Report], question: str) -> list[tuple[Result, Counter[Status]]]:
    """Return each check of a question, by an example, with how often it ended in which way."""
    counts: dict[str, tuple[Result, Counter[Status]]] = {}
    for result in (r for report in reports for r in report.of(question)):
        counts.setdefault(result.check, (result, Counter()))[1][result.status] += 1
    return list(counts.values())
