"""How much a call does: its operators, and the parameters that it makes."""

from collections.abc import Callable, Sequence
from typing import Any

from ..model.message import Message
from ..model.subject import Subject
from .trial import Failure

SLACK = 1.25
"""The cost of each further step, as a multiple of that of the step before, may be this at most."""


def operators(student: Subject, name: str, *inputs: Any, make: Sequence[Any] | None = None) -> int:
    """Count the functions of torch that a call uses: 1 for a matmul, whatever its size.

    A count that grows with the batch or the length betrays a loop over it. Counting happens in the
    student's process, where student code could change the count: let few points depend on it.

    Args:
        student: What the check is given.
        name: The name of a function or, with `make`, of a class of modules.
        *inputs: The arguments of the call.
        make: The arguments with which the class is constructed.

    Returns:
        The number of functions and methods of torch that were called, from Python.

    Raises:
        StudentError: What the code raises.

    Example:
        >>> def count(n):
        ...     q = draw(1, n, 4)
        ...     return operators(student, "ScaledDotProductAttention", q, q, q, make=[])
        >>> count(3) == count(30)
        True
    """
    return int(student.beside(_counted)(name, make if make is None else list(make), *inputs))


def _counted(student, name, make, *inputs):  # type: ignore[no-untyped-def]  # sent as source
    from torch.overrides import TorchFunctionMode

    class Count(TorchFunctionMode):
        """Every use of torch passes here. (A TorchDispatchMode imports sympy, for 0.8 s.)"""

        number = 0

        def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            Count.number += getattr(func, "__name__", "") != "__get__"  # .shape and .T do no work
            return func(*args, **(kwargs or {}))

    function = getattr(student, name)
    function = function if make is None else function(*make)
    with Count():
        function(*inputs)
    return Count.number


def linear_cost(
    student: Subject, name: str, inputs: Callable[[int], Sequence[Any]], size: str = "T",
    *, make: Sequence[Any] | None = None, least: int = 3,
) -> None:  # fmt: skip
    """Require that the operators of a call grow no faster than one size does.

    A loop over that size is fine; a loop within the loop is not.

    Args:
        student: What the check is given.
        name: The name of a function or, with `make`, of a class of modules.
        inputs: Returns the arguments of a call for a value of the size.
        size: The letter of the size, for the message.
        make: The arguments with which the class is constructed.
        least: The smallest of three values of the size; the others are two and three times that.

    Raises:
        Failure: The cost of a step grows with the number of steps.
        StudentError: What the code raises.

    Example:
        >>> linear_cost(student, "merge_heads", lambda T: [draw(2, 3, T, 4)], "T")
    """
    sizes = [least, 2 * least, 3 * least]
    counts = [operators(student, name, *inputs(n), make=make) for n in sizes]
    first, second = counts[1] - counts[0], counts[2] - counts[1]
    if second > SLACK * max(first, 0) + least:
        pairs = zip(sizes, counts, strict=True)
        counted = [
            Message("{count} for {size} = {value}", count=count, size=size, value=n)
            for n, count in pairs
        ]
        raise Failure(
            Message(
                "The operators of torch that a call of {name} runs are {counts}: the larger "
                "{size}, the more of them for each. Let nothing be computed again that is known "
                "already.",
                name=name,
                counts=counted,
                size=size,
            )
        )


def parameters_made(
    student: Subject, name: str, *inputs: Any, make: Sequence[Any] | None = None
) -> int:
    """Count the parameters that a call makes: whatever they learn is lost when it returns.

    Counting happens in the student's process, as for `operators`.

    Args:
        student: What the check is given.
        name: The name of a function or, with `make`, of a class of modules.
        *inputs: The arguments of the call. What the call raises is ignored.
        make: The arguments with which the class is constructed; what that makes does not count.

    Returns:
        The number of parameters.

    Example:
        >>> x = draw(1, 3, 4)
        >>> parameters_made(student, "ScaledDotProductAttention", x, x, x, make=[])
        0
    """
    return int(
        student.beside(_parameters_made)(name, make if make is None else list(make), *inputs)
    )


def _parameters_made(student, name, make, *inputs):  # type: ignore[no-untyped-def]  # sent as source
    from contextlib import suppress
    from unittest.mock import patch

    from torch import nn

    made, register = [], nn.Module.register_parameter

    def registered(self, name, parameter):  # type: ignore[no-untyped-def]
        if parameter is not None:
            made.append(name)
        register(self, name, parameter)

    function = getattr(student, name)
    function = function if make is None else function(*make)
    with patch.object(nn.Module, "register_parameter", registered), suppress(Exception):
        function(*inputs)  # its errors are another check's business
    return len(made)
