"""All requests of a submission together have a limit, too, and reaching it is its own time-out."""

import pytest

from grader.model.limits import TOTAL, WALL, Limits, TimedOut
from grader.model.subject import Beginning
from grader.sandbox.host.budget import Budget
from grader.sandbox.host.loaded import Loaded
from grader.sandbox.host.student import Student
from tests.support import walls

pytestmark = walls.ON_LINUX

SCRIPT = """
import time
def computes(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
    return seconds
"""
LATE = r"computed for more than 0\.2 s|did not answer within 0\.6 s"
"""The second where other processes have the cores for twice as long as it."""
TOGETHER = "used up its time for all checks together"


def test_a_submission_may_take_as_long_as_twenty_requests_or_what_its_author_says():
    assert Limits(seconds=3).total == TOTAL * 3 == 60
    assert Limits(seconds=3, total_seconds=7).total == 7
    assert Limits(seconds=3, questions={"train": 5}).total == TOTAL * 5
    assert Limits(seconds=10).total == 200 and Limits(seconds=0.3).total == 60


def test_a_request_may_take_what_is_left_and_no_more():
    budget = Budget(Limits(seconds=1, total_seconds=2.5))
    assert budget.allow(1) == (1, WALL)
    budget.spend(2, 2)
    assert budget.allow(1) == (0.5, WALL)
    budget.spend(0, WALL * 2.5 - 3)
    assert budget.allow(1) == (0.5, 1)


@pytest.mark.parametrize("spent", [(2.5, 0), (0, 7.5)])
def test_when_nothing_is_left_every_request_is_late(spent):
    budget = Budget(Limits(seconds=1, total_seconds=2.5))
    budget.spend(*spent)
    assert budget.spent
    with pytest.raises(TimedOut, match=f"{TOGETHER}: 2.5 s of computing, or 7.5 s in all"):
        budget.allow(1)


def test_requests_below_their_limit_reach_that_of_all_together(zygote):
    with walls.running(zygote, SCRIPT, Limits(seconds=5, total_seconds=0.4)) as worker:
        assert walls.call(worker, "computes", 0.1) == 0.1
        for _ in range(2):
            with pytest.raises(TimedOut, match=TOGETHER):
                walls.call(worker, "computes", 60.0)
        assert not worker.alive


def test_a_check_may_have_other_seconds_than_loading_in_whatever_worker_it_runs(zygote):
    limits = Limits(seconds=0.2, questions={"computes": 5})
    assert (limits.of("computes"), limits.of("other")) == (5, 0.2)
    with Loaded(zygote, SCRIPT.encode(), ("computes",), limits) as loaded:
        student = Student(loaded)
        student.begin(Beginning(seconds=5))
        with student.using(other="def other(): pass"):
            assert student.computes(0.3) == 0.3
        assert student.computes(0.3) == 0.3
        student.begin(Beginning())
        with pytest.raises(TimedOut, match=LATE):
            student.computes(60.0)


def test_workers_that_follow_each_other_share_one_budget_and_none_is_forked_for_nothing(
    zygote, monkeypatch
):
    limits = Limits(seconds=0.2, total_seconds=9)
    budget = Budget(limits)
    loaded = Loaded(zygote, SCRIPT.encode(), ("computes",), limits, budget=budget)
    student = Student(loaded)
    with pytest.raises(TimedOut, match=LATE):
        student.computes(60.0)
    student.begin(Beginning())
    assert student.computes(0.01) == 0.01
    budget.spend(0, 1000)
    with pytest.raises(TimedOut, match=TOGETHER):
        student.computes(0.01)
    loaded.worker.close()
    monkeypatch.setattr(zygote, "open", None)
    for _ in range(2):
        with pytest.raises(TimedOut, match=TOGETHER):
            student.begin(Beginning())
    loaded.close()


def test_the_workers_own_cpu_limit_is_a_time_out_and_no_fault_of_ours(zygote, monkeypatch):
    for side in ("sandbox", "zygote"):  # who judges an end, and who sets the limit
        monkeypatch.setattr(f"grader.sandbox.host.{side}.backstop", lambda limits: 1)
    with (
        walls.running(zygote, SCRIPT, Limits(seconds=30)) as worker,
        pytest.raises(TimedOut, match="goes on computing"),
    ):
        walls.call(worker, "computes", 60.0)
