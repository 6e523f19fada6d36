"""Who is late is said; where a time is not sure, a person is asked, and nobody counts as late."""

import os
from datetime import datetime

import pytest

from grader.intake.intake import take_in
from grader.intake.platform import IntakeError
from tests.intake.test_intake import DEADLINE, HOUR, LAST, hours, taken
from tests.support.exports import canvas, folder, zipped
from tests.support.words import words


def test_the_last_before_the_deadline_counts_and_who_is_late_is_listed(tmp_path):
    files = {
        "a_1_1_22h.ipynb": LAST - 2 * HOUR, "a_1_1_23h.ipynb": LAST - HOUR,
        "a_1_1_24h.ipynb": LAST + HOUR, "b_2_1_25h.ipynb": LAST + 2 * HOUR,
    }  # fmt: skip
    found, intake = taken(folder(tmp_path / "in", files), "canvas", DEADLINE)
    assert found == {"1": "a_1_1_23h.ipynb", "2": "b_2_1_25h.ipynb"}
    assert words(intake.remarks) == [
        "another file of 1, a_1_1_23h.ipynb counts (older): a_1_1_22h.ipynb",
        "another file of 1, after the deadline: a_1_1_24h.ipynb",
        "late: 2",
    ]
    assert hours(intake) == {"1": 0, "2": 2}
    assert intake.arrivals["2"].moment == (LAST + 2 * HOUR).timestamp()


def test_times_of_the_download_make_nobody_late(tmp_path):
    files = {n: t for n, t in canvas().items() if "anon" not in n}
    intake = take_in([zipped(tmp_path / "c.zip", files)], "attention", tmp_path, "canvas", DEADLINE)
    assert set(hours(intake).values()) == {None}
    assert words(intake.doubts)[-2:] == [
        "all files have the time of the download, after the deadline: nobody is counted as late",
        "marked as late by the platform: 4713",
    ]


def test_a_file_without_a_time_is_neither_in_time_nor_late(tmp_path):
    files = {"a_1_1_x.ipynb": datetime(1980, 1, 1), "b_2_1_x.ipynb": LAST}
    _, intake = taken(folder(tmp_path / "in", files), "canvas", DEADLINE)
    assert hours(intake) == {"1": None, "2": 0}
    assert words(intake.doubts) == ["the files of 1 do not say when they were submitted"]
    os.utime(tmp_path / "in" / "b_2_1_x.ipynb", (0, 0))
    with pytest.raises(IntakeError, match="of 1, 2 do not say when"):
        taken(tmp_path / "in", "canvas", DEADLINE)


def test_who_is_late_by_more_than_a_year_goes_to_a_person(tmp_path):
    files = {"x-1-a.ipynb": LAST + 367 * 24 * HOUR, "x-2-a.ipynb": LAST + 365 * 24 * HOUR}
    _, intake = taken(folder(tmp_path / "in", files | {"x-3-a.ipynb": LAST}), "x-{id}-*", DEADLINE)
    assert words(intake.doubts) == ["late by 8808 hours, if the time of the file is right: 1"]
    assert words(intake.remarks) == ["late: 2"]
