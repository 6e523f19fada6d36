"""Which positions of a result depend on which positions of the inputs."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..model.message import Message
from .compare import EXACT, SINGLE, Named, is_single, largest
from .record import note
from .trial import Arguments, Cast, Failure, Function, in_either_precision, tried


def dependencies(function: Function, *inputs: Tensor, **options: Any) -> Tensor:
    """Return how strongly each position of a result depends on each position of the inputs.

    One backward pass finds all of it: the batch holds T copies of the inputs, and of the result for
    copy t only position t is differentiated.

    Args:
        function: A function or module from inputs (B, T, d) to a first result (B, T, e).
        *inputs: Its inputs without a batch axis, (T, d) each.
        **options: Keyword arguments.

    Returns:
        D (T, T), float64. D[t, s] is the largest magnitude of a gradient of position t of the
        result with respect to position s of an input: 0 if t does not depend on s.

    Raises:
        Failure: If no gradient reaches any input, or the result has another shape.

    Example:
        >>> dependencies(lambda x: x.cumsum(dim=1), draw(3, 4)) > 0  # causal
        tensor([[ True, False, False],
                [ True,  True, False],
                [ True,  True,  True]])
    """
    T = len(inputs[0])
    names = tuple(Named(f"input {i}") for i in range(len(inputs)))
    given = Arguments(names, tuple(x.expand(T, *x.shape) for x in inputs), options)

    def attempt(cast: Cast) -> Tensor:
        (trial,) = tried(function, [given], cast)
        first, *others = trial.cotangents()
        if first is None or first.dim() != 3 or first.shape[:2] != (T, T):
            raise Failure(
                Message("The first result has no gradient, or not one row for every position.")
            )
        asked = first * torch.eye(T).unsqueeze(-1)  # (T, T, e)
        gradients = trial.gradients([asked, *[None] * len(others)])
        D = torch.stack([gradients[n.name].abs().amax(dim=-1) for n in names]).amax(dim=0)
        if not (D.any() and D.isfinite().all()):  # neither nothing nor NaN is a dependence
            raise Failure(
                Message("No gradient reaches the inputs, so the result depends on none of them.")
            )
        return D

    found = in_either_precision(function, attempt)
    note([found])
    return found


def reach(
    function: Function,
    ids: Tensor,
    *inputs: Tensor,
    among: Sequence[int],
    place: int = 0,
    **options: Any,
) -> Tensor:
    """Return how strongly each position of a result depends on each token of a sequence.

    Tokens are whole numbers, through which no gradient goes. So each is exchanged for another one:
    the batch holds the sequence as it is, and T copies of it with one other token each.

    Args:
        function: A function or module from tokens (B, T) to a first result (B, S, …).
        ids: The tokens without a batch axis, (T).
        *inputs: Other inputs, also without a batch axis.
        among: The tokens that a sequence may have, two at least; no padding and no end.
        place: How many of the other inputs stand before the tokens.
        **options: Keyword arguments.

    Returns:
        D (S, T), float64. D[t, s] is the largest change in position t of the result if token s is
        another one: 0 if t does not depend on s.

    Raises:
        Failure: If no token changes anything, or the first result has another shape.

    Example:
        >>> sums = lambda ids: ids.cumsum(dim=1).double()
        >>> reach(sums, torch.tensor([2, 5, 3]), among=range(2, 9)) > 0
        tensor([[ True, False, False],
                [ True,  True, False],
                [ True,  True,  True]])
    """
    T, known = len(ids), list(among)
    other = {token: known[number - 1] for number, token in enumerate(known)}
    changed = ids.repeat(T + 1, 1)
    for s, token in enumerate(ids.tolist()):
        changed[s + 1, s] = other[token]
    others = [x.expand(T + 1, *x.shape) for x in inputs]
    values = (*others[:place], changed, *others[place:])
    given = Arguments(tuple(Named(f"input {i}") for i in range(len(values))), values, options)

    def attempt(cast: Cast) -> Tensor:
        (trial,) = tried(function, [given], cast)
        result = trial.results[0].detach()
        if result.dim() < 2 or len(result) != T + 1:
            raise Failure(Message("The first result does not have a row for every sequence."))
        rows = result.double().reshape(*result.shape[:2], -1)  # (T + 1, S, …)
        D = (rows[1:] - rows[0]).abs().amax(dim=-1).T  # (S, T)
        tolerance = SINGLE if is_single(result) else EXACT
        rounded = tolerance.relative * largest([rows[0]])
        if not (rounded < D).any() or not D.isfinite().all():
            raise Failure(
                Message("Another token changes nothing, so the result depends on none of them.")
            )
        return torch.where(rounded < D, D, 0.0)

    with torch.no_grad():
        found = in_either_precision(function, attempt)
    note([found])
    return found
