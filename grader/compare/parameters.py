"""What a check asks of a module's parameters."""

import warnings
from collections.abc import Collection, Mapping, Sequence

import torch
from torch import nn

from ..sandbox.host.remote import RemoteModule
from .trial import Failure, Remark

MOST_NAMED = 8
"""Of the parameters that are not asked for."""


def parameters_are(module: nn.Module, shapes: Mapping[str, Sequence[int]]) -> None:
    """Require trainable parameters of these names and shapes.

    Args:
        module: The module to judge.
        shapes: The shape that each parameter must have, by its name.

    Raises:
        Failure: Names each parameter that is missing, not trainable or of another shape.

    Warns:
        Remark: Names other parameters, which cost no points; see `no_others`.

    Example:
        >>> parameters_are(nn.Linear(2, 3), {"weight": (3, 2), "bias": (3,)})
        >>> parameters_are(nn.Linear(2, 3, bias=False), {"weight": (3, 2), "bias": (3,)})
        Traceback (most recent call last):
            ...
        Failure: Among the parameters, `bias` is missing.
    """
    found = dict(module.named_parameters())
    others = ", ".join(f"`{name}`" for name in [n for n in found if n not in shapes][:MOST_NAMED])
    problems = []
    for name, shape in shapes.items():
        if name not in found:
            problems.append(f"`{name}` is missing")
        elif found[name].shape != tuple(shape):
            problems.append(f"`{name}` has shape {tuple(found[name].shape)}, not {tuple(shape)}")
        elif not found[name].requires_grad:
            problems.append(f"`{name}` cannot learn, for its requires_grad is False")
    if problems:
        besides = f"; there is {others} besides" if others else ""
        raise Failure(f"Among the parameters, {', '.join(problems)}{besides}.")
    if others:
        warnings.warn(Remark(f"These parameters are not asked for: {others}."), stacklevel=2)


def no_others(module: nn.Module, names: Collection[str]) -> None:
    """Require that a module has no parameters other than these.

    Args:
        module: The module to judge.
        names: The names of the parameters that it may have.

    Raises:
        Failure: Names the others, up to eight of them.

    Example:
        >>> no_others(nn.Linear(2, 3, bias=False), ["weight"])
        >>> no_others(nn.Linear(2, 3), ["weight"])
        Traceback (most recent call last):
            ...
        Failure: There are parameters that are not asked for: `bias`.
    """
    others = [f"`{name}`" for name, _ in module.named_parameters() if name not in names]
    if others:
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        named = ", ".join(others[:MOST_NAMED])
        raise Failure(f"There are parameters that are not asked for: {named}{more}.")


def transplant(source: nn.Module, target: nn.Module) -> None:
    """Copy every parameter of one module into the parameter of the same name of another.

    Args:
        source: A module of the course, such as torch's own.
        target: The module to judge. It keeps parameters that `source` does not have.

    Raises:
        Failure: If `target` lacks a parameter, or has one of another shape.

    Example:
        >>> theirs, ours = nn.Linear(2, 3), draw.fill(nn.Linear(2, 3))
        >>> transplant(ours, theirs)
        >>> torch.equal(theirs.weight, ours.weight)
        True
    """
    parameters = dict(source.named_parameters())
    if isinstance(target, RemoteModule) and target.adopt(parameters):  # spares asking for its own
        return
    with warnings.catch_warnings(action="ignore", category=Remark):
        parameters_are(target, {name: p.shape for name, p in parameters.items()})
    found = dict(target.named_parameters())
    with torch.no_grad():
        for name, parameter in parameters.items():
            found[name].copy_(parameter)
