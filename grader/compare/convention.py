"""Find out which convention a student's code follows, so that only one check asks for ours.

Gates in another order, or a gate that means "keep" and not "renew", are a layer as good as ours.
The check of the convention costs its points; all others judge the rest within the one found.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import torch

from .record import recorded
from .trial import Function, tensors

K = TypeVar("K")
NEAR = 1e-4
"""Of two conventions, the numbers differ by more; those of float32 by less."""


def convention(actual: Function, known: Mapping[K, Function], *inputs: Any) -> K:
    """Find out which of several conventions some code follows, by its numbers.

    Args:
        actual: The code to judge.
        known: What each convention gives, by whatever names it; that which is asked for first.
        *inputs: Arguments of all of them, on which the conventions differ.

    Returns:
        The key of the first that gives the numbers of `actual`; the first key if none does, for
        then something else is wrong, and is to be judged by what was asked for.

    Example:
        >>> known = {"keeps": lambda x, z: z * x, "renews": lambda x, z: (1 - z) * x}
        >>> convention(lambda x, z: x - z * x, known, draw(3), draw(3))
        'renews'
    """
    with torch.no_grad(), recorded():
        found = [result.double() for result in tensors(actual(*inputs))]
        for key, function in known.items():
            due = tensors(function(*inputs))
            if [d.shape for d in due] == [f.shape for f in found] and all(
                bool(((f - d).abs() <= NEAR * (1 + d.abs().max())).all())
                for f, d in zip(found, due, strict=True)
            ):
                return key
    return next(iter(known))
