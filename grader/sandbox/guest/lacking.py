"""What a notebook has and a worker lacks, with a sentence: somebody who types, and threads."""

import builtins
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from .saying import Saying

TYPED = Saying(
    "input() asks, and nobody types where grading happens: write the value into the code"
)
THREADS = Saying(
    "can't start new thread: there are none where grading happens, so compute without them"
)


def tell() -> None:
    """Have what is lacking say so where it is missed: it is tried, and fails as before."""
    builtins.input = _saying(builtins.input, EOFError, TYPED)
    for start in ("_start_new_thread", "_start_joinable_thread"):  # the second since Python 3.13
        if function := getattr(threading, start, None):
            setattr(threading, start, _saying(function, RuntimeError, THREADS))


def _saying(
    function: Callable[..., Any], error: type[Exception], why: Saying
) -> Callable[..., Any]:
    """Return a function that raises `error` in our words where the given one raises it."""

    @wraps(function)
    def tried(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except error:
            raise error(why) from None

    return tried
