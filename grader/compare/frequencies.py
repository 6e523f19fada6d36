"""Require that a function draws with the chances that are due."""

from typing import Any

import torch
from torch import Tensor

from ..model.message import Message
from .chances import Counts, evidence
from .compare import Named, spelled
from .record import note
from .trial import Failure, Function, tensors

MOST = 100
"""A factor beyond is not spelled out: the chance is so small that it says little."""


def frequencies(
    actual: Function, *inputs: Any, chances: Tensor, name: str = "drawn", **options: Any
) -> None:
    """Require that a function draws classes as often as their chances say.

    Right code fails once in a billion runs at most, for any number of draws. Draw often enough for
    what is wrong to show: of 10,000 draws, a class of the chance 0.2 may be off by 0.03. How often
    each class came is recorded, so that a known mistake is recognised by what it draws, whichever
    way it draws it.

    Args:
        actual: The code to judge. It returns integers from 0 to V - 1, of any shape.
        *inputs: Its arguments.
        chances: (V), the chance of every class; they sum to 1.
        name: What the result is called.
        **options: Its keyword arguments.

    Raises:
        Failure: Says which class is drawn how many times too often.

    Example:
        >>> fair = torch.tensor([0.5, 0.5])
        >>> coin = lambda n: torch.arange(n) % 2
        >>> frequencies(coin, 1000, chances=fair)
        >>> frequencies(coin, 1000, chances=torch.tensor([0.25, 0.75]))
        Traceback (most recent call last):
            ...
        Failure: Of 1,000 draws, all classes come equally often, which they should not.
    """
    with torch.no_grad():
        found = tensors(actual(*inputs, **options))
    called = Named.read(name).name
    if len(found) != 1:
        several = Message(
            "There are {count} results, and not one: `{name}`.", count=len(found), name=called
        )
        raise Failure(several)
    drawn, V = found[0].double(), len(chances)
    wrong = ~((drawn >= 0) & (drawn < V) & (drawn == drawn.round()))
    if wrong.any():
        raise Failure(
            Message(
                "`{name}` is not a class in {wrong} of {all} draws: classes are the integers from "
                "0 to {last}.",
                name=called,
                wrong=f"{int(wrong.sum()):,}",
                all=f"{drawn.numel():,}",
                last=V - 1,
            )
        )
    counts = Counts.of(drawn, V)
    note([counts])
    if not counts.may_be_of(chances):
        found_wrong = _wrong(counts, chances)
        raise Failure(
            Message("Of {count} draws, {found}.", count=f"{drawn.numel():,}", found=found_wrong)
        )


def _wrong(counts: Counts, chances: Tensor) -> Message:
    """Say how counts are not those of the chances; never what a chance should be."""
    shares = (counts / counts.sum()).as_subclass(Tensor)
    if (shares == 1).any():
        return Message("all give the same class")
    if counts.may_be_of(torch.full_like(shares, 1 / len(shares))):
        return Message("all classes come equally often, which they should not")
    worst = int(evidence(counts, chances).argmax())
    if not chances[worst]:
        return Message("some give class {worst}, which has no chance", worst=worst)
    factor = float(shares[worst] / chances[worst])
    times = spelled(factor) if factor < MOST else Message("more than {most}", most=MOST)
    return Message("class {worst} comes {times} × as often as it should", worst=worst, times=times)
