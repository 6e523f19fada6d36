"""What a notebook has and a worker lacks, with a sentence: somebody who types, and threads."""

import builtins
import threading
from typing import NoReturn

from .saying import Saying

TYPED = Saying(
    "input() asks, and nobody types where grading happens: write the value into the code"
)
THREADS = Saying(
    "can't start new thread: there are none where grading happens, so compute without them"
)


def tell() -> None:
    """Have what is lacking say so where it is used."""
    builtins.input = _typed
    for start in ("_start_new_thread", "_start_joinable_thread"):  # the second since Python 3.13
        if hasattr(threading, start):
            setattr(threading, start, _started)


def _typed(prompt: object = "", /) -> NoReturn:
    raise EOFError(TYPED)


def _started(*_: object, **__: object) -> NoReturn:
    raise RuntimeError(THREADS)
