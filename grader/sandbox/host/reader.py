"""Reads notebooks in the sandbox and runs nothing of them: one worker serves many."""

from typing import Any, Self

import torch

from ...intake.submission import Refused
from ...model.limits import Limits, StudentError
from ...model.message import Message
from .reply import text
from .sandbox import Sandbox
from .zygote import Zygote

DAY = 86_400
"""Seconds of computing that a worker may spend on reading."""


class Reader:
    """A worker that reads notebooks. Use it as a context manager."""

    def __init__(self) -> None:
        self._zygote = Zygote()
        self._worker: Sandbox | None = None

    def read(self, how: str, data: bytes, **more: Any) -> dict[str, Any]:
        """Return the answer to a request that only reads. Raises Refused for no notebook."""
        if self._worker is None or not self._worker.alive:
            self._worker = self._zygote.open(Limits(total_seconds=DAY))
        try:
            sent = torch.tensor(list(data), dtype=torch.uint8)
            seen: dict[str, Any] = self._worker.ask(how, data=sent, **more)
        except StudentError as error:
            raise Refused(Message("This notebook cannot be parsed: {error}", error=error)) from None
        if seen["unreadable"]:
            raise Refused(text(seen["unreadable"]))
        return seen

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._zygote.close()
