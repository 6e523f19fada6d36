"""The life of a student's module: lazy, constructed in the worker, forgotten.

Constructing a module at once costs a message. So a module like an earlier one is lazy: it is
constructed along with the next request, as are all lazy modules, in the order of the check, so
that the worker's random numbers stay the same.
"""

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any

from torch import Tensor

from ...model.limits import StudentError
from ...model.message import Message

PLAIN = (int, float, str, type(None))
Shapes = dict[str, list[int]]


class Stage(Enum):
    """How far a module has come."""

    WAITING = auto()
    """It will be constructed along with the next request."""
    CONSTRUCTED = auto()
    """The worker has it."""
    FORGOTTEN = auto()
    """Another check has begun, or its constructor has raised."""


class Construction:
    """A module as the worker knows it."""

    def __init__(
        self, number: int, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.number, self.name = number, name
        self._args, self._kwargs = args, kwargs
        values = (*args, *kwargs.values())
        self.spelled = (
            repr((name, args, kwargs)) if all(isinstance(v, PLAIN) for v in values) else ""
        )
        """How it is constructed, if that can be written down."""
        self.stage = Stage.WAITING
        self.wanted = True
        """Whether its parameters are asked for; else they have been replaced already."""
        self.shapes: Shapes | None = None
        """Those of its parameters, where one like it had no others, and no buffers."""
        self.answer: dict[str, Any] = {}
        """What has come of it, as reply.CONSTRUCTED says."""

    def recipe(self) -> dict[str, Any]:
        """Return what submission.Submission.make takes."""
        return {
            "number": self.number, "name": self.name, "args": self._args, "kwargs": self._kwargs,
            "wanted": self.wanted,
        }  # fmt: skip

    @property
    def is_plain(self) -> bool:
        """Whether one like it may wait: it has only parameters that learn."""
        learns, buffers = self.answer["learns"], self.answer["buffers"]
        return bool(self.spelled) and self.wanted and not buffers and all(learns.values())

    def require(self) -> None:
        """Raise StudentError where it can no longer be used."""
        if self.stage is Stage.FORGOTTEN:
            said = Message("this `{name}` is of an earlier check", name=self.name)
            raise StudentError(said, "IndexError")


class Constructions:
    """All modules of a worker, in the order of the check."""

    def __init__(self) -> None:
        self.waiting: list[Construction] = []
        self._present: list[Construction] = []
        self._known: dict[str, Shapes] = {}
        self._count = 0

    def forget(self) -> None:
        """Let all modules go: a check begins."""
        for construction in self._present:
            construction.stage = Stage.FORGOTTEN
        self.waiting, self._present = [], []

    def add(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Construction:
        """Let a module wait, after all others."""
        construction = Construction(self._count, name, args, kwargs)
        self._count += 1
        construction.shapes = self._known.get(construction.spelled)
        self.waiting.append(construction)
        self._present.append(construction)
        return construction

    def drop(self, constructions: Sequence[Construction]) -> None:
        """Let modules go whose constructor has raised."""
        for construction in constructions:
            construction.stage = Stage.FORGOTTEN
        self.waiting = [c for c in self.waiting if c not in constructions]

    def arrive(self, answers: Sequence[dict[str, Any]]) -> None:
        """Note what has come of those that have waited.

        Raises StudentError where one has other parameters than one that was constructed equally.
        """
        arrived, self.waiting = self.waiting, []
        for construction, answer in zip(arrived, answers, strict=True):
            construction.stage, construction.answer = Stage.CONSTRUCTED, answer
            if construction.is_plain:
                self._known[construction.spelled] = shapes_of(answer["parameters"])
        for construction in arrived:
            if construction.shapes not in (None, construction.answer["shapes"]):
                name = construction.name
                raise StudentError(
                    Message("`{name}` has other parameters each time it is made", name=name)
                )


def shapes_of(tensors: Mapping[str, Tensor]) -> Shapes:
    """Return the shape of each tensor."""
    return {name: list(tensor.shape) for name, tensor in tensors.items()}
