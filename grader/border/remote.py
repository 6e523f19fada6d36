"""A call into a worker, as one node of the graph here; and a module whose forward is such calls."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..checking.trial import FORESEEN
from ..untrusted import packing
from .limits import StudentError
from .sandbox import Sandbox

MOST_PARENTS = 32
"""Modules in which a parameter may lie; torch walks the tree by recursion."""


class RemoteModule(nn.Module):
    """The student's nn.Module: its parameters and buffers live here, its forward runs there."""

    def __init__(
        self, worker: Sandbox, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        super().__init__()
        made = worker.ask("construct", name=name, args=args, kwargs=kwargs)
        self._worker, self._number, self.__name__ = worker, made["id"], name
        reported = (*made["parameters"].items(), *made["buffers"].items())
        self._there = {path: value.clone() for path, value in reported}
        self._places: dict[str, tuple[dict[str, Any], str]] = {}
        """Where each parameter and buffer lies; `named_parameters` walks all, at 60 µs a call."""
        try:
            for path, value in made["parameters"].items():
                learns = made["learns"].get(path, False) and value.is_floating_point()
                owner, leaf = self._owner(path)
                owner.register_parameter(leaf, nn.Parameter(value, requires_grad=learns))
                self._places[path] = owner._parameters, leaf
            for path, value in made["buffers"].items():
                owner, leaf = self._owner(path)
                owner.register_buffer(leaf, value)
                self._places[path] = owner._buffers, leaf
        except (KeyError, AttributeError) as error:
            raise StudentError(f"`{name}` has a parameter that clashes: {error}") from None

    def _owner(self, path: str) -> tuple[nn.Module, str]:
        """Return the submodule that holds `path`, made on the way, and its name there."""
        *parents, leaf = path.split(".")
        if len(parents) > MOST_PARENTS:  # 100,000 cost the judge 80 s
            raise AttributeError(f"it lies in {len(parents)} modules")
        owner: nn.Module = self
        for parent in parents:
            if parent not in owner._modules:
                owner.add_module(parent, nn.Module())
            owner = owner.get_submodule(parent)
        return owner, leaf

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the student's module with the parameters and buffers that it has here."""
        held = {path: place.get(leaf) for path, (place, leaf) in self._places.items()}
        state = {path: tensor for path, tensor in held.items() if tensor is not None}
        return call(self._worker, self._number, self.training, state, self._there, args, kwargs)


def call(
    worker: Sandbox, target: str | int, training: bool, state: Mapping[str, Tensor],
    there: dict[str, Tensor], args: tuple[Any, ...], kwargs: dict[str, Any],
) -> Any:  # fmt: skip
    """Make one call in the sandbox, as one node of the graph here.

    `there` holds the values of `state` that the worker has already; only the others are sent.
    """
    names = list(state)
    tensors = [*state.values(), *packing.tensors((args, kwargs))]
    results: list[Any] = []
    differentiable = torch.is_grad_enabled() and any([t.requires_grad for t in tensors])
    more = {"cotangents": list(FORESEEN.get())} if differentiable and FORESEEN.get() else {}

    def ask(tensors: Sequence[Tensor], needs_grad: list[bool]) -> dict[str, Any]:
        inputs = iter(tensors[len(names) :])
        given = packing.each((args, kwargs), lambda _: next(inputs))
        news = {n: t for n, t in zip(names, tensors, strict=False) if not _same(t, there.get(n))}
        answer: dict[str, Any] = worker.ask(
            "call", target=target, training=training, state={**dict.fromkeys(names), **news},
            args=given[0], kwargs=given[1], needs_grad=needs_grad, **more,
        )  # fmt: skip
        there.update({name: tensor.detach().clone() for name, tensor in news.items()})
        for i, value in answer["changed"].items():
            if 0 <= i < len(tensors) and tensors[i].shape == value.shape:
                tensors[i].data.copy_(value)  # so that a check sees that its input was changed
                there.pop(names[i] if i < len(names) else "", None)
        results.append(answer["result"])
        return answer

    if not differentiable:
        ask(tensors, [t.requires_grad for t in tensors])
        return results[0]
    apply: Callable[..., tuple[Tensor, ...]] = _RemoteCall.apply
    outputs = iter(apply(worker, ask, results, *tensors) or ())
    return packing.each(results[0], lambda _: next(outputs))


def _same(one: Tensor | None, other: Tensor | None) -> bool:
    if one is None or other is None:
        return False
    return one.dtype == other.dtype and torch.equal(one, other)


class _RemoteCall(torch.autograd.Function):
    """Forward and backward, both by asking the worker."""

    @staticmethod
    def forward(ctx: Any, worker: Sandbox, ask: Any, results: list[Any], *tensors: Tensor) -> Any:
        """Call; the outputs are the tensors of the result, in order."""
        wanted = ctx.needs_input_grad[3:]
        answer = ask(
            tensors, [n and t.is_floating_point() for t, n in zip(tensors, wanted, strict=True)]
        )
        outputs = tuple(packing.tensors(results[0]))
        ctx.worker, ctx.id, ctx.shapes = worker, answer["id"], [t.shape for t in tensors]
        ctx.foreseen, ctx.gradients = FORESEEN.get(), answer["gradients"]
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
            raise StudentError("your code changed the shape of a gradient", "ValueError")
        return None, None, None, *found
