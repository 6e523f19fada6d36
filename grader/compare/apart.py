"""Call code of this process as a worker would: on copies, so that it can change nothing else."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from torch import Tensor, nn

from ..sandbox.guest import values
from ..sandbox.guest.tracked import differ
from ..sandbox.host.changes import note_change


def apart(function: Callable[..., Any], *, method: bool = False) -> Callable[..., Any]:
    """Return `function`, which may be a module's `method`, so that it is called on copies.

    A change in place of an argument, or of a parameter of that module, is noted and not kept: a
    check sees of a solution what it sees of a submission.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        given: list[Tensor] = []
        copies: list[Tensor] = []

        def copied(tensor: Tensor) -> Tensor:
            given.append(tensor)
            copies.append(tensor.clone())
            return copies[-1]

        parameters = _parameters(args[0]) if method else []
        before = [parameter.detach().clone() for parameter in parameters]
        args, kwargs = values.each((args, kwargs), copied)
        result = function(*args, **kwargs)
        for tensor, copy in zip(given, copies, strict=True):
            if differ(tensor, copy):
                note_change(tensor)
        for parameter, value in zip(parameters, before, strict=True):
            if differ(value, parameter):
                note_change(parameter)
                parameter.data = value
        return result

    return update_wrapper(call, function, updated=())


def _parameters(module: nn.Module) -> list[nn.Parameter]:
    """Return the parameters of known size; a module that is not made yet has none."""
    if "_parameters" not in vars(module):
        return []
    return [p for p in module.parameters() if not isinstance(p, nn.UninitializedParameter)]
