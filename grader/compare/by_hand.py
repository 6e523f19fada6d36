"""A gradient that is written out, told from one that was had from autograd or by trying.

All three give the right numbers, so values are judged first, under ``torch.no_grad()``, and this
afterwards. Autograd's own functions are forbidden by name (`forbid` in docs/authors.md); this sees
a graph however it was made, and differences of a loss by their number.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ..model.message import Message
from ..model.subject import Subject
from .counts import operators
from .trial import Failure

NARROW, WIDE = 3, 12
"""Features of the two calls that are compared."""
MOST = 1.5
"""A formula needs as many operators for any number of features, but may choose them by size."""


def by_hand(student: Subject, name: str, inputs: Callable[[int], Sequence[Any]]) -> None:
    """Require that a function computes gradients by a formula, not by autograd and not by trying.

    A graph saves tensors for the way back, also where the student's code enables gradients itself.
    Finite differences need more operators the more features there are, as does a loop over them.

    Args:
        student: What the check is given.
        name: The name of a function.
        inputs: Returns its arguments for a number of features; all other sizes should be fixed.

    Raises:
        Failure: It builds a graph, or goes through the features one by one.
        StudentError: What the code raises.

    Example:
        >>> by_hand(student, "merge_heads", lambda n: [draw(2, 3, 5, n)])
    """
    if student.beside(_saved)(name, *inputs(NARROW)):
        raise Failure(
            Message(
                "{name} builds a graph and has torch differentiate: write out what the formula "
                "says.",
                name=name,
            )
        )
    few, many = (operators(student, name, *inputs(n)) for n in (NARROW, WIDE))
    if many > MOST * few:
        raise Failure(
            Message(
                "{name} runs {few} operators of torch for {narrow} features, and {many} for "
                "{wide}: it goes through the features one by one, as finite differences would. In "
                "the formula, a product of matrices serves all of them.",
                name=name,
                few=few,
                narrow=NARROW,
                many=many,
                wide=WIDE,
            )
        )


def _saved(student, name, *inputs):  # type: ignore[no-untyped-def]  # sent as source
    import torch

    saved: list[None] = []

    def pack(tensor):  # type: ignore[no-untyped-def]
        saved.append(None)
        return tensor

    with torch.no_grad(), torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        getattr(student, name)(*inputs)
    return len(saved)
