"""Calls into a worker, each of them one node of the graph here."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from ...model.limits import StudentError
from ...model.message import Message
from ..guest import values
from .changes import note_change
from .sandbox import Sandbox, meddled

Call = tuple[tuple[Any, ...], Mapping[str, Any]]
"""What a function is called with: by position, and by name."""
Cotangents = Sequence[Tensor | None]
"""One for each tensor of a result, or None for one that has no gradient."""
Foreseen = Callable[[], Sequence[Cotangents]]
"""Returns the cotangents of several calls, in their order: under these, gradients will be taken."""


@dataclass
class Target:
    """What is called in a worker, and the tensors of its own that are here."""

    name: str | int
    """Of a function its name, of a module its number."""
    training: bool = True
    state: Mapping[str, Tensor] = field(default_factory=dict)
    """A module's parameters and buffers."""
    there: dict[str, bytes] = field(default_factory=dict)
    """The numbers of these that the worker has; only others are sent."""


class Remote(ABC):
    """A function or module of a worker's."""

    @property
    @abstractmethod
    def remote_worker(self) -> Sandbox:
        """The worker that has it."""

    @abstractmethod
    def remote_target(self) -> Target:
        """Return what it is there, just before it is called. Raises StudentError."""


def call_together(
    calls: Sequence[tuple[Remote, Call]], foreseen: Foreseen | None = None
) -> list[Any]:
    """Have calls made in one worker with one message, and return their results.

    Gradients that are `foreseen` come along with the results. What the code claims to have changed
    in place is noted, and stays as it is here: a check computes what is due from it. Only buffers
    follow, which are the module's own memory.
    Raises StudentError and SandboxError.
    """
    worker = calls[0][0].remote_worker
    learning = torch.is_grad_enabled()
    expected = foreseen() if foreseen and learning else [()] * len(calls)
    parts = list(_parts(calls, expected, learning))
    answers = worker.ask("call", groups=[part.request() for part in parts])
    if [len(each) for each in answers] != [len(part.calls) for part in parts]:
        raise meddled()
    return [
        result
        for part, each in zip(parts, answers, strict=True)
        for result in part.results(worker, each)
    ]


def _parts(
    calls: Sequence[tuple[Remote, Call]], expected: Sequence[Cotangents], learning: bool
) -> Iterator["_Part"]:
    """Yield calls of one function or module after the other together, in their order."""
    left = iter(expected)
    seen: set[str | int] = set()
    for _, group in groupby(calls, key=lambda call: id(call[0])):
        some = list(group)
        target = some[0][0].remote_target()
        if target.name in seen:
            target.there = {}  # an earlier part may change what is there
        seen.add(target.name)
        yield _Part(target, [call for _, call in some], [next(left) for _ in some], learning)


class _Part:
    """Some calls of one function or module."""

    def __init__(
        self, target: Target, calls: list[Call], expected: list[Cotangents], learning: bool
    ) -> None:
        self.calls, self._target, self._expected = calls, target, expected
        self._here = {name: values.numbers(tensor) for name, tensor in target.state.items()}
        self._inputs = [[*target.state.values(), *values.tensors(call)] for call in calls]
        self._needs = [
            [learning and t.requires_grad and t.is_floating_point() for t in tensors]
            for tensors in self._inputs
        ]

    def request(self) -> dict[str, Any]:
        """Return what submission.Submission.call takes."""
        here, there = self._here, self._target.there
        each = zip(self.calls, self._needs, self._expected, strict=True)
        return {
            "target": self._target.name,
            "training": self._target.training,
            "state": {
                name: None if here[name] == there.get(name) else tensor
                for name, tensor in self._target.state.items()
            },
            "calls": [
                {"args": args, "kwargs": kwargs, "needs_grad": need, "cotangents": list(cotangents)}
                for (args, kwargs), need, cotangents in each
            ],
        }

    def results(self, worker: Sandbox, answers: Sequence[dict[str, Any]]) -> Iterator[Any]:
        """Yield the result of each call, and let what is here follow."""
        there, names = self._target.there, list(self._target.state)
        there.update(self._here)
        each = zip(self._inputs, self._needs, self._expected, answers, strict=True)
        for tensors, need, cotangents, answer in each:
            for i, value in answer["changed"].items():
                if 0 <= i < len(tensors):
                    own = names[i] if i < len(names) else ""
                    there.pop(own, None)
                    _follow(tensors[i], value, own)
            result = answer["result"]
            if any(need):
                apply: Callable[..., tuple[Tensor, ...]] = _RemoteCall.apply
                outputs = list(apply(worker, answer, cotangents, *tensors) or ())[::-1]
                result = values.each(result, lambda _, left=outputs: left.pop())  # type: ignore[misc]
            yield result


def _follow(tensor: Tensor, value: Tensor, own: str) -> None:
    """Note a change, or let a buffer follow it; `own` is the name of a module's own tensor."""
    if not own or isinstance(tensor, nn.Parameter):
        note_change(tensor)
    elif tensor.shape == value.shape:
        tensor.data.copy_(value)


def _same(one: Tensor | None, other: Tensor | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.dtype == other.dtype and torch.equal(one, other)


class _RemoteCall(torch.autograd.Function):
    """A call that has been made, and its gradients."""

    @staticmethod
    def forward(
        ctx: Any, worker: Sandbox, answer: dict[str, Any], foreseen: Sequence[Tensor | None],
        *tensors: Tensor,
    ) -> Any:  # fmt: skip
        """Return the tensors of the result, in order."""
        outputs = tuple(values.tensors(answer["result"]))
        ctx.worker, ctx.id, ctx.shapes = worker, answer["id"], [t.shape for t in tensors]
        ctx.foreseen, ctx.gradients = foreseen, answer["gradients"]
        ctx.set_materialize_grads(False)
        differentiable = dict(enumerate(answer["differentiable"]))
        ctx.mark_non_differentiable(
            *(
                output
                for i, output in enumerate(outputs)
                if not (differentiable.get(i) and output.is_floating_point())
            )
        )
        return outputs

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor | None) -> Any:
        """Return the vector-Jacobian products; ask for them, unless these came with the call."""
        found = ctx.gradients
        if not (found and all(map(_same, gradients, ctx.foreseen))):
            found = ctx.worker.ask("backward", id=ctx.id, gradients=list(gradients))
        if [
            s if g is None else g.shape for g, s in zip(found, ctx.shapes, strict=False)
        ] != ctx.shapes:
            said = Message("your code changed the shape of a gradient")
            raise StudentError(said, "ValueError")
        return None, None, None, *found
