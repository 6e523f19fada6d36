"""What a worker lacks is tried all the same, and what it raises is said in a sentence."""

import builtins
import io
import sys
import threading

import pytest

from grader.sandbox.guest import lacking
from grader.sandbox.guest.saying import Saying, said


@pytest.fixture
def told(monkeypatch):
    starts = [
        name for name in dir(threading) if name in ("_start_new_thread", "_start_joinable_thread")
    ]
    for owner, name in ((builtins, "input"), *((threading, name) for name in starts)):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # put back afterwards
    yield monkeypatch


def test_who_types_is_asked_and_where_nobody_does_that_is_said(told):
    lacking.tell()
    told.setattr(sys, "stdin", io.StringIO("two\n"))
    assert input() == "two"
    with pytest.raises(EOFError) as raised:
        input("a number: ")
    assert isinstance(said(raised.value), Saying) and "nobody types" in str(raised.value)


def test_a_thread_starts_where_it_can_and_where_it_cannot_that_is_said(told):
    def refuses(*_, **__):
        raise RuntimeError("can't start new thread")

    lacking.tell()
    done = []
    thread = threading.Thread(target=lambda: done.append(1))
    thread.start()
    thread.join()
    assert done == [1]
    for name in ("_start_new_thread", "_start_joinable_thread"):
        told.setattr(threading, name, refuses, raising=False)
    lacking.tell()
    with pytest.raises(RuntimeError, match="so compute without them"):
        threading.Thread(target=print).start()
