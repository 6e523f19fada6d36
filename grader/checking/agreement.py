"""Require that code agrees with an oracle, in results and gradients, and say how it does not."""

import inspect
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, cached_property
from typing import Any

import torch
from torch import Tensor, nn

from .compare import (
    EXACT,
    SINGLE,
    Named,
    Tolerance,
    first_difference,
    is_single,
    shape_difference,
    value_difference,
)
from .gradients import gradient_difference, lost_gradients
from .margin import measure
from .sketch import first_lost, first_wrong, shapes_of
from .trial import (
    SINGLE_PRECISION,
    Arguments,
    Cast,
    Failure,
    Function,
    Remark,
    Trial,
    foreseen,
    in_either_precision,
    tried,
)


class Disagreement(Failure):
    """A result or a gradient that differs from the one that is due."""


class Unlike(BaseException):
    """The code gives a number that is not the one looked for; no `except Exception` stops it."""


class Record(list[Tensor]):
    """What `agree` and `call` get from the code they judge: results first, then gradients."""

    def __init__(self, wanted: Sequence[Tensor] | None = None) -> None:
        super().__init__()
        self._wanted = wanted

    def note(self, numbers: Sequence[Tensor]) -> None:
        """Append copies. Raises Unlike once this cannot become the same as what is looked for.

        The bound is twice that of `same`, which knows the whole record: nothing is ruled out that
        it would take.
        """
        start = len(self)
        self += [t.detach().clone() for t in numbers]
        if self._wanted is None:
            return
        if len(self) > len(self._wanted):
            raise Unlike
        for found, due in zip(self[start:], self._wanted[start:], strict=False):
            if not _close(found, due, self._finite, slack=2):
                raise Unlike

    @cached_property
    def _finite(self) -> list[Tensor]:
        return [t.nan_to_num(0, 0, 0) for t in self._wanted or ()]


_record: ContextVar[Record | None] = ContextVar("record", default=None)


@contextmanager
def recorded(wanted: Sequence[Tensor] | None = None) -> Iterator[Record]:
    """Collect the numbers of the code that is judged; with `wanted`, as long as they are those."""
    record = Record(wanted)
    token = _record.set(record)
    try:
        yield record
    finally:
        _record.reset(token)


def same(one: Sequence[Tensor], other: Sequence[Tensor]) -> bool:
    """Tell whether two records hold the same numbers, NaN for NaN; empty ones say nothing."""
    if not 0 < len(one) == len(other):
        return False
    finite = [t.nan_to_num(0, 0, 0) for t in other]
    return all(_close(a, b, finite) for a, b in zip(one, other, strict=True))


def _close(found: Tensor, due: Tensor, finite: Sequence[Tensor], slack: float = 1) -> bool:
    """Tell whether two tensors hold the same numbers, by what is tolerated in their record."""
    if found.shape != due.shape:
        return False
    tolerance = SINGLE if is_single(found) or is_single(due) else EXACT
    bound = slack * tolerance.bound(due.nan_to_num(0, 0, 0), finite)
    return torch.allclose(found.double(), due.double(), rtol=0, atol=bound, equal_nan=True)


def agree(
    actual: Function,
    expected: Function,
    *inputs: Any,
    takes: Sequence[str] = (),
    returns: Sequence[str] = (),
    **options: Any,
) -> None:
    """Require equal results, and equal gradients for every floating input and named parameter.

    Gradients are taken under a random cotangent, of those results that have one in `expected`;
    under ``torch.no_grad()`` values alone are compared. `takes` and `returns` name tensors and
    their axes, as in ``returns=("out (B, n_Q, e)", "weights (B, n_Q, n_K)")``.
    Raises Disagreement, and whatever the student's code raises.
    """
    agree_on_each(actual, expected, [inputs], takes=takes, returns=returns, **options)


def agree_on_each(
    actual: Function,
    expected: Function,
    each: Sequence[Sequence[Any]],
    takes: Sequence[str] = (),
    returns: Sequence[str] = (),
    **options: Any,
) -> None:
    """Require what `agree` does, on each of several inputs: at a fraction of the time.

    All calls are made before the first result is looked at.
    """
    named = takes or list(_signature(expected))
    cases = [Arguments(tuple(map(Named.read, named[: len(i)])), tuple(i), options) for i in each]
    due = cache(lambda: [Due(expected, given, returns) for given in cases])

    def attempt(cast: Cast) -> list[tuple[list[Tensor], list[Tensor]]]:
        with foreseen(lambda: [case.cotangents for case in due()]):
            trials = _try(actual, cases, cast)
        found = []
        for n, trial in enumerate(trials):
            _note(trial.results)  # before the oracle is asked: it may be all that is needed
            found.append(due()[n].found(actual, trial))
        return found

    single = False
    found = in_either_precision(actual, attempt)
    for case, (results, gradients) in zip(due(), found, strict=True):
        single |= case.judge(actual, results, gradients)
    if single:
        warnings.warn(Remark(SINGLE_PRECISION), stacklevel=2)


class Due:
    """The results and gradients that are due for some arguments."""

    def __init__(self, expected: Function, given: Arguments, returns: Sequence[str]) -> None:
        (trial,) = tried(expected, [given])
        self._expected, self._given, self._scale = expected, given, trial.scale
        self._results, self.cotangents = trial.results, trial.cotangents()
        self._gradients = trial.gradients(self.cotangents)
        self._named = [Named.read(text) for text in returns] or [Named("result")] * len(
            self._results
        )

    def found(self, actual: Function, trial: Trial) -> tuple[list[Tensor], list[Tensor]]:
        """Return the results and gradients of a trial. Raises Disagreement over shapes."""
        shapes = [result.shape for result in self._results]
        _require_shapes(actual, self._given, trial.results, self._named, shapes)
        found = trial.gradients(self.cotangents)
        gradients = [found.get(name, torch.zeros_like(g)) for name, g in self._gradients.items()]
        _note(gradients)
        return trial.results, gradients

    def judge(self, actual: Function, results: list[Tensor], gradients: list[Tensor]) -> bool:
        """Raise Disagreement where they differ; tell whether they have another precision."""
        want = list(self._gradients.values())
        leaves = [_named_leaf(name, self._given) for name in self._gradients]

        def difference(tolerance: Tolerance) -> str:
            return (
                first_difference(results, self._results, self._named, tolerance, value_difference)
                or lost_gradients(gradients, want, leaves)
                or first_difference(gradients, want, leaves, tolerance, gradient_difference)
            )

        found = difference(EXACT)
        single = any(r.dtype != d.dtype for r, d in zip(results, self._results, strict=True))
        coarse = any(map(is_single, results))
        # of its 7 digits, float32 keeps fewer behind the point the larger its inputs are
        tolerance = SINGLE._replace(relative=SINGLE.relative * self._scale) if coarse else EXACT
        if found and coarse:
            found = difference(tolerance)
            single = True
        measure(results, self._results, tolerance, coarse)
        measure(gradients, want, tolerance, coarse)
        if found:
            remedy = _right_without(actual, self._expected, self._given)
            sketch = first_wrong(results, self._results, self._named, tolerance) or first_lost(
                gradients, want, leaves, tolerance
            )
            raise Disagreement(f"{_called(actual, self._given)}: {found}{remedy}.", sketch)
        return single


def call(
    actual: Function,
    *inputs: Any,
    shapes: Mapping[str, Sequence[int]],
    takes: Sequence[str] = (),
    **options: Any,
) -> list[Tensor]:
    """Return the results in float64, without gradients, and require one of each shape.

    The keys of `shapes` name results and axes: ``{"out (B, n_Q, e)": (2, 5, 3)}``; `takes` does
    the same for inputs.
    """
    return call_on_each(actual, [inputs], [shapes], takes=takes, **options)[0]


def call_on_each(
    actual: Function,
    each: Sequence[Sequence[Any]],
    shapes: Sequence[Mapping[str, Sequence[int]]],
    takes: Sequence[str] = (),
    **options: Any,
) -> list[list[Tensor]]:
    """Return what `call` does, for each of several inputs with the shapes of its results.

    All calls are made before the first result is looked at: at a fraction of the time.
    """
    cases = []
    for inputs in each:
        names = takes[: len(inputs)] or [""] * len(inputs)
        cases.append(Arguments(tuple(map(Named.read, names)), tuple(inputs), options))
    with torch.no_grad():
        trials = in_either_precision(actual, lambda cast: _try(actual, cases, cast))
    for given, trial, due in zip(cases, trials, shapes, strict=True):
        _note(trial.results)
        named = [Named.read(text) for text in due]
        _require_shapes(actual, given, trial.results, named, list(due.values()))
    return [[result.double() for result in trial.results] for trial in trials]


def _try(actual: Function, cases: Sequence[Arguments], cast: Cast) -> list[Trial]:
    """Make all calls. Raises Disagreement where one returns something that is no tensor."""
    trials = tried(actual, cases, cast)
    for given, trial in zip(cases, trials, strict=True):
        try:
            _ = trial.results
        except Failure as problem:
            raise Disagreement(f"{_called(actual, given)}: {problem}") from None
    return trials


def _require_shapes(
    actual: Function,
    given: Arguments,
    results: Sequence[Tensor],
    named: Sequence[Named],
    shapes: Sequence[Sequence[int]],
) -> None:
    called = _called(actual, given)
    if len(results) != len(shapes):
        names = ", ".join(f"`{n.name}`" for n in named)
        count = f"{len(results)} value{'' if len(results) == 1 else 's'}"
        raise Disagreement(f"{called} returns {count}, not {len(shapes)}: {names}.")
    for result, name, shape in zip(results, named, shapes, strict=True):
        if problem := shape_difference(result, shape, name):
            raise Disagreement(f"{called}: {problem}.", shapes_of(result, shape, name))


def _called(actual: Function, given: Arguments) -> str:
    title = getattr(actual, "__name__", None) or type(actual).__name__
    return f"{title} with {given}" if given.values or given.keywords else f"{title}()"


def _note(numbers: Sequence[Tensor]) -> None:
    if (record := _record.get()) is not None:
        record.note(numbers)


def _signature(function: Function) -> Mapping[str, inspect.Parameter]:
    forward = function.forward if isinstance(function, nn.Module) else function
    return inspect.signature(forward).parameters


def _named_leaf(name: str, given: Arguments) -> Named:
    return next((named for named in given.named if named.name == name), Named(name))


def _right_without(actual: Function, expected: Function, given: Arguments) -> str:
    """Say that the code is right without those arguments that may be left out, if it is."""
    optional = {n for n, p in _signature(expected).items() if p.default is None}
    values = [v for n, v in zip(given.named, given.values, strict=True) if n.name not in optional]
    keywords = {n: v for n, v in given.keywords.items() if n not in optional}
    left_out = optional & {*(n.name for n in given.named), *given.keywords}
    if not left_out:
        return ""
    try:
        with recorded():  # these numbers belong to the sentence, not to the record
            agree(actual, expected, *values, **keywords)
    except Exception:  # whatever it is, it is not right
        return ""
    return f"; it is right without {' and '.join(f'`{n}`' for n in sorted(left_out))}"
