"""Call the code that is judged, and require the shape of each result."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from .compare import Named
from .disagreement import Disagreement, for_each, make_calls, of_call, require_shapes
from .keys import key_difference
from .record import note, watched
from .trial import Arguments, Function, in_either_precision, tensors


def call(
    actual: Function,
    *inputs: Any,
    shapes: Mapping[str, Sequence[int]],
    takes: Sequence[str] = (),
    **options: Any,
) -> list[Tensor]:
    """Call the code and require the shape of each result.

    Args:
        actual: The code to judge: a function or a module.
        *inputs: Positional arguments.
        shapes: The shape that is due for each result, in their order, by its name and axes, as in
            ``{"out (B, n_Q, e)": (2, 5, 3)}``. Where a dict is returned, the names are its keys.
        takes: Names of the inputs and their axes.
        **options: Keyword arguments.

    Returns:
        The results in float64, without gradients, in the order of `shapes`.

    Raises:
        Disagreement: For another number of results, or another shape.
        StudentError: What the judged code raises.

    Example:
        >>> (y,) = call(lambda x: 2 * x, draw(2, 3), shapes={"y (B, d)": (2, 3)})
        >>> y.shape
        torch.Size([2, 3])
    """
    return call_on_each(actual, [inputs], [shapes], takes=takes, **options)[0]


def call_on_each(
    actual: Function | Sequence[Function],
    each: Sequence[Sequence[Any]],
    shapes: Sequence[Mapping[str, Sequence[int]]],
    takes: Sequence[str] = (),
    **options: Any,
) -> list[list[Tensor]]:
    """Do what `call` does, for each of several inputs, at a fraction of the time.

    All calls are sent to the sandbox in one message.

    Args:
        actual: The code to judge, or a list of modules, one for each call; see `make_each`.
        each: The positional arguments of each call.
        shapes: As for `call`, once for each call.
        takes: Names of the inputs and their axes.
        **options: Keyword arguments of every call.

    Returns:
        The results of each call.

    Raises:
        Disagreement: For the first call with another number of results, or another shape.
        StudentError: What the judged code raises.

    Example:
        >>> xs = [draw(2), draw(5)]
        >>> [[two], [five]] = call_on_each(
        ...     lambda x: 2 * x, [[x] for x in xs], [{"y (n)": x.shape} for x in xs]
        ... )
        >>> five.shape
        torch.Size([5])
    """
    judged, cases = for_each(actual, each), []
    for inputs in each:
        names = takes[: len(inputs)] or [""] * len(inputs)
        cases.append(Arguments(tuple(map(Named.read, names)), tuple(inputs), options))
    with torch.no_grad():
        trials = in_either_precision(judged, lambda cast: make_calls(judged, cases, cast))
    for function, given, trial, due in zip(judged, cases, trials, shapes, strict=True):
        named = [Named.read(text) for text in due]
        try:
            if isinstance(trial.returned, dict):
                names = [name.name for name in named]
                if problem := key_difference(trial.returned, names):
                    raise Disagreement(of_call(function, given, problem))
                trial.returned = tuple(trial.returned[name] for name in names)
                trial.results = tensors(trial.returned)
            require_shapes(function, given, trial.results, named, list(due.values()))
        except Disagreement:
            note(trial.results)
            raise
    return [watched([result.double() for result in trial.results]) for trial in trials]
