"""Checks as plain pytest: the fixtures `student` and `draw`, and the marks.

    python -m pytest autograder_tests      the hidden checks, on the solutions
    python -m pytest solutions             the public checks, on the solutions

When grading, `session.py` puts a submission in the place of the solution.
"""

import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # torch costs every pytest run of the machine 1.4 s; only checks need it
    from ..compare.draw import Draw
    from ..model.subject import Subject
    from .solution import Solution

MARKS = (
    "question(name): what a check is about",
    "points(n): what a check is worth",
    "needs(check, …): judge only where these have passed",
)


@dataclass(frozen=True)
class Graded:
    """What a session grades just now."""

    student: "Subject"
    key: bytes
    """Seeds every draw, together with the name of the check."""
    single: bool = False
    """Whether what is drawn has a place in float32."""


GRADED = pytest.StashKey[Graded]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks known."""
    for mark in MARKS:
        config.addinivalue_line("markers", mark)


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> "SolutionChecks | None":
    """Collect solutions/<name>.py by its public checks, without running the whole notebook."""
    return SolutionChecks.from_parent(parent, path=module_path) if _is_ours(module_path) else None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "SolutionChecks | None":
    """Collect it also where its folder is named, though it is not called test_*.py."""
    if not _is_ours(file_path) or parent.session.isinitpath(file_path):
        return None
    return SolutionChecks.from_parent(parent, path=file_path)


def _is_ours(path: Path) -> bool:
    """Whether this is an author's file; another project may have a folder of that name."""
    course = path.parent.parent
    return path.match("solutions/*.py") and (course / "autograder_tests").is_dir()


class SolutionChecks(pytest.Module):
    """The public checks in an author's file."""

    def _getobj(self) -> Any:
        module = types.ModuleType(self.path.stem)
        vars(module).update(solution(self.path).names)
        return module


@cache
def solution(path: Path) -> "Solution":
    """Load solutions/<name>.py once. Raises AssignmentError."""
    from ..course.assignment import Assignment
    from .solution import Program

    return Program(Assignment.read(path)).run()


def solution_of(test: Path) -> Path:
    """Return the author's file that a check belongs to: its own, or the one its folder names."""
    if test.parent.name == "solutions":
        return test
    return test.parents[2] / "solutions" / f"{test.parent.name}.py"


@pytest.fixture
def student(request: pytest.FixtureRequest) -> Iterator[Any]:
    """What is judged: a submission in its sandbox or, in CI, the solution."""
    graded = request.config.stash.get(GRADED, None)
    with double():
        yield graded.student if graded else solution(solution_of(request.path))


@contextmanager
def double() -> Iterator[None]:
    """Make float64 torch's default for a while, as in the worker."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> "Draw":
    """Random tensors that follow from the course's key, the submission and the check."""
    from ..compare.draw import Draw
    from ..course.course import seed

    graded = request.config.stash.get(GRADED, None)
    if graded is None:
        return Draw(seed(b"", request.node.name))
    return Draw(seed(graded.key, request.node.name), single=graded.single)
