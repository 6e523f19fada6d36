"""Build the students' notebook from the author's file."""

import copy
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..files import replace_file
from ..model.language import DEFAULT, speaker
from .assignment import Assignment
from .catalogue import translations
from .cell import Cell, without_solution
from .course import Course
from .hints import hints, refuse_public_hints, without_hints
from .notebook_format import nbformat
from .sentences import of_students
from .wordless import refuse_wordless
from .words import WORDS

Json = dict[str, Any]

TEXTS = Path(__file__).parents[1] / "templates" / "notebook"
"""Texts with which every notebook begins and ends."""
ADDED = ("run-checks", "all-checks", "check-all")
"""Ids of the cells that are added for the checks."""
GOES_ON = "raises-exception"
"""The tag of a cell whose error does not end “Run All”, so that the last cell always comes."""
FOLDED: Json = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["hide-input"]}
"""Metadata of a cell whose source Colab, JupyterLab and Jupyter Book fold."""


def build(source: Path, target: Path, check: bool = False) -> bool:
    """Write the students' notebook atomically; with `check`, write nothing.

    Returns whether the target was already up to date. Raises AssignmentError.
    """
    assignment = Assignment.read(source)
    refuse_wordless(assignment)
    refuse_public_hints(assignment)
    notebook = skeleton(assignment)
    text = json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False)  # as Jupyter does
    data = text.encode() + b"\n"
    fresh = target.exists() and target.read_bytes() == data
    if not fresh and not check:
        replace_file(target, data)
    return fresh


def skeleton(assignment: Assignment) -> Json:
    """Return the students' notebook, without solutions and with check cells that run."""
    questions = ", ".join(f"`{name}`" for name in assignment.questions)
    welcome = _text("welcome.md", assignment.language).format(
        title=assignment.title, name=assignment.name, questions=questions
    )
    cells = [
        _cell("markdown", "welcome", welcome),
        *_folded(assignment),
        *(_for_students(cell) for cell in assignment.cells),
        *_check_all(assignment),
    ]
    _make_ids_unique(cells)
    notebook = {
        "cells": cells,
        "metadata": {
            "grader": {"assignment": assignment.name},
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    nbformat.validate(notebook)
    return notebook


def _for_students(cell: Cell) -> Json:
    tags = [*cell.tags, *[GOES_ON] * (cell.kind == "code")]
    metadata: Json = {"tags": tags} if tags else {}
    if cell.question:
        metadata["grader"] = {"question": cell.question}
    source = cell.source if cell.kind == "markdown" else without_solution(cell.source)
    if cell.is_check:
        source = f"{without_hints(source)}\n\n\nrun_checks({', '.join(cell.checks)})"
    return _cell(cell.kind, _id(cell), source, metadata)


def _text(name: str, language: str = DEFAULT) -> str:
    """Return a text that is added, in a language if it is there."""
    own = TEXTS / language / name
    return (own if own.exists() else TEXTS / name).read_text("utf-8").rstrip()


def machinery(tables: dict[str, Any], language: str = DEFAULT) -> str:
    """Return the code of the folded cell, with the tables by their names there."""
    say = speaker(language)
    says = {name: say(words) for name, words in WORDS.items()}
    source = _text("run_checks.py").replace("TITLE", says.pop("TITLE"), 1)
    for name, table in {**tables, "SAYS": says}.items():
        written = json.dumps(table, indent=4, ensure_ascii=False)
        source = source.replace(f"{name} = {{}}", f"{name} = {written}", 1)
    return source


def _folded(assignment: Assignment) -> Iterator[Json]:
    """Yield the folded cell that runs checks, which knows those of each question, if any."""
    if checks := _by_question(assignment):
        steps = {
            name: told for cell in assignment.cells for name, told in hints(cell.source).items()
        }
        source = machinery({"QUESTIONS": checks, "HINTS": steps}, assignment.language)
        source += _translations(assignment)
        yield _cell("code", ADDED[0], source, copy.deepcopy(FOLDED))  # a notebook is its owner's


def _translations(assignment: Assignment) -> str:
    """Return a table of what public checks say in other languages, if it is written somewhere."""
    checks = Course(assignment.path.parents[1]).checks(assignment.name)
    known = translations(checks, only=(one.text for one in of_students(assignment))).languages
    table = json.dumps(known, indent=4, ensure_ascii=False)
    return f"\n\n\nTRANSLATIONS = {table}  # for `grader check --lang`" if known else ""


def _check_all(assignment: Assignment) -> Iterator[Json]:
    """Yield the last cells, which list all checks by question, if there are any."""
    if _by_question(assignment):
        yield _cell("markdown", ADDED[1], _text("check_all.md", assignment.language))
        yield _cell("code", ADDED[2], "check_all()")


def _by_question(assignment: Assignment) -> dict[str, list[str]]:
    checks: dict[str, list[str]] = {}
    for check, question in assignment.public.items():
        checks.setdefault(question, []).append(check)
    return checks


def _cell(kind: str, id: str, source: str, metadata: Json | None = None) -> Json:
    lines = source.splitlines(keepends=True)
    cell: Json = {"cell_type": kind, "id": id, "metadata": metadata or {}, "source": lines}
    return cell | {"execution_count": None, "outputs": []} if kind == "code" else cell


def _id(cell: Cell) -> str:
    """Return an id that does not change when other cells are inserted or moved."""
    if name := cell.question or (cell.checks[0] if cell.checks else None):
        return re.sub(r"[^A-Za-z0-9_-]", "-", name)[:60]  # the alphabet that nbformat allows
    return f"{cell.kind}-{hashlib.sha256(cell.source.encode()).hexdigest()[:8]}"


def _make_ids_unique(cells: list[Json]) -> None:
    """Number equal ids: of equal texts, or of names that differ only in other alphabets."""
    seen: set[str] = set()
    for cell in cells:
        wanted, number = cell["id"], 1
        while cell["id"] in seen:
            number += 1
            cell["id"] = f"{wanted}-{number}"
        seen.add(cell["id"])
