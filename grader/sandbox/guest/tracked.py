"""A parameter or buffer that a module has of its own, and whether code has changed it."""

from typing import Any

import torch
from torch import Tensor, nn


class TrackedTensor:
    """The place of a parameter or buffer; what lies there, code may replace."""

    def __init__(self, module: nn.Module | None, path: str) -> None:
        """Find it by its path; `named_parameters` walks all, at 60 µs a call."""
        *parents, self._leaf = path.split(".")
        for parent in parents:
            module = module._modules.get(parent) if module is not None else None
        self._holder: dict[str, Any] = {}
        if module is not None:
            is_parameter = self._leaf in module._parameters
            self._holder = module._parameters if is_parameter else module._buffers

    def now(self) -> Tensor:
        """Return what lies there now, or something empty."""
        found: Tensor | None = self._holder.get(self._leaf)
        return torch.empty(0) if found is None else found

    def remember(self) -> None:
        """Keep what tells later whether it has changed.

        Of a buffer that is its value: batch_norm changes it without a new `_version`.
        """
        now = self.now()
        self._seen = now._version, now.data_ptr()
        self._value = None if type(now) is nn.Parameter else now.detach().clone()

    def changed(self) -> bool:
        """Whether it has changed since."""
        now = self.now()
        if self._value is None:
            return self._seen != (now._version, now.data_ptr())
        return differ(self._value, now)


def differ(was: Tensor, now: Tensor) -> bool:
    """Whether two tensors of one shape hold other numbers, or numbers of another kind."""
    return was.dtype != now.dtype or not torch.equal(was, now)
