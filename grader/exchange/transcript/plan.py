"""Lay out an assignment for a tool that runs its tests beside the student's code.

Otter-grader and nbgrader both know questions, solution regions, public tests and hidden ones, and
neither has a border that a check could stand behind. What crosses: text, code, public checks,
points, and of the hidden checks a transcript. What does not, is said.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ...course.assignment import Assignment
from ...course.build import Json
from ...course.cell import Cell
from ...course.course import Course
from ...course.notebook_format import nbformat
from ...course.settings import read_metadata
from ...files import replace_file
from .transcript import Transcript, Transcripts, transcribe

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
SAME_PROCESS = (
    "Hidden tests run beside the student's code there, on the same inputs for everybody: code that "
    "looks for them can read and change them, and there are no limits of time and memory per check."
)
PARTS = "A mistake in one question also costs points in those that build on it."


@dataclass(frozen=True)
class Question:
    """A question with what belongs to it, in the order of the notebook."""

    id: str
    """q1, q2, …"""
    name: str
    cell: Cell
    between: tuple[Cell, ...]
    """What stands between it and its last public check, these checks included."""
    after: tuple[Cell, ...]
    """What stands between that and the next question."""
    hidden: tuple[Transcript, ...]
    """Its hidden checks that can be carried."""
    points: int
    """What is left for its public checks: all points where no hidden check can be carried."""

    @property
    def public(self) -> tuple[str, ...]:
        """Names of its public checks."""
        return tuple(name for cell in self.between for name in cell.checks)


@dataclass(frozen=True)
class Carried:
    """All of an assignment that another tool can take."""

    assignment: Assignment
    before: tuple[Cell, ...]
    """What stands above the first question."""
    questions: tuple[Question, ...]
    transcripts: Transcripts

    @property
    def packages(self) -> list[str]:
        """What the assignment needs, by its PEP 723 block."""
        return [str(p) for p in read_metadata(self.assignment.path).get("dependencies", [])]

    def losses(self) -> Iterator[str]:
        """Say in sentences what is not carried, or is weaker there."""
        checks, caught = self.transcripts.checks, self.transcripts
        lost = sorted((c for c in checks if c.obstacle), key=lambda c: c.obstacle)
        for obstacle, group in groupby(lost, key=lambda check: check.obstacle):
            names = ", ".join(f"{check.check} ({check.points})" for check in group)
            yield f"Not carried, for {obstacle}: {names}."
        for question in self.questions:
            if not question.hidden:
                where = "its public checks" if question.public else "nothing: it has no other check"
                yield (
                    f"{question.name} has no hidden check there; its {question.points} points "
                    f"stand on {where}."
                )
        if caught.mistakes:
            yield (
                f"Of {caught.mistakes} known mistakes, the hidden tests there catch "
                f"{caught.caught}; `grader verify` says how many ours do."
            )
        if not caught.styles:
            yield "There are no variants, so nothing shows that other correct code passes there."
        if forbidden := {name for names in self.assignment.forbid.values() for name in names}:
            yield f"What is forbidden can be used there: {', '.join(sorted(forbidden))}."
        if len(self.questions) > 1:
            yield PARTS
        yield SAME_PROCESS


def carry(course: Course, name: str) -> Carried:
    """Lay out an assignment. Raises AssignmentError and CourseError."""
    assignment, transcripts = Assignment.read(course.solution(name)), transcribe(course, name)
    cells = assignment.cells
    starts = [number for number, cell in enumerate(cells) if cell.question]
    ends = [*starts[1:], len(cells)]
    questions = [
        _question(f"q{number}", cells[start], cells[start + 1 : end], transcripts.checks)
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
    ]
    return Carried(assignment, cells[: starts[0]], tuple(questions), transcripts)


def cell(kind: str, source: str, metadata: Json | None = None) -> Json:
    """Return a cell of a notebook."""
    lines = source.splitlines(keepends=True)
    made: Json = {"cell_type": kind, "metadata": metadata or {}, "source": lines}
    return made | {"execution_count": None, "outputs": []} if kind == "code" else made


def write(cells: list[Json], path: Path) -> None:
    """Write cells as a notebook, the same ones as the same bytes."""
    numbered = [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(cells)]
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook = {"cells": numbered, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    nbformat.validate(notebook)
    text = json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False)
    replace_file(path, text + "\n")


def _question(
    id: str, cell: Cell, rest: tuple[Cell, ...], checks: list[Transcript]
) -> Question:  # fmt: skip
    last = max((number for number, cell in enumerate(rest, 1) if cell.is_check), default=0)
    own = [check for check in checks if check.question == cell.question]
    hidden = tuple(check for check in own if not check.obstacle)
    points = 0 if hidden else sum(check.points for check in own)
    return Question(id, str(cell.question), cell, rest[:last], rest[last:], hidden, points)
