"""A sequence in two parts, the state carried over, is the whole: what recurrent code must keep."""

from typing import Any

import torch
from torch import Tensor

from ..model.message import Message
from .compare import EXACT, SINGLE, Named, is_single, shape_difference, value_difference
from .record import note
from .trial import Cast, Failure, Function, call_each, in_either_precision, tensors


def continues(
    actual: Function, x: Tensor, state: Tensor, *, at: int, returns: tuple[str, str]
) -> None:
    """Require that reading a sequence in two parts gives what reading it at once gives.

    The second part begins with the state that the first has left.

    Args:
        actual: The code to judge: called with x and a state, it returns (out, state).
        x: A sequence (B, T, …).
        state: The state that the whole begins with, of any shape.
        at: How many steps the first part has.
        returns: The names of out and of the state, and of their axes.

    Raises:
        Failure: Says where the two parts differ from the whole.
        StudentError: What the code raises.

    Example:
        >>> def running_sum(x, h):
        ...     out = x.cumsum(dim=1) + h.unsqueeze(1)
        ...     return out, out[:, -1]
        >>> returns = ("out (B, T, H)", "h_n (B, H)")
        >>> continues(running_sum, draw(2, 5, 3), draw(2, 3), at=2, returns=returns)
    """

    def attempt(cast: Cast) -> list[Tensor]:
        given: list[tuple[tuple[Tensor, ...], dict[str, Any]]] = [
            ((cast(part), cast(state)), {}) for part in (x, x[:, :at])
        ]
        whole, first = call_each(actual, given)
        out, carried = tensors(first)
        rest, last = tensors(actual(cast(x[:, at:]), carried))
        return [*tensors(whole), torch.cat([out, rest], dim=1), last]

    with torch.no_grad():
        found = in_either_precision(actual, attempt)
    note(found)
    whole_out, whole_state, out, last = (numbers.double() for numbers in found)
    tolerance = SINGLE if is_single(out) else EXACT
    for parts, whole, text in ((out, whole_out, returns[0]), (last, whole_state, returns[1])):
        named, bound = Named.read(text), tolerance.bound(whole, [whole])
        wrong = shape_difference(parts, whole.shape, named)
        if wrong := wrong or value_difference(parts, whole, named, bound):
            raise Failure(
                Message(
                    "Read in two parts of {first} and {second} steps, the second from the state "
                    "that the first has left: {found}.",
                    first=at,
                    second=x.shape[1] - at,
                    found=wrong,
                )
            )
