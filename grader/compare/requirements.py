"""Requirements that explain themselves: what a check asks of results and of calls."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from .compare import EXACT, SINGLE, Named, is_single, shape_difference, value_difference
from .margin import measure
from .precision import FEW_DIGITS, HALF, HALF_PRECISION, is_half, nearly, rounds
from .record import note, same
from .sketch import shapes_of, where
from .trial import (
    Arguments,
    Cast,
    Failure,
    Function,
    Remark,
    call_each,
    changes,
    in_either_precision,
    tensors,
    tried,
)


def equal(actual: Tensor, expected: Tensor, otherwise: str, name: str = "it") -> None:
    """Require equal tensors, up to rounding; `otherwise` is what the student reads if not.

    `name` may name the axes, too, as in ``"weights (B, H, n_Q, n_K)"``.
    """
    named = Named.read(name)
    coarse = is_single(actual)
    tolerance = SINGLE if coarse else EXACT
    found = shape_difference(actual, expected.shape, named)
    sketch = shapes_of(actual, expected.shape, named)
    if not found:
        bound = tolerance.bound(expected, [expected])
        found = value_difference(actual, expected, named, bound)
        near = bool(found) and nearly(actual, expected)
        if near and is_half(actual, expected):
            measure([actual], [expected], HALF, coarse=True)
            warnings.warn(Remark(HALF_PRECISION), stacklevel=2)
            return
        measure([actual], [expected], tolerance, coarse)
        sketch = where(actual, expected, name, bound)
        if near:
            raise Failure(f"`{named.name}` {FEW_DIGITS}.", sketch)
    if found:
        raise Failure(f"{otherwise}: {found}.", sketch)


def pure(actual: Function, *inputs: Tensor, takes: Sequence[str], **options: Any) -> None:
    """Require that a call leaves its inputs alone, and that an equal call gives an equal result.

    Of a module, parameters must stay the same, too.
    """

    def attempt(cast: Cast) -> list[list[Tensor]]:
        given = [[cast(x).clone() for x in inputs] for _ in range(2)]
        with changes() as changed:
            returned = call_each(actual, [(tuple(copies), options) for copies in given])
        for copies in given:
            for name, before, after in zip(takes, inputs, copies, strict=False):
                if not torch.equal(cast(before), after) or any(after is c for c in changed):
                    raise Failure(f"The input `{Named.read(name).name}` is changed in place.")
        if changed:
            raise Failure(f"{_name_of(changed[0], actual, options)} is changed in place.")
        return [tensors(result) for result in returned]

    with torch.no_grad():
        first, second = in_either_precision(actual, attempt)
    note([*first, *second])
    if not same(first, second):
        raise Failure("Two equal calls give different results: something is random or is kept.")


def _name_of(tensor: Tensor, function: Function, options: Mapping[str, Any]) -> str:
    """Name an argument or a parameter of a call."""
    parameters = function.named_parameters() if isinstance(function, nn.Module) else ()
    for kind, pairs in (("input", options.items()), ("parameter", parameters)):
        for name, value in pairs:
            if value is tensor:
                return f"The {kind} `{name}`"
    return "An input"


def half_precision(actual: Function, *inputs: Tensor) -> bool:
    """Tell whether a call rounds its results or its inputs to half precision, and remark on it.

    Such code is right about the mathematics, and deserves ``HALF.relative`` as a tolerance.
    """
    given = Arguments(tuple(map(Named, [""] * len(inputs))), inputs, {})
    with torch.no_grad():
        (trial,) = tried(actual, [given])
        half = any(is_half(result, inputs[0]) for result in trial.results)
        half = half or rounds(actual, given, trial.results)
    if half:
        warnings.warn(Remark(HALF_PRECISION), stacklevel=2)
    return half


def dependencies(function: Function, *inputs: Tensor, **options: Any) -> Tensor:
    """Return D (T, T): how strongly position t of the result depends on position s of the inputs.

    Each input is (T, d). One backward pass does it: the batch holds T copies of the inputs, and
    of the result for copy t only position t is asked for. Raises Failure where D would be 0.
    """
    T = len(inputs[0])
    names = tuple(Named(f"input {i}") for i in range(len(inputs)))
    given = Arguments(names, tuple(x.expand(T, *x.shape) for x in inputs), options)

    def attempt(cast: Cast) -> Tensor:
        (trial,) = tried(function, [given], cast)
        first, *others = trial.cotangents()
        if first is None or first.dim() != 3 or first.shape[:2] != (T, T):
            raise Failure("The first result has no gradient, or not one row for every position.")
        asked = first * torch.eye(T).unsqueeze(-1)  # (T, T, e)
        gradients = trial.gradients([asked, *[None] * len(others)])
        D = torch.stack([gradients[n.name].abs().amax(dim=-1) for n in names]).amax(dim=0)
        if not (D.any() and D.isfinite().all()):  # nothing, or NaN, is no dependence on the past
            raise Failure("No gradient reaches the inputs, so the result depends on none of them.")
        return D

    found = in_either_precision(function, attempt)
    note([found])
    return found
