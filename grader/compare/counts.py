"""How much a call does: its operators, and the parameters that it makes."""

from collections.abc import Sequence
from typing import Any


def operators(student: Any, name: str, *inputs: Any, make: Sequence[Any] = ()) -> int:
    """Count the operators of torch that a call of `name` runs: 1 for a matmul of any size.

    A count that grows with the batch or the length betrays a loop over it. With `make`, `name` is a
    class, and these are the arguments that it is made with. The count is taken beside the student's
    code, so let little depend on it.
    """
    return int(student.beside(_counted)(name, list(make), *inputs))


def _counted(student, name, make, *inputs):  # type: ignore[no-untyped-def]  # sent as source
    from torch.utils._python_dispatch import TorchDispatchMode

    class Count(TorchDispatchMode):  # type: ignore[no-untyped-call]
        """Every operator passes here."""

        number = 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            Count.number += func.__name__ != "detach.default"
            return func(*args, **(kwargs or {}))

    function = getattr(student, name)
    function = function(*make) if make else function
    with Count():  # type: ignore[no-untyped-call]
        function(*inputs)
    return Count.number


def parameters_made(student: Any, name: str, *inputs: Any, make: Sequence[Any] = ()) -> int:
    """Count the parameters that a call of `name` makes: what they learn is lost with the call.

    The arguments and what holds of the count are as in `operators`.
    """
    return int(student.beside(_parameters_made)(name, list(make), *inputs))


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
    function = function(*make) if make else function
    with patch.object(nn.Module, "register_parameter", registered), suppress(Exception):
        function(*inputs)  # its errors are another check's business
    return len(made)
