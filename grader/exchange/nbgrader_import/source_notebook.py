"""Read a source notebook of nbgrader: what `nbgrader generate_assignment` reads, by the same marks.

A cell's metadata say what it is: an answer that tests judge, tests, an answer or a task that people
judge, or neither. Lines between BEGIN SOLUTION and END SOLUTION are not for students, nor is the
whole of an answer without these marks; in tests the marks are BEGIN and END HIDDEN TESTS. A cell of
tests gives all of its points or none. Reading executes nothing.
Source: nbgrader 0.9, nbgraderformat/v3.py, preprocessors/clearsolutions.py, clearhiddentests.py
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..otter_import.answers import MAGIC, tree
from ..otter_import.master import Master, Piece
from ..otter_import.question import OtterTest, Question, fraction
from ..otter_import.solution_marks import Line
from .regions import Region, marked, whole_answer

STUB = "YOUR ANSWER HERE"
GENERATED = re.compile(r"(?m)^\s*#+\s*(HASHED )?AUTOTEST\b")
HEADING = re.compile(r"(?m)^# (.+)$")
BY_HAND = "is graded by hand: its points ({points:g}) are for a person to give, in `grader view`"


@dataclass(frozen=True)
class About:
    """nbgrader's metadata of a cell."""

    id: str = ""
    grade: bool = False
    solution: bool = False
    task: bool = False
    points: float = 0.0

    @classmethod
    def read(cls, cell: Any) -> "About":
        """Read a cell's metadata; of a cell without them, nothing is true."""
        said = cell.metadata.get("nbgrader") or {}
        return cls(
            str(said.get("grade_id") or ""), bool(said.get("grade")), bool(said.get("solution")),
            bool(said.get("task")), float(said.get("points") or 0),
        )  # fmt: skip


class SourceNotebook(Master):
    """A source notebook. Raises AssignmentError where nbgrader itself would not take it."""

    tool = "nbgrader"
    tests_are = "Tests are cells that are “Autograder tests”, and use what students write"
    takes = "`nbgrader generate_assignment`"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._waiting: list[Piece] = []
        """Answers since the last tests: they belong to the next ones."""
        self._ids: set[str] = set()
        for number, cell in enumerate(self.book.cells, 1):
            self._take(number, cell, About.read(cell))
        self._say_what_lies_beside()

    @property
    def title(self) -> str:
        """The first heading, or else the file's name."""
        texts = (c.source for c in self.book.cells if c.cell_type == "markdown")
        found = next(filter(None, map(HEADING.search, texts)), None)
        return found[1].strip() if found else self.path.stem

    def _take(self, number: int, cell: Any, about: About) -> None:
        """Read one cell."""
        place = f"cell {number}"
        if about.id in self._ids:
            remedy = "Give each cell an id of its own"
            raise self.wrong(number, f"the id {about.id} is there twice", remedy)
        self._ids |= {about.id} - {""}
        if about.task or (about.grade and about.solution):
            points = BY_HAND.format(points=about.points)
            self.notes.append(f"{about.id} ({place}) {points}.")
        if cell.cell_type == "raw":
            if cell.source.strip():
                self.notes.append(f"Cell {number} is raw and was left out.")
        elif cell.cell_type == "markdown":
            self._text(number, cell.source, about)
        elif about.grade and not about.solution:
            self._tests(number, cell.source, about)
        elif about.solution:
            piece = Piece("code", self._answer(number, cell.source), place, Question(about.id))
            self.pieces.append(piece)
            if not about.grade:
                self._waiting.append(piece)
        else:
            self.pieces.append(Piece("code", _plain(cell.source), place))

    def _text(self, number: int, source: str, about: About) -> None:
        """Take a text as students get it."""
        if about.task:
            lines = self._lines(number, source, Region.SCHEME)
            source = "\n".join(text for text, hidden in lines if not hidden)
        elif about.solution:
            lines = self._lines(number, source, Region.SOLUTION)
            outside = [text for text, hidden in lines if not hidden]
            source = "\n".join([*outside, STUB]) if any(h for _, h in lines) else STUB
            self.notes.append(f"{about.id} (cell {number}): the model answer was left out.")
        if source.strip():
            self.pieces.append(Piece("markdown", _plain(source), f"cell {number}"))

    def _answer(self, number: int, source: str) -> list[Line]:
        """Return the lines of an answer, and which of them students do not get."""
        lines = self._lines(number, source, Region.SOLUTION)
        if f"BEGIN {Region.SOLUTION.value}" in source:
            return lines
        try:
            return whole_answer(source, tree(source))
        except SyntaxError as error:
            what = f"Python cannot read it: {error.msg}"
            raise self.wrong(number, what, "Correct the solution") from None

    def _tests(self, number: int, source: str, about: About) -> None:
        """Take a cell of tests: what students see, and the whole of it."""
        lines = self._lines(number, source, Region.TESTS)
        question = Question(self._name(about.id), all_or_nothing=True)
        self.questions.append(question)
        for piece in self._waiting:
            piece.question = question
        self._waiting = []
        self.pieces.append(Piece("checks", [], f"cell {number}", question))
        if GENERATED.search(source):
            said = "is not carried over: nbgrader makes its tests from ### AUTOTEST"
            self.notes.append(f"{about.id} (cell {number}; {about.points:g}) {said}.")
            return
        seen = "\n".join(text for text, hidden in lines if not hidden)
        sentence = _sentence(seen)
        texts = [(seen, False)]
        if any(hidden for _, hidden in lines):
            whole = "\n".join(text for text, _ in lines)
            texts = [*texts * self._judges(number, seen), (whole, True)]
        for place, (text, hidden) in enumerate(texts, 1):
            self._judges(number, text)
            points = about.points if place == len(texts) else 0
            text = MAGIC.sub(r"\1pass  # \2", _without_sentence(text)).strip("\n")
            question.tests.append(
                OtterTest(
                    question.name, place, text, "", False, hidden, fraction(points), sentence,
                    f"cell {number}", is_plain=True,
                )
            )  # fmt: skip
        if _ends_in_a_value(tree(texts[-1][0])):
            said = (
                "ends in a value, by which nbgrader can give a part of the points; here it is all"
            )
            self.notes.append(f"{about.id} (cell {number}) {said} or none.")

    def _judges(self, number: int, text: str) -> bool:
        """Whether a test does more than to import and to say what it is about."""
        try:
            body = tree(text).body
        except SyntaxError as error:
            what = f"Python cannot read it: {error.msg}"
            raise self.wrong(number, what, "Correct the test") from None
        return not all(
            isinstance(node, ast.Import | ast.ImportFrom)
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            for node in body
        )

    def _name(self, id: str) -> str:
        """Return a name for a question's file and checks that no other has."""
        name = plain = re.sub(r"[^A-Za-z0-9_]", "_", id) or "tests"
        number = 1
        while name in {question.name for question in self.questions}:
            number += 1
            name = f"{plain}_{number}"
        return name

    def _lines(self, number: int, source: str, region: Region) -> list[Line]:
        try:
            return marked(source, region)
        except ValueError as error:
            what, _, remedy = str(error).partition(". ")
            raise self.wrong(number, what, remedy) from None

    def _say_what_lies_beside(self) -> None:
        """Note the other files of the assignment, which nbgrader hands out with the notebook."""
        others = sorted(
            path.name
            for path in self.path.parent.iterdir()
            if path != self.path and not path.name.startswith(".") and path.name != "__pycache__"
        )
        if self.path.parent.parent.name == "source" and others:
            names = ", ".join(others)
            why = "no file but the notebook is in the sandbox, and each notebook is imported alone"
            self.notes.append(f"Beside the notebook: {names}: {why}.")


def _plain(source: str) -> list[Line]:
    return [(line, False) for line in source.split("\n")]


def _sentence(seen: str) -> str:
    """Return what a test says that it is about: the text at its beginning, or its first comment."""
    body = tree(seen).body if _is_python(seen) else []
    first = body[0] if body else None
    match first:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text.strip().split("\n")[0]
    comment = re.match(r"\s*#+\s*(.*\S)", seen)
    return comment[1] if comment else ""


def _without_sentence(text: str) -> str:
    """Leave out the text at a test's beginning, which becomes the docstring of its check."""
    match tree(text).body:
        case [ast.Expr(value=ast.Constant(value=str())) as said, _, *_]:
            return "\n".join(text.split("\n")[said.end_lineno :])
    return text


def _is_python(text: str) -> bool:
    try:
        tree(text)
    except SyntaxError:
        return False
    return True


def _ends_in_a_value(test: ast.Module) -> bool:
    """Whether nbgrader could read a number of points from what stands at the end."""
    last = test.body[-1] if test.body else None
    if not isinstance(last, ast.Expr):
        return False
    value = last.value
    number = isinstance(value, ast.Constant) and isinstance(value.value, int | float)
    return number or isinstance(value, ast.Name | ast.BinOp | ast.IfExp)
