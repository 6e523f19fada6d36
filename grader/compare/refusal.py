"""Require that code refuses what it cannot answer, by an error that says so."""

import builtins
from collections.abc import Sequence
from typing import Any

from ..model.subject import Subject
from .trial import Failure


def refuses(
    student: Subject, name: str, *inputs: Any, errors: Sequence[str], otherwise: str
) -> None:
    """Require that a call raises one of some built-in errors, or one that derives from it.

    The call is made beside the student's code, where an error of a class of their own is still
    known by what it derives from.

    Args:
        student: What the check is given.
        name: The name of a function or of a class of modules.
        *inputs: The arguments of the call.
        errors: Names of errors of Python, each of which will do.
        otherwise: What the student reads if the call returns.

    Raises:
        Failure: The call returns.
        StudentError: It raises another error.

    Example:
        >>> refuses(student, "MultiHeadAttention", 12, 5, errors=["ValueError"], otherwise="")
        >>> refuses(student, "MultiHeadAttention", 12, 4, errors=["ValueError"], otherwise="No!")
        Traceback (most recent call last):
            ...
        Failure: No!
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
