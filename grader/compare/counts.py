"""How much a call does: its operators, and the parameters that it makes."""

from collections.abc import Sequence
from typing import Any

from ..model.subject import Subject


def operators(student: Subject, name: str, *inputs: Any, make: Sequence[Any] | None = None) -> int:
    """Count the operators of torch that a call runs: 1 for a matmul, whatever its size.

    A count that grows with the batch or the length betrays a loop over it. Counting happens in the
    student's process, where student code could change the count: let few points depend on it.

    Args:
        student: What the check is given.
        name: The name of a function or, with `make`, of a class of modules.
        *inputs: The arguments of the call.
        make: The arguments with which the class is constructed.

    Returns:
        The number of operators.

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
    from torch.utils._python_dispatch import TorchDispatchMode

    class Count(TorchDispatchMode):  # type: ignore[no-untyped-call]
        """Every operator passes here."""

        number = 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            Count.number += func.__name__ != "detach.default"
            return func(*args, **(kwargs or {}))

    function = getattr(student, name)
    function = function if make is None else function(*make)
    with Count():  # type: ignore[no-untyped-call]
        function(*inputs)
    return Count.number


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
