"""Training by the student's code, step by step beside a right step: a model cannot be sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from ..model.message import Message, counted
from ..model.subject import Subject
from .calls import call
from .compare import Named, is_single, ratio, spelled
from .requirements import equal
from .scripted import source_of
from .trial import Failure

NEAR_ONE = 1e-3
"""A step that is off by less is not a multiple of the right one."""


@dataclass(frozen=True)
class Trained:
    """What some steps of training have led to."""

    returned: list[Tensor]
    """What the last step has returned."""
    parameters: list[dict[str, Tensor]]
    """The parameters by their names, after each number of steps that was asked for."""
    training: bool
    """Whether the model was in training mode whenever it was called, and was called."""
    graph: bool
    """Whether what was returned has a graph."""


class Training:
    """A function of the student's that trains a model, and what is due of it.

    The model is made beside the student's code, and a right step trains one like it. Between two
    steps, gradients are cleared.

    Args:
        name: The name of a function of (model, optimizer, …).
        right: Does what it should do.
        model: Returns the model. It gets its parameters in a namespace. Its source text is sent, so
            it imports what it uses but for `torch`.
        parameters: The parameters to begin with, by their names and axes, as in
            ``{"weight (C, 784)": weight}``.
        takes: Names of the other inputs and their axes.
        returns: The shapes of what is returned, by names, as for `call`.

    Example:
        >>> class Names:  # stands for what a student defines
        ...     beside = lambda self, function: lambda *args: function(self, *args)
        ...     def train_step(self, model, optimizer, x):
        ...         optimizer.zero_grad()
        ...         model(x).mean().backward()
        ...         optimizer.step()
        >>> def right(model, optimizer, x):
        ...     model(x).square().mean().backward()
        ...     optimizer.step()
        >>> def linear(own):
        ...     model = torch.nn.Linear(3, 2, bias=False)
        ...     model.weight = own.weight
        ...     return model
        >>> training = Training("train_step", right, linear, {"weight (O, I)": draw(2, 3)})
        >>> training.agree(Names(), draw(4, 3), lr=0.1)
        Traceback (most recent call last):
            ...
        Failure: After 1 step of SGD: `weight` is wrong everywhere.
    """

    def __init__(
        self,
        name: str,
        right: Callable[..., Any],
        model: Callable[..., Any],
        parameters: Mapping[str, Tensor],
        takes: Sequence[str] = (),
        returns: Mapping[str, tuple[int, ...]] | None = None,
    ) -> None:
        self._name, self._right, self._source = name, right, source_of(model)
        self._named = {Named.read(key).name: key for key in parameters}
        self._parameters = dict(zip(self._named, parameters.values(), strict=True))
        self._takes, self._returns = takes, dict(returns or {})

    def trained(
        self,
        student: Subject,
        *inputs: Any,
        steps: Sequence[int] = (1,),
        optimizer: str = "SGD",
        old: Mapping[str, Tensor] | None = None,
        training: bool = True,
        **settings: Any,
    ) -> Trained:
        """Return what the student's steps lead to.

        Args:
            student: What the check is given.
            *inputs: What the function takes beside model and optimizer, the same at each step.
            steps: After how many steps to look at the parameters.
            optimizer: Its name in torch.optim.
            old: Gradients that stand in `.grad` before the first step, by names of parameters.
            training: Whether the model comes in training mode.
            **settings: Of the optimizer, as in ``lr=0.1``.

        Returns:
            Trained: `returned`, `parameters`, `training` and `graph`.

        Raises:
            Disagreement: For another number of results, or another shape.
            StudentError: What the code raises.
        """
        asked = sorted(steps)
        how = {"steps": asked, "optimizer": optimizer, "settings": settings, "training": training}
        ask = student.beside(_train)

        def run(*inputs: Any) -> Any:
            own = [self._name, self._source, self._parameters, dict(old or {}), how]
            return ask(*own, bool(self._returns), *inputs)

        run.__name__ = self._name  # which the student reads
        shapes = {f"{key} {n}": tuple(self._parameters[name].shape) for n in asked
                  for name, key in self._named.items()}  # fmt: skip
        shapes = {**self._returns, **shapes, "mode": (), "graph": ()}
        *found, mode, graph = call(run, *inputs, takes=self._takes, shapes=shapes)
        if any(map(is_single, found)):  # then the gradients had that precision as well
            found = [result.float().double() for result in found]
        returned, rest = found[: len(self._returns)], found[len(self._returns) :]
        size = len(self._parameters)
        seen = [dict(zip(self._named, rest[i : i + size], strict=True))
                for i in range(0, len(rest), size)]  # fmt: skip
        return Trained(returned, seen, bool(mode), bool(graph))

    def due(self, *inputs: Any, **how: Any) -> Trained:
        """Return what right steps lead to.

        Args:
            *inputs: As for `trained`.
            **how: As for `trained`.

        Returns:
            Trained.
        """
        names = SimpleNamespace(**{self._name: self._right})
        oracle: Any = SimpleNamespace(beside=lambda function: partial(function, names))
        return self.trained(oracle, *inputs, **how)

    def agree(
        self, student: Subject, *inputs: Any, steps: Sequence[int] = (1, 2, 5), **how: Any
    ) -> None:
        """Require that the parameters are right after some steps.

        Args:
            student: What the check is given.
            *inputs: What the function takes beside model and optimizer, the same at each step.
            steps: After how many steps.
            **how: As for `trained`.

        Raises:
            Failure: Says whether nothing moved, or by how much the first step is too long, or which
                parameter is wrong after how many steps.
        """
        found = self.trained(student, *inputs, steps=steps, **how).parameters
        due = self.due(*inputs, steps=steps, **how).parameters
        self._require_step(found[0], due[0])
        kind = how.get("optimizer", "SGD")
        for n, have, want in zip(sorted(steps), found, due, strict=True):
            said = counted("After {n} step of {kind}", "After {n} steps of {kind}", n=n, kind=kind)
            for name, key in self._named.items():
                equal(have[name], want[name], said, key)

    def _require_step(self, have: dict[str, Tensor], want: dict[str, Tensor]) -> None:
        """Require that the parameters move, and by no multiple of what they should."""
        before = self._parameters
        step = torch.cat([(have[name] - before[name]).flatten() for name in before])
        due = torch.cat([(want[name] - before[name]).flatten() for name in before])
        if due.any() and not step.any():
            raise Failure(
                Message(
                    "No parameter has moved: is optimizer.step() called, after backward() and "
                    "before the gradients are cleared again?"
                )
            )
        factor = ratio(step, due, tolerance=1e-4)
        if factor and abs(factor - 1) > NEAR_ONE:
            raise Failure(
                Message("The step is {factor} × what it should be.", factor=spelled(factor))
            )


def _train(student, name, source, parameters, old, how, returns, *inputs):  # type: ignore[no-untyped-def]
    """Train a model; return what the last step returned and the parameters. Sent as source."""
    from types import SimpleNamespace
    from typing import Any

    import torch

    def free(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [free(item) for item in value]
        return value.detach() if isinstance(value, torch.Tensor) else value

    def has_graph(value: Any) -> bool:
        if isinstance(value, list | tuple):
            return any(map(has_graph, value))
        return isinstance(value, torch.Tensor) and value.requires_grad

    names: dict[str, Any] = {"torch": torch}
    exec(source, names)
    floats = [x for x in inputs if isinstance(x, torch.Tensor) and x.is_floating_point()]
    kind = floats[0].dtype if floats else None  # float32 where they are
    own = {n: torch.nn.Parameter(p.to(kind, copy=True)) for n, p in parameters.items()}
    model = [*names.values()][-1](SimpleNamespace(**own)).train(how["training"])
    for n, gradient in old.items():
        own[n].grad = gradient.to(kind, copy=True)
    modes: list[bool] = []
    model.register_forward_pre_hook(lambda *_: modes.append(model.training))
    optimizer = getattr(torch.optim, how["optimizer"])(model.parameters(), **how["settings"])
    seen: list[Any] = []
    with torch.enable_grad():
        for n in range(1, max(how["steps"]) + 1):
            returned = getattr(student, name)(model, optimizer, *inputs)
            model.zero_grad()
            if n in how["steps"]:
                seen += [p.detach().clone() for p in own.values()]
    said = [free(returned)] if returns else []
    return [*said, *seen, bool(modes) and all(modes), has_graph(returned)]
