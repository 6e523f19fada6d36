"""A call of the code that is judged, and what is said if it disagrees with what is due."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from ..model.message import Message, Text, counted, said
from ..sandbox.host.call import Foreseen
from .compare import Named, shape_difference
from .sketch import shapes_of
from .trial import Arguments, Cast, Failure, Function, Trial, tried_together


class Disagreement(Failure):
    """A Failure of `agree` or `call`: a result or gradient that differs from the one that is due.

    Example:
        >>> issubclass(Disagreement, Failure)
        True
    """


def for_each(functions: Function | Sequence[Function], each: Sequence[Any]) -> Sequence[Function]:
    """Return a function for each call: the same for all, or those that are given."""
    return functions if isinstance(functions, Sequence) else [functions] * len(each)


def make_calls(
    judged: Sequence[Function],
    cases: Sequence[Arguments],
    cast: Cast,
    foreseen: Foreseen | None = None,
) -> list[Trial]:
    """Make all calls. Raises Disagreement if one returns something other than tensors."""
    trials = tried_together(list(zip(judged, cases, strict=True)), cast, foreseen)
    for actual, given, trial in zip(judged, cases, trials, strict=True):
        try:
            _ = trial.results
        except Failure as problem:
            message = Message(
                "{call}: {problem}", call=called(actual, given), problem=said(problem)
            )
            raise Disagreement(message) from None
    return trials


def require_shapes(
    actual: Function,
    given: Arguments,
    results: Sequence[Tensor],
    named: Sequence[Named],
    shapes: Sequence[Sequence[int]],
) -> None:
    """Raise Disagreement for another number of results, or another shape."""
    if len(results) != len(shapes):
        message = counted(
            "{call} returns {n} value, not {due}: {names}.",
            "{call} returns {n} values, not {due}: {names}.",
            n=len(results), call=called(actual, given), due=len(shapes),
            names=[f"`{name.name}`" for name in named],
        )  # fmt: skip
        raise Disagreement(message)
    for result, name, shape in zip(results, named, shapes, strict=True):
        if problem := shape_difference(result, shape, name):
            message = of_call(actual, given, problem)
            raise Disagreement(message, shapes_of(result, shape, name))


def of_call(actual: Function, given: Arguments, found: Text) -> Message:
    """Say what was found of a call."""
    return Message("{call}: {found}.", call=called(actual, given), found=found)


def called(actual: Function, given: Arguments) -> Text:
    """Name a function and what it is called with."""
    title = getattr(actual, "__name__", None) or type(actual).__name__
    if not (given.values or given.keywords):
        return f"{title}()"
    return Message("{title} with {given}", title=title, given=given)
