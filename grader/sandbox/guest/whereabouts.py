"""Where a worker is when its time is up: told by the interpreter, whatever the code does just then.

The grader sends a signal before it kills the worker. faulthandler answers from inside the signal's
handler, in C, so that a loop in torch is told as one in Python is; code that blocks or takes over
the signal is told nothing of. What it writes is a claim, like any answer from here.
"""

import faulthandler
import signal

ASKED = signal.SIGUSR1


def tell() -> None:
    """Answer that signal from now on, also in forks: on descriptor 2, where prints go."""
    faulthandler.register(ASKED, file=2, all_threads=False)
