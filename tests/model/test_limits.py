"""A deadline counts the worker's CPU seconds, and the wall clock only far off."""

import os
import subprocess
import sys
import time
from select import POLLIN
from socket import socketpair

import pytest

from grader.model import limits
from grader.model.limits import WALL, Deadline, OutOfMemory, StudentError, TimedOut
from grader.model.message import Message, said
from grader.model.result import Status
from tests.support import walls

pytestmark = walls.ON_LINUX


COMPUTES = """
import time
end = time.monotonic() + 300  # even if this process is killed
while time.monotonic() < end: pass
"""


@pytest.fixture
def process():
    """Return a function that starts a Python program, and end it."""
    started = []

    def start(program: str) -> int:
        started.append(subprocess.Popen([sys.executable, "-S", "-c", program]))
        return started[0].pid

    yield start
    started[0].kill()
    started[0].wait()


def waited(deadline: Deadline) -> TimedOut:
    """Wait for a peer that says nothing; return what comes of it."""
    ours, theirs = socketpair()
    with ours, theirs, pytest.raises(TimedOut) as caught:
        deadline(ours, POLLIN)
    return caught.value


def test_a_process_that_computes_meets_the_limit_in_cpu_seconds(process, monkeypatch):
    monkeypatch.setattr(limits, "WALL", 1000)  # this machine may be busy
    pid = process(COMPUTES)
    assert "computed for more than 0.2 s" in str(waited(Deadline(pid, 0.2)))


def test_a_process_that_sleeps_meets_the_limit_on_the_wall_clock(process):
    pid = process("import time; time.sleep(60)")
    assert f"did not answer within {WALL * 0.2:g} s" in str(waited(Deadline(pid, 0.2)))


def test_what_a_process_computed_before_does_not_count(process):
    pid = process(COMPUTES)
    while not Deadline(pid, 0.1)._start:
        time.sleep(0.01)
    deadline = Deadline(pid, 1000)
    assert deadline._start > 0 and not deadline.spent()


def test_a_peer_that_answers_is_not_late():
    ours, theirs = socketpair()
    with ours, theirs:
        theirs.send(b"x")
        Deadline(os.getpid(), 100)(ours, POLLIN)


def test_code_that_slept_and_was_killed_for_it_has_not_computed():
    """Its worker is killed at once, and may be gone when the time is subtracted from the budget."""
    sleeper = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
    deadline = Deadline(sleeper.pid, 0.2)
    waited(deadline)
    sleeper.kill()
    sleeper.wait()
    cpu, wall = deadline.used()
    assert cpu < 0.2 < WALL * 0.2 <= wall


def test_a_process_that_has_ended_has_not_spent_its_time():
    process = subprocess.Popen(["true"])
    process.wait()
    assert not Deadline(process.pid, 100).spent()


def test_each_end_has_a_status_of_its_own():
    assert StudentError.status is Status.STUDENT_ERROR
    assert TimedOut("").status is Status.TIMED_OUT
    assert OutOfMemory("").status is Status.OUT_OF_MEMORY


def test_an_error_keeps_what_was_said_of_it_and_where():
    error = StudentError(Message("{n} lines", n=3), "ValueError", "line 3")
    assert (str(error), error.kind, error.traceback) == ("3 lines", "ValueError", "line 3")
    assert said(error) == Message("{n} lines", n=3)
