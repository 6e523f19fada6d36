"""However a submission ends, the grader knows whose fault it was, and the next one runs."""

import os
import re
import signal
import threading
from pathlib import Path

import pytest
import torch

from grader.model import limits
from grader.model.limits import Limits, OutOfMemory, StudentError, TimedOut
from grader.sandbox.guest.worker import RESERVE
from grader.sandbox.host import whereabouts
from grader.sandbox.host.sandbox import OUTPUT_BYTES, SandboxError
from grader.sandbox.host.whereabouts import ROOM
from tests.support import walls

pytestmark = walls.ON_LINUX

SMALL = Limits(memory_mb=128)
SHORT = Limits(seconds=0.5)
SCRIPT = """
import ctypes, os, signal, sys, threading, time
import torch

KEPT = []

def spins():
    while True: pass
def spins_in_c(): sum(range(10**12))
def ignores_signals():
    for number in set(range(1, 32)) - {9, 19}: signal.signal(number, signal.SIG_IGN)
    spins()
def sleeps(): time.sleep(60)
def waits_for_ever(): threading.Event().wait()
def asks(): return input("name? ")

def fills_a_list(): KEPT.extend(bytearray(1 << 20) for _ in range(100_000))
def fills_a_dict():
    while True: KEPT.append({len(KEPT): None})
def makes_a_tensor(): return torch.ones(100_000, 100_000)
def makes_a_huge_tensor(): return torch.empty(2**50)
def maps_memory():
    import mmap
    KEPT.extend(mmap.mmap(-1, 1 << 28) for _ in range(100))
    return len(KEPT)
def fills_all_it_can():
    try:
        while True: KEPT.append(bytearray(100))
    except MemoryError:
        while True: KEPT.append([])

def leaves(code): os._exit(code)
def leaves_later():
    signal.signal(signal.SIGALRM, lambda *_: os._exit(3))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
def quits(): sys.exit(5)
def aborts(): os.abort()
def crashes(): ctypes.string_at(0)
def recurses_in_c():
    nested = []
    for _ in range(1_000_000): nested = [nested]
    sys.setrecursionlimit(10**9)
    return repr(nested)

def prints(text): print(text)
def prints_megabytes():
    line = "x" * 65_536
    for _ in range(64): print(line)
    try:
        while True: os.write(1, line.encode())
    except PermissionError:
        return os.fstat(1).st_size
def grows_its_output():
    os.ftruncate(1, 1 << 20)
def double(x): return 2 * x
def returns(n): return torch.zeros(n)
"""


@pytest.fixture
def worker(zygote):
    with walls.running(zygote, SCRIPT, SMALL) as worker:
        yield worker


def ends(worker, name, *args) -> StudentError:
    with pytest.raises(StudentError) as caught:
        walls.call(worker, name, *args)
    return caught.value


def works(zygote) -> bool:
    with walls.running(zygote, SCRIPT) as worker:
        return walls.call(worker, "double", torch.ones(1)).tolist() == [2]


@pytest.mark.parametrize(
    ("name", "line"),
    [("spins", "while True: pass"), ("spins_in_c", "sum(range(10**12))"), ("ignores_signals", "")],
)
def test_code_that_computes_too_long_is_stopped_and_says_where(zygote, name, line, monkeypatch):
    monkeypatch.setattr(limits, "WALL", 1000)  # this machine may be busy
    monkeypatch.setattr(whereabouts, "PATIENCE", 10 if line else 0.1)
    with walls.running(zygote, SCRIPT, SHORT) as worker:
        error = ends(worker, name)
        assert type(error) is TimedOut and "computed for more than 0.5 s" in str(error)
        assert not worker.alive and works(zygote)
        assert worker.printed() == ""
    if line:
        place = f'  File "code cell 1", line (\\d+), in {name}'
        assert (found := re.fullmatch(place, error.traceback.split("\n")[-1]))
        assert line in SCRIPT.split("\n")[int(found[1]) - 1]
    else:
        assert error.traceback == "", "it has shut its ears"


@pytest.mark.parametrize("name", ["sleeps", "waits_for_ever"])
def test_code_that_waits_too_long_is_stopped_later(zygote, name):
    with walls.running(zygote, SCRIPT, SHORT) as worker:
        error = ends(worker, name)
    assert type(error) is TimedOut and "did not answer within 1.5 s" in str(error)
    assert error.traceback.endswith(f", in {name}")


def test_nobody_answers_a_question(worker):
    assert ends(worker, "asks").kind == "EOFError"


@pytest.mark.parametrize(
    "name",
    ["fills_a_list", "fills_a_dict", "makes_a_tensor", "makes_a_huge_tensor", "fills_all_it_can"],
)
def test_code_that_needs_too_much_memory_is_told_so(zygote, worker, name):
    error = ends(worker, name)
    assert type(error) is OutOfMemory and "more than 128 MB" in str(error)
    assert not worker.alive and works(zygote)
    if name != "fills_all_it_can":  # which leaves Python none for a traceback
        assert f"in {name}" in error.traceback


def test_a_worker_without_memory_for_a_word_ends_with_a_code_that_says_so(zygote):
    with zygote.open(Limits(memory_mb=RESERVE // 2 >> 20)) as worker:
        with pytest.raises(OutOfMemory, match="more than 4 MB"):
            walls.load(worker, SCRIPT, ["double"])
        assert not worker.alive


def test_mapped_memory_counts(worker):
    assert "Cannot allocate memory" in str(ends(worker, "maps_memory"))


@pytest.mark.parametrize("code", [0, 1, 7, 86, 255])
def test_code_that_ends_the_process_is_told_so(zygote, worker, code):
    error = ends(worker, "leaves", code)
    if code == 86:  # which says that there is no memory: a lie that earns nothing
        assert type(error) is OutOfMemory
    else:
        assert str(error) == f"your code ended the Python process (exit code {code})"
    assert not worker.alive and works(zygote)


def test_an_exit_that_python_can_catch_costs_only_the_call(worker):
    assert ends(worker, "quits").kind == "SystemExit"
    assert walls.call(worker, "double", torch.ones(1)).tolist() == [2]


def test_code_that_ends_the_process_between_two_calls_is_told_so(worker):
    pidfd = os.pidfd_open(worker.pid)
    walls.call(worker, "leaves_later")
    signal.pidfd_send_signal(pidfd, 0)
    while Path(f"/proc/{worker.pid}").exists():
        pass
    os.close(pidfd)
    assert "exit code 3" in str(ends(worker, "double", torch.ones(1)))


@pytest.mark.parametrize("name", ["aborts", "crashes"])
def test_code_that_crashes_python_is_told_so(each, name):
    with walls.running(each, SCRIPT) as worker:
        assert "crashed Python" in str(ends(worker, name))
        assert not worker.alive and works(each)


def test_recursion_without_a_limit_is_the_students_error(zygote, worker):
    error = ends(worker, "recurses_in_c")  # Python 3.12 and later stop before the stack is full
    assert "crashed Python" in str(error) or error.kind == "RecursionError"
    assert works(zygote)


def test_who_is_dead_stays_dead_and_says_why(worker):
    first = ends(worker, "leaves", 4)
    assert ends(worker, "double", torch.ones(1)) is first
    assert ends(worker, "double", torch.ones(1)) is first


def test_a_worker_that_was_closed_cannot_be_asked(worker):
    worker.close()
    with pytest.raises(SandboxError, match="closed"):
        walls.call(worker, "double", torch.ones(1))


@pytest.mark.parametrize("busy", [False, True])
def test_a_worker_that_is_killed_from_outside_is_our_fault(each, busy):
    with walls.running(each, SCRIPT, Limits(seconds=60)) as worker:
        if busy:
            killer = threading.Timer(0.2, os.kill, (worker.pid, signal.SIGKILL))
            killer.start()
        else:
            os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(SandboxError, match="killed from outside"):
            walls.call(worker, *(["sleeps"] if busy else ["double", torch.ones(1)]))
    assert works(each)


def test_a_worker_that_dies_before_it_can_begin_is_our_fault(zygote):
    descriptors = len(os.listdir("/proc/self/fd"))
    with pytest.raises(SandboxError, match="before it could begin"):
        zygote.open(Limits(seconds=1e30))  # more than setrlimit(2) takes
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert works(zygote)


def test_opening_and_closing_leaves_no_descriptor_open(zygote):
    descriptors = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        assert works(zygote)
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_what_is_printed_is_kept_also_of_the_dead(worker):
    walls.call(worker, "prints", "first π")
    ends(worker, "leaves", 1)
    assert worker.printed() == "first π\n"


def test_no_more_is_kept_of_the_output_than_there_is_room_for(worker):
    assert walls.call(worker, "prints_megabytes") == OUTPUT_BYTES + ROOM
    assert os.fstat(worker._output).st_size == OUTPUT_BYTES + ROOM
    assert 0 < len(worker.printed()) <= OUTPUT_BYTES
    assert ends(worker, "grows_its_output").kind == "PermissionError"


def test_a_result_that_is_too_large_is_named(zygote):
    with walls.running(zygote, SCRIPT) as worker:
        error = ends(worker, "returns", 10_000_000)
        assert error.kind == "Unsendable" and "1 tensors of 76 MB together" in str(error)
        assert walls.call(worker, "returns", 8_000_000).shape == (8_000_000,)


def test_two_workers_answer_side_by_side(zygote):
    with walls.running(zygote, SCRIPT) as first, walls.running(zygote, SCRIPT) as second:
        assert first.pid != second.pid
        ends(first, "leaves", 1)
        assert walls.call(second, "double", torch.ones(1)).tolist() == [2]


def test_the_end_of_an_earlier_worker_is_not_taken_for_that_of_a_later_one(zygote):
    """Process numbers are given again: what was heard of one must not be said of another."""
    with walls.running(zygote, SCRIPT) as first:
        numbers = range(first.there + 1, first.there + 1000)
    heard = {number: {"end": number, "status": 0} for number in numbers}
    zygote._ends |= heard
    with walls.running(zygote, SCRIPT) as second:
        assert second.there in numbers
        assert "exit code 9" in str(ends(second, "leaves", 9))
    for number in numbers:
        zygote._ends.pop(number, None)
