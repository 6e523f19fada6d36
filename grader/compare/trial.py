"""One call of a function or module: its results, and its gradients under a random cotangent."""

import hashlib
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from ..model.message import Message, Text, counted
from ..model.picture import Sketch
from ..sandbox.host.call import Call, Cotangents, Foreseen, Remote, call_together
from .compare import Named
from .draw import Draw
from .keys import ordered

T = TypeVar("T")
MOST_RESULTS = 1000
"""Values in one list of a result; each number among them would become a tensor."""
Function = Callable[..., Any]
Cast = Callable[[Tensor], Tensor]


class Failure(AssertionError):
    """What the student's code does wrong, in words that the student reads.

    Args:
        words: A sentence or more. It must not hold a value that is due.
        sketch: Draws it, as `where` does.

    Example:
        >>> raise Failure("The loss rises from step to step.")
        Traceback (most recent call last):
            ...
        Failure: The loss rises from step to step.
    """

    def __init__(self, words: Text, sketch: Sketch | None = None) -> None:
        super().__init__(words)
        self.sketch = sketch
        """Draws it; see sketch.py."""


class Remark(UserWarning):
    """A warning that the student reads; it costs no points.

    Example:
        >>> import warnings
        >>> warnings.warn(Remark("A bias before a batch norm has no effect."))
    """


SINGLE_PRECISION = Message(
    "Your code computes in float32 whatever it is given, so it was judged with the tolerance of "
    "float32. Follow the input instead: x.new_zeros(...), torch.zeros_like(x), or no dtype at all."
)


@dataclass(frozen=True)
class Arguments:
    """The arguments of a call, and their names in messages."""

    named: tuple[Named, ...]
    values: tuple[Any, ...]
    keywords: Mapping[str, Any]

    def __str__(self) -> str:
        names = (*self.named, *map(Named, self.keywords))
        values = (*self.values, *self.keywords.values())
        return ", ".join(map(_spoken, names, values))


def _spoken(named: Named, value: object) -> str:
    """Return a tensor's shape or a number, but not the values of a tensor."""
    if isinstance(value, Tensor):
        said = named.sized(value.shape)
    else:
        said = str(value) if isinstance(value, int | float) else ""
    return f"`{named.name}` {said}".strip() if named.name else said


def tensors(value: object) -> list[Tensor]:
    """Return the tensors and numbers in nested tuples, lists and dicts, in order of place and key.

    Raises Failure on anything else, and on more than anybody asks for.
    """
    match value:
        case tuple() | list() | dict() if len(value) > MOST_RESULTS:
            raise Failure(
                counted(
                    "the result holds {n} value: should it be one tensor?",
                    "the result holds {n} values: should it be one tensor?",
                    n=len(value),
                )
            )
        case Tensor():
            return [value]
        case bool() | int() | float():
            return [torch.tensor(float(value), dtype=torch.float64)]
        case tuple() | list():
            return [leaf for item in value for leaf in tensors(item)]
        case dict():
            return [leaf for item in ordered(value) for leaf in tensors(item)]
        case None:
            raise Failure(Message("the result is None: is a `return` missing?"))
    kind = type(value).__name__
    raise Failure(Message("the result holds a {kind}, which is not a tensor", kind=kind))


class Trial:
    """One call on copies of the arguments, with what is needed to differentiate it.

    Under ``torch.no_grad()`` there is nothing to differentiate: `leaves` is empty. Made by `tried`.
    """

    returned: Any
    """What the call has returned, of any type."""

    def __init__(self, function: Function, given: Arguments, cast: Cast) -> None:
        self._cast = cast
        self.leaves: dict[str, Tensor] = {}
        """What gradients are taken for, by name: floating inputs and a module's parameters."""
        values = [self._copy(n.name, v) for n, v in zip(given.named, given.values, strict=True)]
        keywords = {name: self._copy(name, v) for name, v in given.keywords.items()}
        self.arguments: Call = tuple(values), keywords
        if isinstance(function, nn.Module) and torch.is_grad_enabled():
            self.leaves |= {n: p for n, p in function.named_parameters() if p.requires_grad}

    @cached_property
    def results(self) -> list[Tensor]:
        """The tensors and numbers that the call has returned. Raises Failure for anything else."""
        return tensors(self.returned)

    def _copy(self, name: str, value: Any) -> Any:
        if isinstance(value, tuple | list):
            return tuple(self._copy(f"{name}[{i}]", v) for i, v in enumerate(value))
        if not isinstance(value, Tensor):
            return value
        copy = self._cast(value.detach()).clone()
        if not (copy.is_floating_point() and torch.is_grad_enabled()):
            return copy
        self.leaves[name] = copy.requires_grad_()
        return copy.clone()  # not a leaf, so that changing it in place is not an error

    def cotangents(self) -> Cotangents:
        """Draw a cotangent for every result that has a gradient; it follows from the leaves.

        Never all ones: through softmax or layer norm, the gradient of a sum is 0.
        """
        digest = hashlib.sha256()
        for leaf in self.leaves.values():
            digest.update(leaf.detach().numpy().tobytes())
        draw = Draw(digest.digest())
        return [draw(*r.shape) if r.requires_grad else None for r in self.results]

    def gradients(self, cotangents: Cotangents) -> dict[str, Tensor]:
        """Return the vector-Jacobian product for every leaf: 0 where none arrives."""
        pairs = [
            (result, cotangent.to(result.dtype))
            for result, cotangent in zip(self.results, cotangents, strict=True)
            if cotangent is not None and result.requires_grad
        ]
        leaves = list(self.leaves.values())
        found: Sequence[Tensor | None] = [None] * len(leaves)
        if pairs and leaves:
            # not as grad_outputs, for which torch imports sympy: see worker.backward
            products = [(result * cotangent.conj()).real.sum() for result, cotangent in pairs]
            found = torch.autograd.grad(products, leaves, allow_unused=True)
        return {
            name: torch.zeros_like(leaf) if gradient is None else gradient
            for (name, leaf), gradient in zip(self.leaves.items(), found, strict=True)
        }


def tried(
    function: Function,
    each: Sequence[Arguments],
    cast: Cast = lambda tensor: tensor,
    foreseen: Foreseen | None = None,
) -> list[Trial]:
    """Call a function on each of several arguments. Raises what a call raises."""
    return tried_together([(function, given) for given in each], cast, foreseen)


def tried_together(
    cases: Sequence[tuple[Function, Arguments]],
    cast: Cast = lambda tensor: tensor,
    foreseen: Foreseen | None = None,
) -> list[Trial]:
    """Call each function on its arguments. Raises what a call raises.

    `foreseen` returns the cotangents under which gradients will be taken, for every trial: code
    that runs elsewhere takes them along with the call.
    """
    trials = [Trial(function, given, cast) for function, given in cases]
    calls = [(f, trial.arguments) for (f, _), trial in zip(cases, trials, strict=True)]
    results = call_all(calls, foreseen)
    for trial, returned in zip(trials, results, strict=True):
        trial.returned = returned
    return trials


def call_each(function: Function, each: Sequence[Call]) -> list[Any]:
    """Call a function several times; see `call_all`."""
    return call_all([(function, call) for call in each])


def call_all(calls: Sequence[tuple[Function, Call]], foreseen: Foreseen | None = None) -> list[Any]:
    """Make several calls, in one message if all are to the same sandbox.

    Each turn between two processes costs up to 1 ms of CPU time.
    """
    calls = [_bound(function, call) for function, call in calls]
    remote: list[tuple[Remote, Call]] = []
    for function, call in calls:
        if isinstance(function, Remote):
            remote.append((function, call))
    workers = {id(function.remote_worker) for function, _ in remote}
    if len(remote) == len(calls) and len(workers) == 1:
        return call_together(remote, foreseen)
    return [function(*args, **more) for function, (args, more) in calls]


def _bound(function: Function, call: Call) -> tuple[Function, Call]:
    """Return what a partial function calls, and with what."""
    while isinstance(function, partial):
        args, more = call
        call = (*function.args, *args), {**function.keywords, **more}
        function = function.func
    return function, call


def in_either_precision(functions: Function | Sequence[Function], work: Callable[[Cast], T]) -> T:
    """Do ``work(cast)`` with unchanged inputs and, if dtypes clash, again in float32.

    Code that says `dtype=torch.float32` is right about the mathematics: the student is told with
    a `Remark`, and loses nothing. If float32 does not help, the first error stands.
    """
    try:
        return work(lambda x: x)
    except AssertionError:
        raise
    except Exception as error:  # the student's, raised here or reported by the sandbox
        if not re.search(r"dtype|scalar type|double", str(error), re.IGNORECASE):
            raise
        first = error
    with _single_precision(*(functions if isinstance(functions, Sequence) else [functions])):
        try:
            result = work(lambda x: x.float() if x.is_floating_point() else x)
        except AssertionError:
            raise
        except Exception:
            raise first from None
    warnings.warn(Remark(SINGLE_PRECISION), stacklevel=2)
    return result


@contextmanager
def _single_precision(*functions: Function) -> Iterator[None]:
    """Hold the parameters and buffers of modules in float32 for a while; functions have none."""
    modules = [function for function in functions if isinstance(function, nn.Module)]
    exact = [(t, t.data) for m in modules for t in (*m.parameters(), *m.buffers())]
    for module in modules:
        module.float()
    try:
        yield
    finally:
        for tensor, data in exact:
            tensor.data = data
