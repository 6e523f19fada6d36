"""Random tensors for hidden checks."""

import hashlib

import torch
from torch import Tensor, nn


class Draw:
    """Random tensors that follow from a seed: different at every call, the same at every regrade.

    A check is given one, `draw`: its seed follows from the course's key, the submission and the
    check.

    Args:
        seed: Any bytes.
        single: Draw numbers that have a place in float32, and arrive unchanged at code that has
            only that.

    Example:
        >>> Draw(b"a seed")(2, 3).shape
        torch.Size([2, 3])
    """

    def __init__(self, seed: bytes, *, single: bool = False) -> None:
        self.seed, self._single = seed, single
        number = int.from_bytes(hashlib.sha256(seed).digest()[:8])
        self._generator = torch.Generator().manual_seed(number)

    def again(self) -> "Draw":
        """Return what draws the same once more, from the beginning."""
        return Draw(self.seed, single=self._single)

    def __call__(self, *shape: int, scale: float = 1.0) -> Tensor:
        """Draw normal numbers of mean 0.

        Args:
            *shape: The size of each axis.
            scale: Their standard deviation.

        Returns:
            A float64 tensor of that shape.
        """
        numbers = scale * torch.randn(shape, generator=self._generator, dtype=torch.float64)
        return numbers.float().double() if self._single else numbers

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Draw integers.

        Args:
            low: The smallest that may be drawn.
            high: The first that may not.
            *shape: The size of each axis.

        Returns:
            An int64 tensor of that shape.
        """
        return torch.randint(low, high, shape, generator=self._generator)

    def mask(self, *shape: int) -> Tensor:
        """Draw truth values; each row holds a True and, if it is longer than one, a False.

        Args:
            *shape: The size of each axis; rows lie along the last.

        Returns:
            A bool tensor of that shape.
        """
        u = torch.rand(shape, generator=self._generator, dtype=torch.float64)
        lowest, highest = u.amin(dim=-1, keepdim=True), u.amax(dim=-1, keepdim=True)
        return (u > 0.5) & (u != lowest) | (u == highest)

    def lengths(self, B: int, T: int) -> Tensor:
        """Draw lengths of sequences; one is T and, where that can be, another one is shorter.

        Args:
            B: How many sequences.
            T: The number of steps.

        Returns:
            An int64 tensor (B) of numbers from 1 to T.
        """
        lengths = self.integers(1, T + 1, B)
        order = torch.randperm(B, generator=self._generator)
        lengths[order[-1]] = lengths[order[-1]].clamp(max=max(T - 1, 1))
        lengths[order[0]] = T
        return lengths

    def sizes(self, count: int, low: int = 2, high: int = 7) -> list[int]:
        """Draw sizes that all differ, so that no transpose and no broadcast stays unseen.

        Args:
            count: How many.
            low: The smallest that may be drawn.
            high: The largest that may be drawn.

        Returns:
            As many different numbers, in any order.
        """
        order = torch.randperm(high - low + 1, generator=self._generator)
        return [low + int(n) for n in order[:count]]

    def matrix(self, *singular: float, rows: int = 0) -> Tensor:
        """Draw a matrix with given singular values, far from symmetric.

        Args:
            *singular: The singular values, one for each column.
            rows: How many rows, if there are to be more of them than columns.

        Returns:
            A float64 tensor (rows, columns).
        """
        columns, rows = len(singular), rows or len(singular)
        left, _ = torch.linalg.qr(self(rows, columns))
        right, _ = torch.linalg.qr(self(columns, columns))
        values = torch.tensor(singular, dtype=torch.float64)
        matrix: Tensor = left * values @ right.mT
        return matrix.float().double() if self._single else matrix

    def fill(self, module: nn.Module, scale: float = 0.5) -> nn.Module:
        """Draw every parameter of a module in place, biases included.

        Args:
            module: A module of the course.
            scale: The standard deviation.

        Returns:
            The module.
        """
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.copy_(self(*parameter.shape, scale=scale))
        return module
