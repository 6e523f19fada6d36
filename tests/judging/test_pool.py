"""Processes share tasks; one that dies costs its task a try, and nothing is lost."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.judging.job import CannotJudge, Job
from grader.judging.pool import Pool, Queue
from tests.support import walls
from tests.support.echo import Echo
from tests.support.small_course import CHECKS, write

pytestmark = walls.ON_LINUX


@pytest.fixture(scope="module")
def pool(tmp_path_factory) -> Iterator[Pool]:
    folder = tmp_path_factory.mktemp("course")
    write(folder, CHECKS)
    checks = folder / "autograder_tests" / "doubling"
    job = Job(folder / "solutions" / "doubling.py", checks, b"", unsafe=True)
    with Pool(Echo(job), jobs=2) as pool:
        yield pool


def test_every_task_is_answered_once_whoever_dies(pool, tmp_path):
    tasks = ["one", "two", f"die once {tmp_path / 'mark'}", "die 7", "three"]
    answers = list(pool.serve(tasks))
    assert sorted(text for _, text in answers) == sorted([*tasks[:3], "die 7: code 7", "three"])


def test_who_is_free_serves_the_next_tasks_and_no_more_are_hired_than_asked_for(pool):
    first = {pid for pid, _ in pool.serve(["one", "two", "three", "four"])}
    assert {pid for pid, _ in pool.serve(["five", "six"])} <= first
    assert len(first) <= 2 and os.getpid() not in first


def test_tasks_are_taken_as_processes_come_free(pool):
    taken = []
    answers = pool.serve(str(n) for n in range(6) if taken.append(n) is None)
    next(answers)
    assert len(taken) == 2
    assert len(list(answers)) == 5 and len(taken) == 6


def test_what_an_author_can_mend_ends_it_all(pool):
    with pytest.raises(CannotJudge, match=r"doubling\.py:3: it is wrong"):
        list(pool.serve(["complain"]))


def test_a_task_that_cost_a_process_comes_before_new_ones():
    queue = Queue(["new"])
    queue.again("old", 1)
    taken = [queue.next(), queue.next(), queue.next()]
    assert taken == [(None, "old", 1), (None, "new", 0), None]


def test_who_has_served_a_kind_goes_on_with_it_and_then_helps_out():
    queue = Queue(["a1", "b1", "b2", "c1", "c2", "c3"], kind=lambda task: task[0])
    assert queue.next({"a", "b"}, {"c"}) == ("b", "b1", 0)
    assert queue.next(set(), {"c", "b"}) == ("a", "a1", 0)
    assert [queue.next({"b"}, {"c"})[1] for _ in range(4)] == ["b2", "c1", "c2", "c3"]
    assert queue.next({"b"}, {"c"}) is None


def test_nothing_is_started_for_nothing():
    with Pool(Echo(Job(Path("gone.py"), Path("gone"), b"")), jobs=2) as pool:
        assert list(pool.serve([])) == []
