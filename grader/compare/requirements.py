"""Requirements that explain themselves: what a check asks of results and of calls."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..model.message import Message, Text
from ..sandbox.host.changes import changes
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
    in_either_precision,
    tensors,
    tried,
)


def equal(actual: Tensor, expected: Tensor, otherwise: Text, name: str = "it") -> None:
    """Require that a tensor equals the one that is due, up to rounding.

    The tolerance is that of float64, or of the lower precision in which `actual` was computed.

    Args:
        actual: What the code returned, of any shape.
        expected: What is due, of the same shape.
        otherwise: The start of the sentence that the student reads if the two differ.
        name: What the tensor is called in that sentence, and its axes if they have names, as in
            ``"weights (B, n_Q, n_K)"``.

    Raises:
        Failure: Says how the two differ, and holds a drawing of where.

    Example:
        >>> x = draw(2, 3)
        >>> equal(x / 2 * 2, x, "Halving and doubling is not undone")
        >>> equal(2 * x, x, "The norm is wrong", "y (B, d)")
        Traceback (most recent call last):
            ...
        Failure: The norm is wrong: `y` is 2 × what it should be, everywhere.
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
            raise Failure(FEW_DIGITS.format(name=named.name), sketch)
    if found:
        raise Failure(Message("{otherwise}: {found}.", otherwise=otherwise, found=found), sketch)


def pure(actual: Function, *inputs: Tensor, takes: Sequence[str], **options: Any) -> None:
    """Require that a call changes none of its inputs, and that an equal call gives equal results.

    Of a module, parameters must also stay the same.

    Args:
        actual: The code to judge: a function or a module.
        *inputs: Its positional arguments, tensors of any shape.
        takes: The name of each input, as in ``("q (B, n, d)", "k (B, n, d)")``; only the names are
            used.
        **options: Keyword arguments.

    Raises:
        Failure: Names what was changed in place, or says that the results differ.

    Example:
        >>> pure(lambda x: 2 * x, draw(3), takes=["x"])
        >>> pure(lambda x: x.mul_(2), draw(3), takes=["x"])
        Traceback (most recent call last):
            ...
        Failure: The input `x` is changed in place.
    """

    def attempt(cast: Cast) -> list[list[Tensor]]:
        given = [[cast(x).clone() for x in inputs] for _ in range(2)]
        with changes() as changed:
            returned = call_each(actual, [(tuple(copies), options) for copies in given])
        for copies in given:
            for name, before, after in zip(takes, inputs, copies, strict=False):
                if not torch.equal(cast(before), after) or any(after is c for c in changed):
                    raise Failure(_changed("input", Named.read(name).name))
        if changed:
            raise Failure(_changed(*_name_of(changed[0], actual, options)))
        return [tensors(result) for result in returned]

    with torch.no_grad():
        first, second = in_either_precision(actual, attempt)
    note([*first, *second])
    if not same(first, second):
        raise Failure(
            Message("Two equal calls give different results: something is random or is kept.")
        )


def _changed(kind: str, name: str) -> Text:
    """Say what is changed in place: an input or a parameter, or an input without a name."""
    if kind == "parameter":
        return Message("The parameter `{name}` is changed in place.", name=name)
    if name:
        return Message("The input `{name}` is changed in place.", name=name)
    return Message("An input is changed in place.")


def _name_of(tensor: Tensor, function: Function, options: Mapping[str, Any]) -> tuple[str, str]:
    """Return whether a tensor is an input or a parameter of a call, and its name."""
    parameters = function.named_parameters() if isinstance(function, nn.Module) else ()
    for kind, pairs in (("input", options.items()), ("parameter", parameters)):
        for name, value in pairs:
            if value is tensor:
                return kind, name
    return "input", ""


def half_precision(actual: Function, *inputs: Tensor) -> bool:
    """Tell whether a call computes in half precision (float16 or bfloat16), and remark on it.

    Such code is right about the mathematics, so a check of its own should then tolerate what
    half precision rounds: ``HALF.relative``, 3 % of the largest entry.

    Args:
        actual: The code to judge.
        *inputs: Its positional arguments, tensors of any shape.

    Returns:
        True if an input or a result is rounded to half precision.

    Warns:
        Remark: Where it is; it costs no points.

    Example:
        >>> half_precision(lambda x: 2 * x, draw(3))
        False
    """
    given = Arguments(tuple(map(Named, [""] * len(inputs))), inputs, {})
    with torch.no_grad():
        (trial,) = tried(actual, [given])
        half = any(is_half(result, inputs[0]) for result in trial.results)
        half = half or rounds(actual, given, trial.results)
    if half:
        warnings.warn(Remark(HALF_PRECISION), stacklevel=2)
    return half
