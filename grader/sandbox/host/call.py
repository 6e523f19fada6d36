"""Calls into a worker, each of them one node of the graph here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from ...model.limits import StudentError
from ...model.message import Message
from ..guest import packing
from .changes import note_change
from .sandbox import Sandbox, meddled

Call = tuple[tuple[Any, ...], Mapping[str, Any]]
"""What a function is called with: by position, and by name."""
Cotangents = Sequence[Tensor | None]
"""One for each tensor of a result, or None for one that has no gradient."""
Foreseen = Callable[[], Sequence[Cotangents]]
"""Returns the cotangents of several calls, in their order: under these, gradients will be taken."""


@runtime_checkable
class Batched(Protocol):
    """A function or module that runs elsewhere, and takes several calls in one message."""

    def call_each(self, calls: Sequence[Call], foreseen: Foreseen | None = None) -> list[Any]:
        """Return the result of each; take the gradients that are foreseen along with them."""


def make_calls(
    worker: Sandbox, send: Callable[..., dict[str, Any]], state: Mapping[str, Tensor],
    there: dict[str, bytes], calls: Sequence[Call], foreseen: Foreseen | None = None,
) -> list[Any]:  # fmt: skip
    """Have calls made in the sandbox with one message, and return their results.

    `send` asks for them. `there` holds the numbers of `state` that the worker has; only the others
    are sent. Gradients that are `foreseen` come along with the results. What the code claims to
    have changed in place is noted, and stays as it is here: a check computes what is due from it.
    Only buffers follow, which are the module's own memory.
    Raises StudentError and SandboxError.
    """
    here = {name: packing.numbers(tensor) for name, tensor in state.items()}
    news = {n: None if here[n] == there.get(n) else tensor for n, tensor in state.items()}
    inputs = [[*state.values(), *packing.tensors(call)] for call in calls]
    learning = torch.is_grad_enabled()
    needs = [
        [learning and t.requires_grad and t.is_floating_point() for t in tensors]
        for tensors in inputs
    ]
    expected = foreseen() if foreseen and learning else [()] * len(calls)
    requests = [
        {"args": args, "kwargs": kwargs, "needs_grad": need, "cotangents": list(cotangents)}
        for (args, kwargs), need, cotangents in zip(calls, needs, expected, strict=True)
    ]
    answers = send(state=news, calls=requests)["calls"]
    if len(answers) != len(calls):
        raise meddled()
    there.update(here)
    names, results = list(state), []
    for tensors, need, cotangents, answer in zip(inputs, needs, expected, answers, strict=True):
        for i, value in answer["changed"].items():
            if 0 <= i < len(tensors):
                own = names[i] if i < len(names) else ""
                there.pop(own, None)
                _follow(tensors[i], value, own)
        result = answer["result"]
        if any(need):
            apply: Callable[..., tuple[Tensor, ...]] = _RemoteCall.apply
            outputs = list(apply(worker, answer, cotangents, *tensors) or ())[::-1]
            result = packing.each(result, lambda _, left=outputs: left.pop())  # type: ignore[misc]
        results.append(result)
    return results


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
        outputs = tuple(packing.tensors(answer["result"]))
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
