"""Turn Reports into what people read: a student's feedback, the course team's page and tables.

Any string of a Report may come from a student, so it is cleaned once where it enters, and escaped
where it leaves. Nothing here reads the clock, and wall times stay out: a regrade that finds the
same gives the same bytes.
"""

import csv
import functools
import hashlib
import io
import json
import os
import re
import statistics
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from grader.verdict import Override, Report, Result, Status

BY_HAND = ("decided by hand", "comments")
LONGEST = 10_000  # characters of one text; a recursion error's traceback is about 3,000
CAUSES = (Status.FAILED, Status.STUDENT_ERROR, Status.TIMED_OUT, Status.OUT_OF_MEMORY)
DECIDED = "The course team has set the points of this question."
REMARK = "A remark of the course team."
NOTHING_HIDDEN: Mapping[str, str] = {}
OUR_FAULT = "Our fault, not yours: the course team will look at it. Until then there is no score."

_ESCAPES = re.compile(  # ECMA-48: strings (title, clipboard, link), then CSI, then the short ones
    r"\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(r"[\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")  # full width too: CJK spreadsheets accept it
_TRACEBACK = re.compile(r"^(?:Traceback \(|[ \t]+\S)", re.MULTILINE)


def clean(text: str) -> str:
    """Return text that is safe to show in a page, a table or a terminal.

    Terminal escapes and control characters go (newline and tab stay); lone surrogates and
    bidirectional overrides, which hide or reorder what is read, become visible as ``⟨U+202E⟩``;
    of a text longer than `LONGEST` the beginning and the end stay. Cleaning twice changes nothing.
    """
    text = _CONTROLS.sub("", re.sub(r"\r\n?", "\n", _ESCAPES.sub("", text)))
    text = _INVISIBLE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2 - 50  # leaves room for the line between
    return f"{text[:half]}\n⋯ {len(text) - 2 * half} characters left out ⋯\n{text[-half:]}"


def results_json(report: Report, visibility: Mapping[str, str] = NOTHING_HIDDEN) -> str:
    """Return Gradescope's ``results.json``; `visibility` as in Assignment.

    While `report.score` is None no score appears, not even for one test, since Gradescope would
    add those up. Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/
    """
    report = _for_student(report)
    lines = [report.problem, *report.notes, "" if report.judged else OUR_FAULT]
    whole: dict[str, object] = {
        "output": "\n".join(line for line in lines if line),
        "output_format": "text",  # Gradescope's default for this one renders HTML
        "extra_data": {"sha256": report.sha256, "layers": report.layers},
    }
    if report.judged:
        whole["score"] = report.score
    whole["tests"] = [
        test
        for i, question in enumerate(_questions([report]), 1)
        for test in _gradescope_question(report, question, i, visibility)
    ]
    return json.dumps(whole, indent=1) + "\n"


def _gradescope_question(
    report: Report, question: str, i: int, visibility: Mapping[str, str]
) -> Iterator[dict[str, object]]:
    """Yield what a person has decided, then the checks, whose points do not count beside that."""
    given = next((o for o in report.overrides if o.question == question), None)
    if given:
        by_hand: dict[str, object] = {
            "name": f"{question}: {DECIDED if given.points is not None else REMARK}",
            "name_format": "text",
            "number": f"{i}.0",
            "output": given.comment,
            "output_format": "text",
            "visibility": "visible",
        }
        if report.judged and given.points is not None:
            most = sum(result.points for result in report.of(question))
            by_hand |= {"score": given.points, "max_score": most}
        yield by_hand
    counts = report.judged and question not in report.decided
    for j, result in enumerate(report.of(question), 1):
        yield _gradescope_test(result, f"{i}.{j}", counts, _level(result, visibility))


def _level(result: Result, visibility: Mapping[str, str]) -> str:
    """Return when Gradescope shows a test; public checks always, since students have them.

    Visible unless an author says otherwise: one hidden test hides the total score as well.
    """
    levels = (level for pattern, level in visibility.items() if fnmatch(result.check, pattern))
    return "visible" if result.public else next(levels, "visible")


def _gradescope_test(result: Result, number: str, counts: bool, level: str) -> dict[str, object]:
    test: dict[str, object] = {
        "name": f"{result.question}: {result.sentence}",
        "name_format": "text",
        "number": number,
        "output": result.message,
        "output_format": "text",
        "visibility": level,
        "extra_data": {"check": result.check, "status": result.status},
    }
    if result.status is not Status.GRADER_ERROR:
        test["status"] = "passed" if result.status is Status.PASSED else "failed"
    if counts:
        test |= {"score": result.earned, "max_score": result.points}
    return test


def feedback_html(report: Report) -> str:
    """Return a student's page: question by question, the one thing to fix first standing out."""
    report = _for_student(report)
    starts = {
        question: next((r for r in report.of(question) if r.status in CAUSES), None)
        for question in _questions([report])
    }
    return template("feedback.html").render(report=report, starts=starts)


def class_html(reports: Iterable[Report]) -> str:
    """Return the course team's page, which links to ``<student>/feedback.html`` beside it."""
    reports = _sorted(reports)
    return template("class.html").render(
        reports=reports,
        needs_person=[r for r in reports if r.problem or not r.judged],
        scores=[r.score for r in reports if r.score is not None],
        bins=Counter(min(int(r.score), r.max_score) for r in reports if r.score is not None),
        max_score=max((r.max_score for r in reports), default=0),
        checks={question: _checks(reports, question) for question in _questions(reports)},
        statuses=Counter(result.status for r in reports for result in r.results),
        failures=_failures(reports),
        uses=_uses(reports),
    )


def grades_csv(reports: Iterable[Report]) -> str:
    """Return one row per student (RFC 4180); what is not judged is an empty cell, never a zero."""
    reports = _sorted(reports)
    questions = _questions(reports)
    rows: list[list[object]] = [
        ["student", "file", "sha256", "score", "max", *questions, *Status, *BY_HAND, "problem"]
    ]
    for r in reports:
        earned = [points(r, question) for question in questions]
        counts = Counter(result.status for result in r.results)
        row = [r.student, r.file, r.sha256, r.score, r.max_score, *earned]
        said = "; ".join(f"{o.question}: {o.comment}" for o in r.overrides if o.comment)
        by_hand = [" ".join(r.decided), said]
        rows.append([*row, *(counts[status] for status in Status), *by_hand, r.problem])
    table = io.StringIO()
    csv.writer(table).writerows(map(cell, row) for row in rows)
    return table.getvalue()


def write(report: Report, folder: Path) -> None:
    """Write ``results.json`` and ``feedback.html`` of one student into `folder`."""
    replace_file(folder / "results.json", results_json(report))
    replace_file(folder / "feedback.html", feedback_html(report))


def write_class(reports: Iterable[Report], folder: Path) -> None:
    """Write ``grades.csv`` and ``report.html`` of the whole class into `folder`."""
    reports = list(reports)
    replace_file(folder / "grades.csv", grades_csv(reports))
    replace_file(folder / "report.html", class_html(reports))


def replace_file(path: Path, text: str) -> None:
    """Write a file that is, whenever the process dies, either the old or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(text.encode())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _clean(value: Any) -> Any:
    """Clean every string inside a Report."""
    match value:
        case Report() | Result() | Override():
            return replace(value, **{f.name: _clean(getattr(value, f.name)) for f in fields(value)})
        case tuple():
            return tuple(map(_clean, value))
        case str() if not isinstance(value, Status):
            return clean(value)
    return value


def _uses(reports: list[Report]) -> list[tuple[str, list[Report]]]:
    """Return the names of torch and whose answers hold them, the rare ones first."""
    users: dict[str, list[Report]] = {}
    for report in reports:
        for name in report.uses:
            users.setdefault(name, []).append(report)
    return sorted(users.items(), key=lambda row: (len(row[1]), row[0]))


def _sorted(reports: Iterable[Report]) -> list[Report]:
    return sorted(map(_clean, reports), key=lambda report: report.student)


def _for_student(report: Report) -> Report:
    """Clean a Report and take out what only the course team may see."""
    results = (
        replace(r, detail="", message=OUR_FAULT if r.status is Status.GRADER_ERROR else r.message)
        for r in report.results
    )
    return _clean(replace(report, output="", results=tuple(results)))  # type: ignore[no-any-return]


def _questions(reports: Iterable[Report]) -> list[str]:
    """Return the questions in order; a result outside the listed ones still gets its place."""
    names: list[str] = []
    for r in reports:
        names += [
            *r.questions,
            *(x.question for x in r.results),
            *(o.question for o in r.overrides),
        ]
    return list(dict.fromkeys(names))


def points(report: Report, question: str) -> float | None:
    """Return the points of a question, or None while it is neither judged nor decided."""
    results = report.of(question)
    overrides = tuple(o for o in report.overrides if o.question == question)
    part = replace(report, results=results, overrides=overrides)
    return part.score if results or part.decided else None


def cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def _checks(reports: Iterable[Report], question: str) -> list[tuple[Result, Counter[Status]]]:
    """Return each check of a question, by an example, with how often it ended in which way."""
    counts: dict[str, tuple[Result, Counter[Status]]] = {}
    for result in (r for report in reports for r in report.of(question)):
        counts.setdefault(result.check, (result, Counter()))[1][result.status] += 1
    return list(counts.values())


def _failures(reports: Iterable[Report]) -> list[tuple[Result, list[str]]]:
    """Return an example and the students of each check and message, most frequent first."""
    found: dict[tuple[str, ...], tuple[Result, list[str]]] = {}
    for report in reports:
        for result in (r for r in report.results if r.status in CAUSES):
            key = (result.question, result.check, result.status, _headline(result.message))
            found.setdefault(key, (result, []))[1].append(report.student)
    return sorted(found.values(), key=lambda failure: -len(failure[1]))


def _parts(message: str) -> tuple[str, str]:
    """Split a message into its words and the traceback that follows them."""
    found = _TRACEBACK.search(message)
    cut = found.start() if found else len(message)
    return message[:cut].strip(), message[cut:].rstrip()


def _headline(message: str) -> str:
    """Return the line of a message that tells most: its first, or a traceback's last."""
    words, traceback = _parts(message)
    return words.partition("\n")[0] or traceback.rpartition("\n")[2]


def _prose(text: str) -> Markup:
    """Return escaped text in which `names between backticks` are set as code."""
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(text))))


def _csp_hash(text: str) -> str:
    """Return the source expression that lets exactly this inline style or script through."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@functools.cache
def template(name: str) -> Template:
    """Return a template of pages that load nothing and let nothing in; see templates/base.html."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (_csp_hash, _headline, _parts, points, _prose, statistics.fmean, statistics.median)
    environment.filters |= {f.__name__.lstrip("_"): f for f in filters}
    environment.filters["url"] = lambda text: quote(text, safe="")
    environment.globals |= {"Status": Status, "CAUSES": CAUSES, "OUR_FAULT": OUR_FAULT}
    environment.globals |= {"DECIDED": DECIDED, "REMARK": REMARK}
    return environment.get_template(name)
