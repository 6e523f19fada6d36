"""Late is who is late by time elapsed; what was written as a minute lasts that minute."""

import os
import time
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from grader.intake.deadline import Deadline

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def in_new_york(monkeypatch) -> Iterator[None]:
    """A machine whose clock shows the time of New York."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str, zone: ZoneInfo | None = None, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


@pytest.mark.parametrize(
    ("deadline", "moment", "hours"),
    [
        ("2026-11-20 23:59", "2026-11-20 23:58:59", 0),
        ("2026-11-20 23:59", "2026-11-20 23:59:59.900", 0),
        ("2026-11-20 23:59", "2026-11-21 00:00:00", 0.02),
        ("2026-11-20 23:59", "2026-11-21 23:59:59", 24),
        ("2026-11-20 23:59", "2026-11-22 00:00:00", 24.02),
        ("2026-11-20T23:59", "2026-11-21 00:59:00", 1),
        ("2026-11-20 9:00", "2026-11-20 10:00:00", 1),
        ("2024-02-29", "2024-03-01 00:00:00", 0.02),
        ("2026-11-20", "2026-11-20 23:59:59", 0),
        ("2026-11-20", "2026-11-21 00:00:00", 0.02),
        ("2026-11-20 23:59:30", "2026-11-20 23:59:30.500", 0),
        ("2026-11-20 23:59:30", "2026-11-20 23:59:31", 0.01),
        ("2026-11-20 23:59:30", "2026-11-21 23:59:30", 24),
    ],
)
def test_a_deadline_is_over_when_its_last_second_is(deadline, moment, hours):
    assert Deadline.read(deadline).hours_late(at(moment)) == hours


@pytest.mark.parametrize(
    ("deadline", "moment", "hours"),
    [
        ("2026-10-31 19:00", "2026-11-01 18:30", 23.5),  # 24.5 h have passed
        ("2026-10-31 19:00", "2026-11-01 19:30", 24.5),
        ("2026-10-31 19:00", "2026-10-31 20:00", 1),
        ("2027-03-13 19:00", "2027-03-14 19:30", 23.5),  # and the clock shows 24.5 h
        ("2027-03-13 19:00", "2027-03-14 20:30", 24.5),
    ],
)
def test_a_day_over_a_change_of_the_clock_is_a_day(in_new_york, deadline, moment, hours):
    assert Deadline.read(deadline).hours_late(at(moment)) == hours
    assert Deadline.read(f"{deadline} America/New_York").hours_late(at(moment)) == hours


def test_who_is_late_is_late_though_the_clock_has_gone_back():
    deadline = Deadline.read("2026-11-01 00:50 America/New_York")
    moment = at("2026-11-01 01:10", NEW_YORK, fold=1)  # 80 minutes later, and the clock shows 20
    assert deadline.is_late(moment) and deadline.hours_late(moment) == 0.34
    twice = Deadline.read("2026-11-01 01:30 America/New_York")
    assert twice.hours_late(at("2026-11-01 01:30", NEW_YORK, fold=1)) == 0, "the later one counts"


@pytest.mark.parametrize("zone", ["Asia/Seoul", "+09:00", "+0900", "+09", "UTC+09:00"])
def test_a_deadline_has_its_own_time_zone(zone):
    deadline = Deadline.read(f"2026-11-20 23:59 {zone}")
    assert deadline.start == at("2026-11-20 14:59", ZoneInfo("UTC"))
    assert Deadline.read("2026-11-20 14:59Z").start == deadline.start


def test_what_is_remembered_is_the_same_moment_on_every_machine(in_new_york, monkeypatch):
    here = Deadline.read("2026-11-20 23:59")
    assert here.text == "2026-11-20 23:59 America/New_York"
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    assert Deadline.read(here.text) == here != Deadline.read("2026-11-20 23:59")


def test_a_machine_whose_zone_has_no_name_gives_its_offset(monkeypatch):
    monkeypatch.setenv("TZ", "KST-9")
    time.tzset()
    try:
        assert Deadline.read("2026-11-20 23:59").text == "2026-11-20 23:59 +0900"
    finally:
        monkeypatch.undo()
        time.tzset()
    assert os.environ.get("TZ") != "KST-9"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tomorrow", "not a deadline; one is such as 2026-11-20 23:59"),
        ("2026-11-20 25:00", "not a deadline"),
        ("2026-11-31", "not a deadline"),
        ("2026-11-20 23:59 KST", "there is no time zone 'KST'; one is such as Asia/Seoul"),
        ("2026-11-20 23:59 ../UTC", "there is no time zone"),
        ("2026-11-20 23:59 +99:00", "there is no time zone"),
    ],
)
def test_what_is_not_a_deadline_is_refused_with_an_example(text, words):
    with pytest.raises(ValueError, match=words):
        Deadline.read(text)
