"""How long code of the course team's may compute in this process, where no sandbox ends it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from ..model.limits import TimedOut
from ..model.message import Message


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TimedOut in what has computed for so long; and again, in case it goes on.

    Python raises it between two of its own instructions: one call of torch's is not ended. Only the
    main thread may set signals, so nothing is ended in another one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> NoReturn:
        raise TimedOut(Message("your code computed for more than {n} s", n=f"{seconds:g}"))

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
