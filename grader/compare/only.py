"""One of several results, so that each can be a check of its own: a slip in one costs that one."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..model.message import Message, counted
from .keys import key_difference
from .trial import Failure, Function


def only(function: Function, name: str, returns: Sequence[str]) -> Function:
    """Return a function that gives one of the results of another, to be judged alone.

    Args:
        function: Returns a tuple or a list, in the order of `returns`, or a dict with these keys.
            Where a call returns another number of results, it raises Failure.
        name: The name of the result that is wanted.
        returns: The names of all results.

    Returns:
        A function of the same name and arguments.

    Example:
        >>> quotient = only(divmod, "quotient", ["quotient", "rest"])
        >>> quotient(17, 5)
        3
    """

    def one(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if isinstance(result, Mapping):
            if problem := key_difference(result, returns):
                raise Failure(Message("{call}: {found}.", call=one.__name__, found=problem))
            return result[name]
        if not isinstance(result, tuple | list) or len(result) != len(returns):
            count = len(result) if isinstance(result, tuple | list) else 1
            raise Failure(
                counted(
                    "{call} returns {n} value, not {due}: {names}.",
                    "{call} returns {n} values, not {due}: {names}.",
                    n=count,
                    call=one.__name__,
                    due=len(returns),
                    names=[f"`{each}`" for each in returns],
                )
            )
        return result[returns.index(name)]

    one.__name__ = getattr(function, "__name__", "") or type(function).__name__
    return one
