"""Require that code agrees with an oracle, in results and gradients, and say how it does not."""

import inspect
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from ..model.message import Message, Text
from .compare import (
    EXACT,
    SINGLE,
    Named,
    Tolerance,
    first_difference,
    is_single,
    largest,
    value_difference,
)
from .disagreement import Disagreement, for_each, make_calls, of_call, require_shapes
from .gradients import gradient_difference, lost_gradients
from .keys import unlike
from .margin import measure
from .precision import HALF, HALF_PRECISION, LARGE, TOO_COARSE, is_half, is_telling, rounds
from .record import note, recorded
from .sketch import first_lost, first_wrong
from .trial import (
    SINGLE_PRECISION,
    Arguments,
    Cast,
    Function,
    Remark,
    Trial,
    in_either_precision,
    tried,
)

ROUNDINGS = 30
"""Code rounds its numbers more than once."""
MOST_LENIENT = 0.02
"""As a share of the largest entry; real mistakes are usually larger."""


def agree(
    actual: Function,
    expected: Function,
    *inputs: Any,
    takes: Sequence[str] = (),
    returns: Sequence[str] = (),
    **options: Any,
) -> None:
    """Require that results equal those of an oracle, and so do gradients.

    Gradients are compared for every floating-point input and every named parameter of the oracle,
    under a random cotangent; under ``torch.no_grad()`` they are not. Inputs are float64. Code that
    computes in float32 or in half precision gets the tolerance of that, and a Remark.

    Args:
        actual: The code to judge: a function or a module.
        expected: The oracle: a function, or a module with the same parameters.
        *inputs: Positional arguments of both: tensors of any shape, tuples of tensors, numbers.
        takes: Names of the inputs and their axes, for messages; if empty, the names of the
            parameters of the oracle.
        returns: Names of the results and their axes, as in
            ``("out (B, n_Q, e)", "weights (B, n_Q, n_K)")``.
        **options: Keyword arguments of both.

    Raises:
        Disagreement: Says how they differ, and holds a drawing.
        StudentError: What the judged code raises in the sandbox; outside, the exception itself.

    Example:
        >>> agree(lambda x: x + x, lambda x: 2 * x, draw(2, 3))
        >>> def double(x):
        ...     return 3 * x
        >>> agree(double, lambda x: 2 * x, draw(2, 3), takes=["x (B, d)"], returns=["y (B, d)"])
        Traceback (most recent call last):
            ...
        Disagreement: double with `x` (B=2, d=3): `y` is 1.5 × what it should be, everywhere.
    """
    agree_on_each(actual, expected, [inputs], takes=takes, returns=returns, **options)


def agree_on_each(
    actual: Function | Sequence[Function],
    expected: Function | Sequence[Function],
    each: Sequence[Sequence[Any]],
    takes: Sequence[str] = (),
    returns: Sequence[str] = (),
    **options: Any,
) -> None:
    """Require what `agree` does, on each of several inputs, at a fraction of the time.

    All calls are sent to the sandbox in one message.

    Args:
        actual: The code to judge, or a list of modules, one for each call; see `make_each`.
        expected: The oracle, or a list of one for each call.
        each: The positional arguments of each call.
        takes: As for `agree`.
        returns: As for `agree`.
        **options: Keyword arguments of every call.

    Raises:
        Disagreement: For the first call that differs.
        StudentError: What the judged code raises.

    Example:
        >>> each = [[draw(*shape)] for shape in ((3,), (2, 3), (2, 2, 3))]
        >>> agree_on_each(lambda x: x + x, lambda x: 2 * x, each)
    """
    judged, oracles = for_each(actual, each), for_each(expected, each)
    cases = []
    for oracle, inputs in zip(oracles, each, strict=True):
        named = takes or list(_signature(oracle))
        names = tuple(map(Named.read, named[: len(inputs)]))
        cases.append(Arguments(names, tuple(inputs), options))
    due = cache(lambda: [Due(e, given, returns) for e, given in zip(oracles, cases, strict=True)])

    def attempt(cast: Cast) -> list[tuple[list[Tensor], list[Tensor]]]:
        trials = make_calls(judged, cases, cast, lambda: [case.cotangents for case in due()])
        found = []
        for n, trial in enumerate(trials):
            note(trial.results)  # before the oracle is asked, which may not be needed
            found.append(due()[n].found(judged[n], trial))
        return found

    found = in_either_precision(judged, attempt)
    remarks = [
        case.judge(function, results, gradients)
        for case, function, (results, gradients) in zip(due(), judged, found, strict=True)
    ]
    for remark in filter(None, dict.fromkeys(remarks)):
        warnings.warn(Remark(remark), stacklevel=2)


class Due:
    """The results and gradients that are due for some arguments."""

    def __init__(self, expected: Function, given: Arguments, returns: Sequence[str]) -> None:
        (trial,) = tried(expected, [given])
        self._expected, self._given = expected, given
        self._results, self.cotangents = trial.results, trial.cotangents()
        self._returned = trial.returned
        self._gradients = trial.gradients(self.cotangents)
        named = [Named.read(text) for text in returns]
        if isinstance(trial.returned, dict) and len(trial.returned) == len(self._results):
            known = {name.name: name for name in named}  # a key names what its author has not
            named = [known.get(f"{k}", Named(f"{k}")) for k in sorted(trial.returned, key=repr)]
        self._named = named or [Named("result")] * len(self._results)

    def found(self, actual: Function, trial: Trial) -> tuple[list[Tensor], list[Tensor]]:
        """Return the results and gradients of a trial. Raises Disagreement over shapes."""
        if problem := unlike(trial.returned, self._returned):
            raise Disagreement(of_call(actual, self._given, problem))
        shapes = [result.shape for result in self._results]
        require_shapes(actual, self._given, trial.results, self._named, shapes)
        found = trial.gradients(self.cotangents)
        gradients = [found.get(name, torch.zeros_like(g)) for name, g in self._gradients.items()]
        note(gradients)
        return trial.results, gradients

    def _single(self) -> Tolerance:
        """Return the tolerance for float32, from what rounding the inputs changes in the results.

        The larger the scores of a softmax, the fewer of their digits stand behind the point.
        """
        (rounded,) = tried(self._expected, [self._given], _rounded)
        gradients = rounded.gradients(self.cotangents)
        whole = SINGLE._replace(relative=1.0)
        changes = [0.0]
        for found, due in (
            (rounded.results, self._results),
            (list(gradients.values()), list(self._gradients.values())),
        ):
            bounds = [whole.bound(b, due) or 1.0 for b in due]
            changes += [largest([a - b]) / c for a, b, c in zip(found, due, bounds, strict=True)]
        relative = min(SINGLE.relative + ROUNDINGS * max(changes), MOST_LENIENT)
        return SINGLE._replace(relative=relative)

    def judge(self, actual: Function, results: list[Tensor], gradients: list[Tensor]) -> Text:
        """Raise Disagreement if they differ; return a remark if they have another precision."""
        want = list(self._gradients.values())
        leaves = [_named_leaf(name, self._given) for name in self._gradients]

        def difference(tolerance: Tolerance) -> Text:
            lost = lost_gradients(gradients, want, leaves)
            return (
                first_difference(results, self._results, self._named, tolerance, value_difference)
                or (lost and self._absent(actual))
                or lost
                or first_difference(gradients, want, leaves, tolerance, gradient_difference)
            )

        found = difference(EXACT)
        single = any(r.dtype != d.dtype for r, d in zip(results, self._results, strict=True))
        coarse = any(map(is_single, results))
        tolerance = SINGLE if coarse else EXACT
        if found and coarse:
            tolerance = self._single()
            found = difference(tolerance)
            single = True
        if half := self._is_half(actual, results, near=bool(found) and not difference(HALF)):
            found = TOO_COARSE if self._is_large() else ""
            tolerance, coarse = tolerance if found else HALF, True
        measure(results, self._results, tolerance, coarse)
        measure(gradients, want, tolerance, coarse)
        if found:
            theirs = own_names(actual)
            leaves = [replace(leaf, name=theirs.get(leaf.name, leaf.name)) for leaf in leaves]
            found = found if half else difference(tolerance)
            if not half and (spare := _right_without(actual, self._expected, self._given)):
                found = Message("{found}; it is right without {names}", found=found, names=spare)
            sketch = first_wrong(results, self._results, self._named, tolerance) or first_lost(
                gradients, want, leaves, tolerance
            )
            raise Disagreement(of_call(actual, self._given, found), sketch)
        return HALF_PRECISION if half else SINGLE_PRECISION if single else ""

    def _is_half(self, actual: Function, results: list[Tensor], near: bool) -> bool:
        """Tell whether the code rounds its results or its inputs to half precision.

        It need not be asked unless results are wrong and `near`, or inputs are large.
        """
        halves = [r for r, due in zip(results, self._results, strict=True) if is_half(r, due)]
        if near:
            return bool(halves) or rounds(actual, self._given, results)
        return any(map(is_telling, halves)) and self._is_large()

    def _is_large(self) -> bool:
        """Tell whether an input is too large for half precision."""
        values = [*self._given.values, *self._given.keywords.values()]
        flat = [x for v in values for x in (v if isinstance(v, tuple | list) else (v,))]
        floats = [x for x in flat if isinstance(x, Tensor) and x.is_floating_point()]
        return any(float(x.square().mean().sqrt()) > LARGE for x in floats if x.numel())

    def _absent(self, actual: Function) -> Text:
        """Name missing parameters that are due a gradient; empty if none is missing."""
        have = dict(actual.named_parameters()) if isinstance(actual, nn.Module) else {}
        given = {*(named.name for named in self._given.named), *self._given.keywords}
        inputs = {name.partition("[")[0] for name in given}
        absent = [
            f"`{name}`"
            for name, gradient in self._gradients.items()
            if name not in have and name.partition("[")[0] not in inputs and gradient.any()
        ]
        if not absent:
            return ""
        theirs = own_names(actual)
        others = [f"`{theirs.get(name, name)}`" for name in have] or Message("none")
        return Message(
            "there is no parameter {names}; there is {others}", names=absent, others=others
        )


def _signature(function: Function) -> Mapping[str, inspect.Parameter]:
    forward = function.forward if isinstance(function, nn.Module) else function
    return inspect.signature(forward).parameters


def _rounded(tensor: Tensor) -> Tensor:
    """Round numbers to float32."""
    return tensor.float().to(tensor.dtype) if tensor.is_floating_point() else tensor


def own_names(function: Function) -> dict[str, str]:
    """Return the student's names for the parameters of a function that wraps their module."""
    if not isinstance(function, nn.Module):
        return {}
    return {
        f"{path}.{name}": name
        for path, module in function.named_modules()
        if path and getattr(type(module), "handed_in", False)
        for name, _ in module.named_parameters()
    }


def _named_leaf(name: str, given: Arguments) -> Named:
    return next((named for named in given.named if named.name == name), Named(name))


def _right_without(actual: Function, expected: Function, given: Arguments) -> list[str]:
    """Name the optional arguments without which the code is right, if it is."""
    optional = {n for n, p in _signature(expected).items() if p.default is None}
    values = [v for n, v in zip(given.named, given.values, strict=True) if n.name not in optional]
    keywords = {n: v for n, v in given.keywords.items() if n not in optional}
    left_out = optional & {*(n.name for n in given.named), *given.keywords}
    if not left_out:
        return []
    try:
        with recorded():  # these numbers belong to the sentence, not to the record
            agree(actual, expected, *values, **keywords)
    except Exception:  # whatever it is, the code is not right
        return []
    return [f"`{name}`" for name in sorted(left_out)]
