"""Networks that answer from tables, made beside the student's code: a function cannot be sent."""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from ..model.subject import Subject
from ..sandbox.host import source

MOST_CALLS = 200
"""Calls of one network before its loop is taken for endless."""


@dataclass(frozen=True)
class Asked:
    """One call of a network by the student's code."""

    part: str
    """What was called, as in "decoder.step"; "" for a function."""
    given: tuple[Any, ...]
    """What it was given, as it was then."""
    graph: bool
    """Whether a graph was being recorded."""
    training: bool
    """Whether the part was in training mode, as it is to begin with."""


class Scripted:
    """A student's function of a network, with one of ours in its place; see `scripted`."""

    def __init__(
        self, student: Subject, name: str, sources: dict[str, str], tables: dict[str, Tensor]
    ) -> None:
        self.__name__ = name
        self._ask = student.beside(_scripted)
        self._sources, self._tables = sources, tables
        self.calls: list[Asked] = []
        """The calls of the network in the last call of the function, in their order."""
        self.training = True
        """Whether the network was left in training mode."""

    def __call__(self, *inputs: Any) -> Any:
        """Return what the student's function returns. Raises StudentError."""
        self.calls = []
        returned, calls, self.training = self._ask(
            self.__name__, self._sources, self._tables, MOST_CALLS, *inputs
        )
        self.calls = [Asked(part, tuple(given), *modes) for part, given, *modes in calls]
        return returned


def scripted(
    student: Subject,
    name: str,
    network: Callable[..., Any] | Mapping[str, Callable[..., Any]],
    **tables: Tensor,
) -> Scripted:
    """Return a student's function with a network of yours for its first argument.

    What the network does follows from tables, and its calls are counted and noted. It stands beside
    the student's code, to which its source text is sent: it imports what it uses but for `torch`.

    Args:
        student: What the check is given.
        name: The name of a function whose first argument is a network: a function, or a model.
        network: A function, which gets the tables first, and then what it is called with. Or
            several by the names by which a model has them, as in ``{"encoder": read,
            "decoder.step": step}``; then the student's code gets an nn.Module in training mode.
        **tables: Tensors, in the precision of the inputs.

    Returns:
        A function of the other arguments. Its `calls` say for each call of the network the `part`,
        what it was `given`, whether it recorded a `graph` and was in `training` mode; and its
        `training`, whether the model was left so.

    Raises:
        StudentError: What the code raises, and after 200 calls of the network.

    Example:
        >>> class Names:  # stands for what a student defines
        ...     beside = lambda self, function: lambda *args: function(self, *args)
        ...     def count(self, step, x, n):
        ...         for _ in range(n):
        ...             x = step(x)
        ...         return x
        >>> def successor(tables, x):
        ...     return tables.following[x]
        >>> count = scripted(Names(), "count", successor, following=torch.tensor([1, 2, 0]))
        >>> count(torch.tensor([0, 2]), 2), len(count.calls)
        (tensor([2, 1]), 2)
        >>> count.calls[1].given
        (tensor([1, 0]),)
    """
    parts = network if isinstance(network, Mapping) else {"": network}
    sources = {part: source_of(function) for part, function in parts.items()}
    return Scripted(student, name, sources, tables)


def source_of(function: Callable[..., Any]) -> str:
    """Return the definition of a function of the author's. Raises TypeError for a lambda."""
    sent = textwrap.dedent(source.text(function))
    if not sent.startswith("def "):
        raise TypeError("what is sent as source is written as a function, def name(…):")
    return sent


def _scripted(student, name, sources, tables, most, *inputs):  # type: ignore[no-untyped-def]
    """Call the student's function; return its result and what it asked. Sent as source."""
    from types import SimpleNamespace
    from typing import Any

    import torch

    class Part(torch.nn.Module):
        """A model or a part of one."""

        answer: Any

        def forward(self, *args: Any, **kwargs: Any) -> Any:
            return self.answer(*args, **kwargs)

    def kept(value: Any) -> Any:
        return value.detach().clone() if isinstance(value, torch.Tensor) else value

    def noted(part: str, function: Any, module: Part) -> Any:
        def ask(*args: Any, **kwargs: Any) -> Any:
            if len(calls) == most:
                raise RuntimeError(f"{function.__name__} is called {most} times, and once more")
            given = [kept(value) for value in (*args, *kwargs.values())]
            calls.append([part, given, torch.is_grad_enabled(), module.training])
            return function(own, *args, **kwargs)

        return ask

    floats = [x for x in inputs if isinstance(x, torch.Tensor) and x.is_floating_point()]
    if floats:
        tables = {n: t.to(floats[0]) if t.is_floating_point() else t for n, t in tables.items()}
    calls: list[list[Any]] = []
    own, model = SimpleNamespace(**tables), Part()
    for part, sent in sources.items():
        names = {"torch": torch}
        exec(sent, names)
        module: Any = model
        for step in part.split(".") if part else ():
            if not hasattr(module, step):
                module.add_module(step, Part())
            module = getattr(module, step)
        object.__setattr__(module, "answer", noted(part, [*names.values()][-1], module))
    network = model.answer if "" in sources else model
    with torch.enable_grad():  # so that code which records a graph is seen, whoever calls
        returned = getattr(student, name)(network, *inputs)
    return returned, calls, model.training
