"""Require that code refuses what it cannot answer, by an error that says so."""

import builtins
from typing import Any

from .trial import Failure


def refuses(student: Any, name: str, *inputs: Any, errors: tuple[str, ...], otherwise: str) -> None:
    """Require that a call of `name` raises one of these built-in `errors`, or one derived from it.

    `otherwise` is what the student reads if it returns. Any other error is theirs, and stays. The
    call is made beside the student's code, where an error of a class of their own is still known by
    what it derives from.
    """
    if unknown := [error for error in errors if not hasattr(builtins, error)]:
        raise ValueError(f"there is no built-in error {unknown[0]}")
    if not student.beside(_refused)(name, list(errors), *inputs):
        raise Failure(otherwise)


def _refused(student, name, errors, *inputs):  # type: ignore[no-untyped-def]  # sent as source
    import builtins

    try:
        getattr(student, name)(*inputs)
    except tuple(getattr(builtins, error) for error in errors):
        return True
    return False
