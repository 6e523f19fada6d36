"""What a check says of itself: its question, its points, and what it builds on."""

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest

from ..compare.draw import Draw
from ..compare.record import recorded

solved: ContextVar[frozenset[str]] = ContextVar("solved", default=frozenset())
"""Whatever is defined in the cells of questions whose checks have all passed so far; the session
keeps it."""
points = pytest.mark.points
question = pytest.mark.question


def needs(*checks: Callable[..., None]) -> pytest.MarkDecorator:
    """Judge a check only where these others have passed; otherwise it is not run."""
    return pytest.mark.needs.with_args(*checks)  # a mark *called* with a function decorates it


def assuming(**parts: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Judge a check as if these earlier parts were right: a slip costs its own question only.

    Each part is the source of a definition that takes the place of the student's. Where the check
    fails so, it may still pass with the student's own parts, which may fit together in another way.
    Parts that have passed their own checks are tried first: it spares a second worker.
    """

    def decorate(check: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(check)
        def judge(student: Any, draw: Draw) -> None:
            early = parts.keys() <= solved.get()
            if early and _passes(check, student, Draw(draw.seed)):
                return
            try:
                with student.using(**parts):
                    check(student, draw)
            except Exception:
                if early or not _passes(check, student, Draw(draw.seed)):
                    raise

        return judge

    return decorate


def _passes(check: Callable[..., None], student: Any, draw: Draw) -> bool:
    try:
        with recorded():  # what is to be explained is the attempt with trusted parts
            check(student, draw)
    except Exception:
        return False
    return True
