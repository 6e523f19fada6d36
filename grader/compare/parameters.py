"""What a check asks of a module's parameters."""

import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from ..model.message import Message, Text, joined, some
from ..sandbox.host.remote import RemoteClass, RemoteModule
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
    if isinstance(module, RemoteModule) and (unsized := [n for n in shapes if n in module.unsized]):
        names = some([f"`{name}`" for name in unsized], MOST_NAMED)
        raise Failure(
            Message(
                "These parameters have no size before the first call: {names}. Make them in "
                "__init__, as nn.Linear does and nn.LazyLinear does not.",
                names=names,
            )
        )
    others = [f"`{name}`" for name in found if name not in shapes][:MOST_NAMED]
    problems = joined(", ", (_problem(found.get(name), name, s) for name, s in shapes.items()))
    if problems and others:
        raise Failure(
            Message(
                "Among the parameters, {problems}; there is {others} besides.",
                problems=problems,
                others=others,
            )
        )
    if problems:
        raise Failure(Message("Among the parameters, {problems}.", problems=problems))
    if others:
        remark = Message("These parameters are not asked for: {others}.", others=others)
        warnings.warn(Remark(remark), stacklevel=2)


def _problem(found: nn.Parameter | None, name: str, shape: Sequence[int]) -> Text:
    """Say what is wrong with a parameter, or nothing."""
    if found is None:
        return Message("`{name}` is missing", name=name)
    have, due = tuple(found.shape), tuple(shape)
    if have != due:
        return Message("`{name}` has shape {have}, not {due}", name=name, have=have, due=due)
    if not found.requires_grad:
        return Message("`{name}` is not trainable: requires_grad is False", name=name)
    return ""


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
        named = some(others, MOST_NAMED)
        raise Failure(
            Message("There are parameters that are not asked for: {others}.", others=named)
        )


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
    if isinstance(target, RemoteModule) and target.adopt_parameters(
        parameters
    ):  # spares asking for its own
        return
    with warnings.catch_warnings(action="ignore", category=Remark):
        parameters_are(target, {name: p.shape for name, p in parameters.items()})
    found = dict(target.named_parameters())
    with torch.no_grad():
        for name, parameter in parameters.items():
            found[name].copy_(parameter)


def make_each(
    kind: Callable[..., nn.Module], each: Sequence[Sequence[Any]], **options: Any
) -> list[nn.Module]:
    """Construct several modules of a class, at a fraction of the time.

    They are constructed with one message to the sandbox, in their order, and the first error of a
    constructor is raised for all.

    Args:
        kind: A class of nn.Module, such as ``student.MultiHeadAttention``.
        each: The positional arguments of each.
        **options: Keyword arguments of all.

    Returns:
        The modules.

    Raises:
        StudentError: What the constructor raises in the sandbox; outside, the exception itself.

    Example:
        >>> [layer.in_features for layer in make_each(nn.Linear, [(2, 3), (4, 3)])]
        [2, 4]
    """
    if isinstance(kind, RemoteClass):
        return [*kind.construct_each([(tuple(args), options) for args in each])]
    return [kind(*args, **options) for args in each]
