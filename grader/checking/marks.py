"""What a check says of itself: its question, its points, and what it builds on."""

import functools
from collections.abc import Callable

import pytest

from ..compare.draw import Draw
from ..compare.record import recorded
from ..model.subject import Subject


def question(name: str) -> pytest.MarkDecorator:
    """Say which question a check belongs to.

    Args:
        name: The name in ``question="…"`` of the assignment's source.

    Returns:
        A decorator.

    Example:
        >>> @question("double")
        ... @points(2)
        ... def test_values(student, draw):
        ...     '''Every entry is doubled.'''
    """
    return pytest.mark.question(name)


def points(n: int) -> pytest.MarkDecorator:
    """Say how many points a check is worth: all of them, or none.

    Args:
        n: A whole number, 0 or more.

    Returns:
        A decorator.

    Example:
        >>> @question("double")
        ... @points(2)
        ... def test_values(student, draw):
        ...     '''Every entry is doubled.'''
    """
    return pytest.mark.points(n)


def needs(*checks: Callable[..., None]) -> pytest.MarkDecorator:
    """Judge a check only if these others have passed; otherwise it is `not_run`.

    Args:
        *checks: Checks that stand above it, or in an earlier question.

    Returns:
        A decorator.

    Example:
        >>> @question("double")
        ... @points(1)
        ... def test_shape(student, draw):
        ...     '''The result has the shape of x.'''
        >>> @question("double")
        ... @points(2)
        ... @needs(test_shape)
        ... def test_values(student, draw):
        ...     '''Every entry is doubled.'''
    """
    return pytest.mark.needs.with_args(*checks)  # a mark *called* with a function decorates it


def assuming(**parts: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Judge a check as if earlier parts were right: a mistake costs only its own question.

    Each part takes the place of the student's own definition while the check runs. If the check
    fails, it is tried with the student's own parts, which may fit together differently. Parts whose
    own checks have passed are tried first, which saves a second worker.

    Args:
        **parts: For each name, the source text of a definition that is right.

    Returns:
        A decorator.

    Example:
        >>> @question("quarter")
        ... @points(2)
        ... @assuming(half="def half(x): return x / 2")
        ... def test_quarter(student, draw):
        ...     '''A quarter is half of a half.'''
        ...     agree(student.quarter, lambda x: x / 4, draw(3))
    """

    def decorate(check: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(check)
        def judge(student: Subject, draw: Draw) -> None:
            early = parts.keys() <= student.beginning.solved
            if early and _passes(check, student, draw.again()):
                return
            try:
                with student.using(**parts):
                    check(student, draw)
            except Exception:
                if early or not _passes(check, student, draw.again()):
                    raise

        return judge

    return decorate


def _passes(check: Callable[..., None], student: Subject, draw: Draw) -> bool:
    try:
        with recorded():  # what is to be explained is the attempt with trusted parts
            check(student, draw)
    except Exception:
        return False
    return True
