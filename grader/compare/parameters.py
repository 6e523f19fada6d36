"""What a check asks of a module's parameters."""

import warnings
from collections.abc import Callable, Collection, Mapping, Sequence

import torch
from torch import nn

from .trial import Failure, Remark

MOST_NAMED = 8
"""Of the parameters that are not asked for."""


def parameters_are(module: nn.Module, shapes: Mapping[str, Sequence[int]]) -> None:
    """Require trainable parameters of these names and shapes; others draw a remark."""
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
    """Require that a module has no parameters besides those of these names."""
    others = [f"`{name}`" for name, _ in module.named_parameters() if name not in names]
    if others:
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        named = ", ".join(others[:MOST_NAMED])
        raise Failure(f"There are parameters that are not asked for: {named}{more}.")


def transplant(source: nn.Module, target: nn.Module) -> None:
    """Copy every parameter of `source` into that of `target` with the same name.

    Raises Failure where the names or shapes of `target` are others.
    """
    parameters = dict(source.named_parameters())
    adopt: Callable[[dict[str, nn.Parameter]], bool] | None = getattr(target, "_adopt", None)
    if adopt and adopt(parameters):  # it is not asked for those that it would lose
        return
    with warnings.catch_warnings(action="ignore", category=Remark):
        parameters_are(target, {name: p.shape for name, p in parameters.items()})
    found = dict(target.named_parameters())
    with torch.no_grad():
        for name, parameter in parameters.items():
            found[name].copy_(parameter)
