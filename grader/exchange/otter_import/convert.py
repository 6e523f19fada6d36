"""Turn a master notebook of otter-grader, or another tool's, into an assignment of ours.

What is asked for and tested becomes a question; every test becomes a hidden check with its points,
and a public one also becomes a check in the notebook. Which form a test can have is tried
on the master's own solution: its code is run here, without a sandbox, so import what you trust.
"""

import json
import math
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from ...course.assignment import Assignment
from ...course.build import Json
from ...course.course import Course, CourseError
from ...course.settings import AssignmentError
from ...files import replace_file
from ...sandbox.guest.notebook.cell import Cell
from ...sandbox.guest.notebook.slice import statements
from ..transcript.plan import cell
from .answers import bound, cut
from .master import Master, Piece
from .otter_notebook import OtterNotebook
from .testcase import Uncarried, read
from .trial_run import MARKS, Check, say_what_stubs_earn, tried

SETTINGS = """\
# /// script
# requires-python = ">=3.11"
# dependencies = [{packages}]
#
# [tool.grader]
# title = {title}
# ///

"""
TITLE = '"""Tests of {question}, taken over from {master} of {tool}."""'
LOST = {
    "files": "no file but the notebook is in the sandbox",
    "autograder_files": "no file but the checks is beside them",
    "environment": "the grader has one environment for all",
    "requirements": "list the packages in the block at the top of the solution",
    "seed": "each check draws from a seed of its own",
    "plugins": "there are no plug-ins",
    "save_environment": "no state of a kernel is kept",
}
"""Settings that have no meaning here, and why."""


@dataclass
class Imported:
    """What has become of a master notebook."""

    name: str
    notes: list[str]
    """What is not carried over, or is otherwise now, in words."""
    maximum: int
    checks: int


def import_otter(path: Path, course: Course) -> Imported:
    """Write solutions/NAME.py and autograder_tests/NAME/ of a master notebook of otter-grader.

    Raises AssignmentError where the master cannot be used, and CourseError where the name is taken.
    """
    return convert(OtterNotebook(path), course)


def convert(master: Master, course: Course) -> Imported:
    """Write solutions/NAME.py and autograder_tests/NAME/ of what has been read. Raises likewise."""
    path = master.path
    name = re.sub(r"\W+", "_", str(master.config.get("name") or path.stem)).strip("_").lower()
    target, folder = course.root / "solutions" / f"{name}.py", course.checks(name)
    if target.exists() or folder.exists():
        raise CourseError(f"{name} is there already: move {target} away, or rename the master.")
    checks = _checks(master)
    if not checks:
        raise AssignmentError(path, 1, "no test can be carried over", master.tests_are)
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(scratch) / "solutions" / target.name
        draft.parent.mkdir()
        try:
            draft.write_text(_solution(master, checks, with_checks=False), "utf-8")
            checks = tried(master, Assignment.read(draft), checks)
            draft.write_text(_solution(master, checks), "utf-8")
            say_what_stubs_earn(master, Assignment.read(draft), checks)
        except AssignmentError as error:
            if scratch not in str(error):
                raise
            what = f"what it becomes cannot be used: {str(error).replace(f'{draft}', target.name)}"
            raise AssignmentError(path, 1, what, "Change the master there, and go again") from None
    scale = math.lcm(*(check.points.denominator for check in checks))
    if scale > 1:
        master.notes.append(f"All points are times {scale}: a check has whole points here.")
    files = _files(master, checks, scale)
    replace_file(target, _solution(master, checks))
    for file, source in files.items():
        replace_file(folder / file, source)
    master.notes += [f"{key}: {why}." for key, why in LOST.items() if master.config.get(key)]
    total = int(sum(check.points for check in checks) * scale)
    return Imported(name, master.notes, total, len(checks))


def _checks(master: Master) -> list[Check]:
    """Return the tests that have a form here, with their points; note the others."""
    answers = {name: piece.question for piece in _answers(master) for name in bound(piece.source)}
    plain = [p for p in master.pieces if p.kind == "code" and p not in list(_answers(master))]
    others, _ = statements(Cell(n, piece.source) for n, piece in enumerate(plain, 1))
    checks = []
    for question in master.questions:
        if question.manual:
            said = "is graded by hand, and not here; its points are not counted"
            master.notes.append(f"{question.name} {said}.")
        try:
            shares = question.shares()
        except ValueError as error:
            remedy = "Correct its points"
            raise AssignmentError(master.path, 1, f"{question.name}: {error}", remedy) from None
        own = [name for name, asked in answers.items() if asked is question]
        for test, share in zip(question.tests, shares, strict=True):
            try:
                case = read(test, list(answers), own, others)
            except Uncarried as error:
                master.notes.append(f"{test.name} ({float(share):g}) is not carried over: {error}.")
            else:
                checks.append(Check(case, share, question))
    return checks


def _answers(master: Master) -> Iterator[Piece]:
    """Yield the cells of which students do not get all."""
    for piece in master.pieces:
        if piece.kind == "code" and piece.question and any(hidden for _, hidden in piece.lines):
            yield piece


def _files(master: Master, checks: list[Check], scale: int) -> dict[str, str]:
    """Return the hidden checks, a file for each question of the master."""
    files = {}
    for question in master.questions:
        own = [check for check in checks if check.question is question]
        if question.all_or_nothing and own:
            _make_all_or_nothing(own)
        names = [check.case.name for check in own]
        needed = names[:-1] if question.all_or_nothing else []
        sources = [c.source(scale, needed if c is own[-1] else []) for c in own]
        contexts = dict.fromkeys(c.case.context for c in own if c.across and c.case.context)
        if own:
            title = TITLE.format(question=question.name, master=master.path.name, tool=master.tool)
            marks = MARKS if needed else MARKS.replace("needs, ", "")
            top = "\n\n".join([title, *contexts, marks])
            file = f"test_{re.sub(r'[^A-Za-z0-9_]', '_', question.name)}.py"
            files[file] = "\n\n".join([top, *sources]).rstrip() + "\n"
    return files


def _make_all_or_nothing(own: list[Check]) -> None:
    """Give the last check all points; it needs the others."""
    total = sum((check.points for check in own), Fraction())
    for check in own:
        check.points = total if check is own[-1] else Fraction()
        check.case = replace(check.case, about=own[-1].case.about)


def _solution(master: Master, checks: list[Check], with_checks: bool = True) -> str:
    """Return solutions/NAME.py."""
    import jupytext

    asked = {name for check in checks for name in check.case.asked}
    home = {name: piece for piece in _answers(master) for name in bound(piece.source)}
    cells: list[Json] = []
    for piece in master.pieces:
        if piece.kind == "markdown":
            cells.append(cell("markdown", piece.source))
        elif piece.kind == "code":
            wanted = [name for name in asked if home.get(name) is piece]
            for answer in cut(master, piece, wanted):
                mark = {"question": answer.name} if answer.name else {}
                cells.append(cell("code", answer.source, mark))
        elif with_checks:
            public = [c for c in checks if c.question is piece.question and not c.case.test.hidden]
            across = [c.case.public() for c in public if c.across]
            if across:
                cells.append(cell("code", "\n\n".join(across).rstrip(), {"tags": ["check"]}))
            cells += [cell("code", c.case.by_hand()) for c in public if not c.across]
    metadata = {"jupytext": {"notebook_metadata_filter": "-all"}}
    book = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    text: str = jupytext.writes(jupytext.reads(json.dumps(book), fmt="ipynb"), fmt="py:percent")
    packages = master.config.get("requirements")
    listed = packages if isinstance(packages, list) else []
    quoted = ", ".join(json.dumps(str(p)) for p in dict.fromkeys(["torch", *listed]))
    title = json.dumps(master.title, ensure_ascii=False)
    return SETTINGS.format(packages=quoted, title=title) + text.lstrip()
