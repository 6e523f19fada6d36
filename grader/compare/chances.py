"""Counts of what was drawn at random: can they be of these chances, or of the same as others?

By Chernoff's bound, a class of the chance p has a share of a or more on that side of p in n draws
with a probability of exp(-n·KL(a‖p)) at most, for every n. So what is called impossible here
happens to right code once in 1/ALPHA runs, or less often; no large n is taken for granted.
"""

import math

import torch
from torch import Tensor

ALPHA = 1e-9
"""How often right code may fail, at most, for all classes together."""


class Counts(Tensor):
    """How often each class was drawn, (V): the same as other counts if one chance explains both."""

    @classmethod
    def of(cls, drawn: Tensor, V: int) -> "Counts":
        """Count integers from 0 to V - 1."""
        return torch.bincount(drawn.flatten().long(), minlength=V).double().as_subclass(cls)

    def may_be_of(self, chances: Tensor) -> bool:
        """Tell whether these may have been drawn with these chances (V), which sum to 1."""
        return bool((evidence(self, chances) <= _bound(len(chances))).all())

    def may_be_like(self, other: "Counts") -> bool:
        """Tell whether both may have been drawn with the same chances: then each is within bounds.

        What explains both best is what they are together.
        """
        together = (self + other) / (self.sum() + other.sum())
        found = evidence(self, together) + evidence(other, together)
        return bool((found <= 2 * _bound(len(together))).all())


def evidence(counts: Tensor, chances: Tensor) -> Tensor:
    """Return, for each class, what speaks against its chance: n·KL(share‖chance), (V)."""
    n = counts.sum().as_subclass(Tensor)
    shares, p = counts.as_subclass(Tensor) / n, chances.double()
    return n * (_part(shares, p) + _part(1 - shares, 1 - p))


def _part(a: Tensor, p: Tensor) -> Tensor:
    """Return a·ln(a/p): 0 where a is 0, and infinite where p alone is."""
    found = a * (a / p).log()
    return found.where(a > 0, torch.zeros_like(a))


def _bound(V: int) -> float:
    """Return what is not exceeded but with a chance of ALPHA: there are V classes and two sides."""
    return math.log(2 * V / ALPHA)
