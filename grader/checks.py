"""What hidden tests import: marks, and requirements that explain themselves.

A hidden test is a pytest function whose docstring is the sentence the student reads. It fails
with a `Failure`, whose text the student reads too; a plain `assert` tells the course team only.
"""

import functools
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from .compare.agreement import (
    Disagreement,
    agree,
    agree_on_each,
    call,
    call_on_each,
)
from .compare.compare import (
    EXACT,
    SINGLE,
    Named,
    is_single,
    ratio,
    shape_difference,
    spelled,
    value_difference,
)
from .compare.draw import Draw
from .compare.margin import measure
from .compare.precision import FEW_DIGITS, HALF, HALF_PRECISION, is_half, nearly, rounds
from .compare.record import note, recorded, same
from .compare.sketch import shapes_of, where
from .compare.trial import (
    Arguments,
    Cast,
    Failure,
    Function,
    Remark,
    call_each,
    changes,
    in_either_precision,
    tensors,
    tried,
)

__all__ = [
    "HALF", "Disagreement", "Draw", "Failure", "Remark", "agree", "agree_on_each", "assuming",
    "call", "call_on_each", "changes", "dependencies", "equal", "half_precision", "needs",
    "no_others", "operators", "parameters_are", "parameters_made", "points", "pure", "question",
    "ratio", "recorded", "same", "spelled", "transplant", "where",
]  # fmt: skip

solved: ContextVar[frozenset[str]] = ContextVar("solved", default=frozenset())
"""Whatever is defined in the cells of questions whose checks have all passed so far; the session
keeps it."""
MOST_NAMED = 8
"""Of the parameters that are not asked for."""
points = pytest.mark.points
question = pytest.mark.question


def needs(*checks: Callable[..., None]) -> pytest.MarkDecorator:
    """Judge a check only where these others have passed; otherwise it is not run."""
    return pytest.mark.needs.with_args(*checks)  # a mark *called* with a function decorates it


def assuming(**parts: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Judge a check as if these earlier parts were right: a slip costs its own question only.

    Each part is the source of a definition that takes the place of the student's. Where the check
    fails so, it may still pass with the student's own parts, which may fit together in another way.
    Parts that have passed their own checks are tried first: it spares a second worker.
    """

    def decorate(check: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(check)
        def judge(student: Any, draw: Draw) -> None:
            early = parts.keys() <= solved.get()
            if early and _passes(check, student, Draw(draw.seed)):
                return
            try:
                with student.using(**parts):
                    check(student, draw)
            except Exception:
                if early or not _passes(check, student, Draw(draw.seed)):
                    raise

        return judge

    return decorate


def _passes(check: Callable[..., None], student: Any, draw: Draw) -> bool:
    try:
        with recorded():  # what is to be explained is the attempt with trusted parts
            check(student, draw)
    except Exception:
        return False
    return True


def equal(actual: Tensor, expected: Tensor, otherwise: str, name: str = "it") -> None:
    """Require equal tensors, up to rounding; `otherwise` is what the student reads if not.

    `name` may name the axes, too, as in ``"weights (B, H, n_Q, n_K)"``.
    """
    named = Named.read(name)
    coarse = is_single(actual)
    tolerance = SINGLE if coarse else EXACT
    found = shape_difference(actual, expected.shape, named)
    sketch = shapes_of(actual, expected.shape, named)
    if not found:
        bound = tolerance.bound(expected, [expected])
        found = value_difference(actual, expected, named, bound)
        near = bool(found) and nearly(actual, expected)
        if near and is_half(actual, expected):
            measure([actual], [expected], HALF, coarse=True)
            warnings.warn(Remark(HALF_PRECISION), stacklevel=2)
            return
        measure([actual], [expected], tolerance, coarse)
        sketch = where(actual, expected, name, bound)
        if near:
            raise Failure(f"`{named.name}` {FEW_DIGITS}.", sketch)
    if found:
        raise Failure(f"{otherwise}: {found}.", sketch)


def pure(actual: Function, *inputs: Tensor, takes: Sequence[str], **options: Any) -> None:
    """Require that a call leaves its inputs alone, and that an equal call gives an equal result.

    Of a module, parameters must stay the same, too.
    """

    def attempt(cast: Cast) -> list[list[Tensor]]:
        given = [[cast(x).clone() for x in inputs] for _ in range(2)]
        with changes() as changed:
            returned = call_each(actual, [(tuple(copies), options) for copies in given])
        for copies in given:
            for name, before, after in zip(takes, inputs, copies, strict=False):
                if not torch.equal(cast(before), after) or any(after is c for c in changed):
                    raise Failure(f"The input `{Named.read(name).name}` is changed in place.")
        if changed:
            raise Failure(f"{_name_of(changed[0], actual, options)} is changed in place.")
        return [tensors(result) for result in returned]

    with torch.no_grad():
        first, second = in_either_precision(actual, attempt)
    note([*first, *second])
    if not same(first, second):
        raise Failure("Two equal calls give different results: something is random or is kept.")


def _name_of(tensor: Tensor, function: Function, options: Mapping[str, Any]) -> str:
    """Name an argument or a parameter of a call."""
    parameters = function.named_parameters() if isinstance(function, nn.Module) else ()
    for kind, pairs in (("input", options.items()), ("parameter", parameters)):
        for name, value in pairs:
            if value is tensor:
                return f"The {kind} `{name}`"
    return "An input"


def half_precision(actual: Function, *inputs: Tensor) -> bool:
    """Tell whether a call rounds its results or its inputs to half precision, and remark on it.

    Such code is right about the mathematics, and deserves ``HALF.relative`` as a tolerance.
    """
    given = Arguments(tuple(map(Named, [""] * len(inputs))), inputs, {})
    with torch.no_grad():
        (trial,) = tried(actual, [given])
        half = any(is_half(result, inputs[0]) for result in trial.results)
        half = half or rounds(actual, given, trial.results)
    if half:
        warnings.warn(Remark(HALF_PRECISION), stacklevel=2)
    return half


def parameters_are(module: nn.Module, shapes: Mapping[str, Sequence[int]]) -> None:
    """Require trainable parameters of these names and shapes; others draw a remark."""
    found = dict(module.named_parameters())
    others = ", ".join(f"`{name}`" for name in [n for n in found if n not in shapes][:MOST_NAMED])
    problems = []
    for name, shape in shapes.items():
        if name not in found:
            problems.append(f"`{name}` is missing")
        elif found[name].shape != tuple(shape):
            problems.append(f"`{name}` has shape {tuple(found[name].shape)}, not {tuple(shape)}")
        elif not found[name].requires_grad:
            problems.append(f"`{name}` cannot learn, for its requires_grad is False")
    if problems:
        besides = f"; there is {others} besides" if others else ""
        raise Failure(f"Among the parameters, {', '.join(problems)}{besides}.")
    if others:
        warnings.warn(Remark(f"These parameters are not asked for: {others}."), stacklevel=2)


def no_others(module: nn.Module, names: Collection[str]) -> None:
    """Require that a module has no parameters besides those of these names."""
    others = [f"`{name}`" for name, _ in module.named_parameters() if name not in names]
    if others:
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        named = ", ".join(others[:MOST_NAMED])
        raise Failure(f"There are parameters that are not asked for: {named}{more}.")


def transplant(source: nn.Module, target: nn.Module) -> None:
    """Copy every parameter of `source` into that of `target` with the same name.

    Raises Failure where the names or shapes of `target` are others.
    """
    parameters = dict(source.named_parameters())
    adopt: Callable[[dict[str, nn.Parameter]], bool] | None = getattr(target, "_adopt", None)
    if adopt and adopt(parameters):  # it is not asked for those that it would lose
        return
    with warnings.catch_warnings(action="ignore", category=Remark):
        parameters_are(target, {name: p.shape for name, p in parameters.items()})
    found = dict(target.named_parameters())
    with torch.no_grad():
        for name, parameter in parameters.items():
            found[name].copy_(parameter)


def dependencies(function: Function, *inputs: Tensor, **options: Any) -> Tensor:
    """Return D (T, T): how strongly position t of the result depends on position s of the inputs.

    Each input is (T, d). One backward pass does it: the batch holds T copies of the inputs, and
    of the result for copy t only position t is asked for. Raises Failure where D would be 0.
    """
    T = len(inputs[0])
    names = tuple(Named(f"input {i}") for i in range(len(inputs)))
    given = Arguments(names, tuple(x.expand(T, *x.shape) for x in inputs), options)

    def attempt(cast: Cast) -> Tensor:
        (trial,) = tried(function, [given], cast)
        first, *others = trial.cotangents()
        if first is None or first.dim() != 3 or first.shape[:2] != (T, T):
            raise Failure("The first result has no gradient, or not one row for every position.")
        asked = first * torch.eye(T).unsqueeze(-1)  # (T, T, e)
        gradients = trial.gradients([asked, *[None] * len(others)])
        D = torch.stack([gradients[n.name].abs().amax(dim=-1) for n in names]).amax(dim=0)
        if not (D.any() and D.isfinite().all()):  # nothing, or NaN, is no dependence on the past
            raise Failure("No gradient reaches the inputs, so the result depends on none of them.")
        return D

    found = in_either_precision(function, attempt)
    note([found])
    return found


def operators(student: Any, name: str, *inputs: Any, make: Sequence[Any] = ()) -> int:
    """Count the operators of torch that a call of `name` runs: 1 for a matmul of any size.

    A count that grows with the batch or the length betrays a loop over it. With `make`, `name` is a
    class, and these are the arguments that it is made with. The count is taken beside the student's
    code, so let little depend on it.
    """
    return int(student.beside(_counted)(name, list(make), *inputs))


def _counted(student, name, make, *inputs):  # type: ignore[no-untyped-def]  # sent as source
    from torch.utils._python_dispatch import TorchDispatchMode

    class Count(TorchDispatchMode):  # type: ignore[no-untyped-call]
        """Every operator passes here."""

        number = 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            Count.number += func.__name__ != "detach.default"
            return func(*args, **(kwargs or {}))

    function = getattr(student, name)
    function = function(*make) if make else function
    with Count():  # type: ignore[no-untyped-call]
        function(*inputs)
    return Count.number


def parameters_made(student: Any, name: str, *inputs: Any, make: Sequence[Any] = ()) -> int:
    """Count the parameters that a call of `name` makes: what they learn is lost with the call.

    The arguments and what holds of the count are as in `operators`.
    """
    return int(student.beside(_parameters_made)(name, list(make), *inputs))


def _parameters_made(student, name, make, *inputs):  # type: ignore[no-untyped-def]  # sent as source
    from contextlib import suppress
    from unittest.mock import patch

    from torch import nn

    made, register = [], nn.Module.register_parameter

    def registered(self, name, parameter):  # type: ignore[no-untyped-def]
        if parameter is not None:
            made.append(name)
        register(self, name, parameter)

    function = getattr(student, name)
    function = function(*make) if make else function
    with patch.object(nn.Module, "register_parameter", registered), suppress(Exception):
        function(*inputs)  # its errors are another check's business
    return len(made)
