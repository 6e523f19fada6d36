"""What an author has written to test the checks of an assignment."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ..checking.mistake import Mistake, read_mistakes
from ..course.assignment import Assignment
from ..course.course import Course
from ..course.settings import AssignmentError
from ..judging.job import Job
from ..judging.pool import Pool
from .case import MISTAKES, REFERENCES, VARIANTS, Case, Outcome
from .examination import Examination

REFERENCE_DRAWS, AT_ONCE = 1000, 125
"""Draws on which references are compared, and how many of them make one case."""


@dataclass(frozen=True)
class Written:
    """What an author has written to test the checks of an assignment."""

    assignment: Assignment
    folder: Path
    mistakes: tuple[Mistake, ...]
    variants: dict[str, set[str]]
    """Of each file, the names that it defines."""

    @classmethod
    def read(cls, course: Course, name: str) -> Self:
        """Read the files of an assignment. Raises AssignmentError."""
        assignment, folder = Assignment.read(course.solution(name)), course.checks(name)
        bank = folder / MISTAKES
        mistakes = read_mistakes(bank, assignment) if bank.exists() else ()
        variants = {path.name: _defined(path) for path in sorted((folder / VARIANTS).glob("*.py"))}
        return cls(assignment, folder, mistakes, variants)

    def pool(self, seconds: float, jobs: int) -> Pool[Case, Outcome]:
        """Return the processes that examine cases; draws have seeds of their own."""
        job = Job(self.assignment.path, self.folder, key=b"", unsafe=True)
        return Pool(Examination(job, seconds), jobs)

    def right(self, draws: int) -> Iterator[Case]:
        """Yield everything that is right, on as many draws."""
        for draw in range(draws):
            yield Case("solution", draw=draw)
            yield from (Case("variant", name, draw) for name in self.variants)
            yield from (Case("mistake", m.name, draw) for m in self.mistakes if m.equivalent)

    def compared(self) -> Iterator[Case]:
        """Yield the comparisons of references. Raises AssignmentError."""
        for name in sorted(_defined(self.folder / REFERENCES)):
            if name.startswith("test_"):
                for draw in range(0, REFERENCE_DRAWS, AT_ONCE):
                    yield Case("reference", name, draw, AT_ONCE)


def _defined(path: Path) -> set[str]:
    """Return the names that a file defines; none if it does not exist. Raises AssignmentError."""
    if not path.exists():
        return set()
    try:
        body = ast.parse(path.read_text("utf-8")).body
    except SyntaxError as error:
        what = f"Python cannot read this: {error.msg}"
        raise AssignmentError(path, error.lineno or 1, what, "Correct it") from None
    names = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    targets = (target for node in body if isinstance(node, ast.Assign) for target in node.targets)
    return names | {target.id for target in targets if isinstance(target, ast.Name)}
