"""Random tensors for hidden checks."""

import hashlib
from contextvars import ContextVar

import torch
from torch import Tensor, nn

SINGLE: ContextVar[bool] = ContextVar("single", default=False)
"""Whether a check is tried on code that takes float32 for granted: then what is drawn has a place
in float32, so that it arrives unchanged there."""


class Draw:
    """Random tensors that follow from a seed: new at every call, the same at every regrade."""

    def __init__(self, seed: bytes) -> None:
        self.seed = seed
        number = int.from_bytes(hashlib.sha256(seed).digest()[:8])
        self._generator = torch.Generator().manual_seed(number)

    def __call__(self, *shape: int, scale: float = 1.0) -> Tensor:
        """Draw float64 normal numbers of standard deviation `scale`."""
        numbers = scale * torch.randn(shape, generator=self._generator, dtype=torch.float64)
        return numbers.float().double() if SINGLE.get() else numbers

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Draw int64 numbers from `low` up to, not including, `high`."""
        return torch.randint(low, high, shape, generator=self._generator)

    def mask(self, *shape: int) -> Tensor:
        """Draw booleans; each row has a True and, if longer than one, a False."""
        u = torch.rand(shape, generator=self._generator, dtype=torch.float64)
        lowest, highest = u.amin(dim=-1, keepdim=True), u.amax(dim=-1, keepdim=True)
        return (u > 0.5) & (u != lowest) | (u == highest)

    def fill(self, module: nn.Module, scale: float = 0.5) -> nn.Module:
        """Draw every parameter of a module, biases included, and return the module."""
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.copy_(self(*parameter.shape, scale=scale))
        return module
