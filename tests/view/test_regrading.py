"""Judging again is `grader regrade` as a process: one at a time, watched, interrupted kindly."""

import signal
import sys

import pytest

from grader.store.store import NAME, Store
from grader.view import regrading as module
from grader.view.regrading import Regrading
from tests.store.test_store import keep
from tests.view.conftest import CLASS, fill
from tests.view.test_looking import student, text

PRINTS = [sys.executable, "-c", "import sys; print(sys.argv[1:], '\\x1b[1m')"]
WAITS = """
import signal, sys, time
signal.signal(signal.SIGINT, {})
print("begun", flush=True)
while True:
    time.sleep(0.01)
"""
SLEEPS = [sys.executable, "-c", WAITS.format("lambda *_: sys.exit(130)")]
DEAF = [sys.executable, "-c", WAITS.format("signal.SIG_IGN")]


@pytest.fixture
def store(tmp_path):
    fill(tmp_path, CLASS)
    with Store(tmp_path / NAME) as store:
        yield store


def test_it_runs_the_command_for_these_students_and_says_what_it_said(store, tmp_path):
    regrading = Regrading(PRINTS, tmp_path)
    assert regrading.start(store, ["ada", "bob"], "split_heads") and regrading.total == 2
    assert regrading._process is not None
    regrading._process.wait()
    regrading.listener.join()
    assert regrading.code == 0 and not regrading.running
    words = ["regrade", f"{tmp_path}", "-s", "ada", "-s", "bob", "-q", "split_heads"]
    assert regrading.said == f"{words} \n", "without what a terminal obeys"


def test_one_at_a_time_and_an_end_is_asked_for_as_by_ctrl_c(store, tmp_path):
    regrading = Regrading(SLEEPS, tmp_path)
    assert regrading.start(store, ["ada"], "")
    while "begun" not in regrading.said:
        assert regrading.running
    assert not regrading.start(store, ["bob"], "") and regrading.done() == 0
    keep(store, CLASS[0])
    assert regrading.done() == 1
    regrading.close()
    assert regrading.code == 130


def test_one_that_ignores_interrupts_is_killed(store, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    regrading = Regrading(DEAF, tmp_path)
    assert regrading.start(store, ["ada"], "")
    while "begun" not in regrading.said:
        assert regrading.running
    regrading.close()
    assert regrading.code == -signal.SIGKILL


def test_a_reviewer_starts_it_and_watches(opened):
    desk, client = opened()
    desk.regrading.command = SLEEPS
    page = student(client, "ada", "on=split_heads")
    handle = page.split('name="student" value="')[1][:16]
    answer = client.post("/regrade", data={"student": handle, "question": "split_heads"})
    assert answer.headers["location"] == "/regrade"
    assert client.get("/regrade/progress").json() == {"running": True, "done": 0, "all": 1}
    assert '<progress id="progress" max="1" value="0">' in client.get("/regrade").text
    while "begun" not in desk.regrading.said:  # before, whether it hears of an end is chance
        assert desk.regrading.running
    desk.regrading.close()
    assert "ended without judging all" in text(client.get("/regrade").text)
    assert client.get("/regrade/progress").json()["running"] is False
    assert client.post("/regrade", data={"student": "x"}).status_code == 404
