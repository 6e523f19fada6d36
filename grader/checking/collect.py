"""Collect the checks of an assignment with pytest, once, and do some work with them.

A pytest session per submission would cost 100 ms for 25 checks that do nothing.
"""

import os
import pydoc
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch

from ..course.assignment import Assignment
from ..course.settings import AssignmentError
from ..sandbox.guest.meant import meant
from .check import Check, require_once, require_order
from .explain import Bank
from .item import report_of
from .session import Session

ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "", "PYTEST_ADDOPTS": ""}
"""What keeps the plug-ins and options of the machine's other pytest runs out."""
QUIET = (
    "--capture=no", "-c", os.devnull, "--import-mode=importlib",
    *(f"-pno:{name}" for name in (
        "cacheprovider", "terminal", "unraisableexception", "threadexception", "faulthandler",
        "warnings", "junitxml", "doctest", "logging",
    )),
)  # fmt: skip


def run_session(assignment: Assignment, folder: Path, work: Callable[[Session], None]) -> None:
    """Collect the hidden checks in `folder` and the assignment's public ones; do the work.

    Raises AssignmentError where the author's checks cannot be used, and what `work` raises.
    """
    torch.set_num_threads(1)  # tensors are small: on two cores, 170 ms instead of 87
    _require_forbidden(assignment)
    session = Session(assignment, Bank.read(folder / "mistakes.toml", assignment))
    collection = Collection(session, work)
    arguments = [*QUIET, "--rootdir", str(folder.parent.parent), "--confcutdir", str(folder)]
    files = [str(folder), str(assignment.path)]
    with patch.dict(os.environ, ALONE):
        pytest.main(["-p", "grader.checking.plugin", *arguments, *files], plugins=[collection])
    if collection.problem is not None:
        raise collection.problem
    if not session.checks:
        raise AssignmentError(folder, 1, "there is no check", "Write one in a file test_*.py")


class Collection:
    """A plug-in of pytest that works with the checks in the place of its loop over all tests."""

    def __init__(self, session: Session, work: Callable[[Session], None]) -> None:
        self._session, self._work = session, work
        self.problem: BaseException | None = None
        """Why the checks cannot be used, or what the work raised."""

    def pytest_exception_interact(
        self, node: pytest.Collector, call: pytest.CallInfo[Any], report: object
    ) -> None:
        """Remember why a file could not be collected."""
        if isinstance(report, pytest.CollectReport) and call.excinfo and self.problem is None:
            self.problem = _unreadable(node.path, call.excinfo.value)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's own loop over all tests."""
        try:
            if self.problem is None:
                assignment, checks = self._session.assignment, self._session.checks
                for path in sorted({item.path for item in session.items} - {assignment.path}):
                    require_once(path)
                for item in session.items:  # hidden checks first, as the arguments are
                    if isinstance(item, pytest.Function):
                        checks.append(Check.read(item, assignment, checks))
                order = assignment.questions
                checks.sort(key=lambda check: (order.index(check.question), check.public))
                require_order(checks)
                if checks:
                    self._work(self._session)
        except BaseException as error:  # pytest would print it and go on
            self.problem = error
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.TestReport:
        """Take the place of pytest's own report."""
        return report_of(item, call)


def _require_forbidden(assignment: Assignment) -> None:
    """Raises AssignmentError for a forbidden name that is none: no student could use it."""
    for names in assignment.forbid.values():
        for name in names:
            if not meant([name]) or not all(map(pydoc.locate, meant([name]))):
                lines = assignment.path.read_text("utf-8").split("\n")
                line = next((n for n, text in enumerate(lines, 1) if name in text), 1)
                remedy = "Write it in full, such as torch.nn.functional.softmax"
                raise AssignmentError(
                    assignment.path, line, f"there is no {name} to forbid", remedy
                )


def _unreadable(path: Path, error: BaseException) -> AssignmentError:
    """Point at the line of a file of checks that raised while it was imported."""
    error = error.__cause__ or error  # pytest wraps some in an error of its own
    if isinstance(error, AssignmentError):
        return error
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f.lineno or 1 for f in frames if f.filename == str(path)]
    line = getattr(error, "lineno", None) or max(lines, default=1)  # a SyntaxError has its own
    what = f"pytest cannot read this file: {type(error).__name__}: {error}"
    return AssignmentError(path, line, what, "Run pytest on it to see more")
