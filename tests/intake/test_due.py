"""Deadlines that students have of their own come with the roster."""

from datetime import datetime

import pytest

from grader.csv_table import TableError
from grader.intake.deadline import Deadline
from grader.intake.due import Due, own, read_dues
from grader.intake.intake import take_in
from grader.intake.platform import IntakeError
from grader.store.terms import Terms
from tests.support import exports

EARLY, LATE = Deadline.read("2026-11-20 12:00 Z"), Deadline.read("2026-11-27 12:00 Z")


def roster(tmp_path, text):
    path = tmp_path / "roster.csv"
    path.write_text(text, "utf-8")
    return path


def test_dates_of_their_own_count_in_the_place_of_the_deadline():
    due = Due(EARLY, {"4711": LATE})
    assert (due.of("4711"), due.of("4711~lee"), due.of("4712")) == (LATE, LATE, EARLY)
    assert due.first is EARLY and Due(None, {"a": LATE}).first is LATE and not Due()


def test_an_empty_cell_is_the_deadline_of_all(tmp_path):
    path = roster(tmp_path, "id,name,due\n4711,Kim,2026-11-27 12:00 Z\n4712,Lee,\n")
    assert read_dues(path) == {"4711": "2026-11-27 12:00 Z"}
    assert read_dues(roster(tmp_path, "id,name\n4711,Kim\n")) == {}


def test_a_date_that_cannot_be_read_names_its_line(tmp_path):
    path = roster(tmp_path, "id,name,due\n4711,Kim,soon\n")
    with pytest.raises(TableError, match=r"roster\.csv:2: 'soon' is not a deadline"):
        read_dues(path)


def test_two_dates_of_a_student_are_refused(tmp_path):
    path = roster(tmp_path, "id,name,due\n1,Kim,2026-11-27\n1,Kim,2026-11-28\n")
    with pytest.raises(TableError, match=r":3: 1 is there twice, as '2026-11-27' and as"):
        read_dues(path)


def test_dates_and_groups_of_an_address_are_those_of_its_student(tmp_path):
    path = roster(tmp_path, f"id,name,due,group\nkim@u.example,Kim,{LATE.text},A\nlee,Lee,,A\n")
    terms, _ = Terms(roster=f"{path}", deadline=EARLY.text, names="{name}-{id}-*").with_people()
    files = {
        "x-kim-a.ipynb": datetime.fromtimestamp(LATE.start),
        "y-lee@u.example-a.ipynb": datetime.fromtimestamp(LATE.start - 3600),
    }
    intake = terms.take_in([exports.folder(tmp_path / "in", files)], "a", tmp_path / "out", ())
    assert {s: a.hours_late for s, a in intake.arrivals.items()} == {"kim": 0, "lee@u.example": 167}
    assert [str(remark) for remark in intake.remarks] == ["late: lee@u.example"]


def test_terms_remember_the_dates_and_say_that_there_are_some(tmp_path):
    path = roster(tmp_path, "id,name,due\n4711,Kim,2026-11-27 12:00 Z\n4712,Lee,\n")
    terms, remarks = Terms(roster=f"{path}", deadline=EARLY.text).with_people()
    assert "1 student is due on the date that" in str(remarks[0])
    path.unlink()
    again, _ = terms.with_people()
    assert again.due == terms.due and again.due.of("4711").start == LATE.start
    assert again.due.of("4712").start == EARLY.start


def test_each_student_is_late_after_their_own_date(tmp_path):
    moments = {"a_1_9_x.ipynb": "2026-11-21 12:30", "b_2_8_x.ipynb": "2026-11-21 12:30"}
    files = exports.folder(tmp_path / "in", dict.fromkeys(moments))
    lines = [f"{name},{moment}:00Z,1" for name, moment in moments.items()]
    (files / "canvas.csv").write_text("\n".join(["file,submitted,attempt", *lines]))
    intake = take_in([files], "x", tmp_path, "canvas", EARLY, own=own({"2": LATE.text}))
    assert {s: a.hours_late for s, a in intake.arrivals.items()} == {"1": 24.5, "2": 0}
    assert intake.doubts == []


def test_dates_without_names_are_refused(tmp_path):
    files = exports.folder(tmp_path / "in", {"a.ipynb": None})
    with pytest.raises(IntakeError, match="column `due` of the roster need --names"):
        take_in([files], "x", tmp_path, own={"a": LATE})


def test_receipts_that_a_student_has_handed_in_say_nothing(tmp_path):
    files = exports.folder(tmp_path / "in", {"a_1_9_x.zip/x/canvas.csv": "file,submitted,attempt"})
    (files / "a_1_9_x.zip/x/canvas.csv").write_text(
        "file,submitted,attempt\nx.ipynb,2020-01-01T00:00:00Z,9\n"
    )
    exports.folder(files, {"a_1_9_x.zip/x/x.ipynb": None})
    intake = take_in([files], "x", tmp_path, "canvas", EARLY)
    assert intake.arrivals["1"].moment > EARLY.start


@pytest.mark.parametrize(
    "text", ["", "nonsense", "file,submitted,attempt\na,soon,1\n", "PK\x03\x04"]
)
def test_receipts_that_cannot_be_read_are_none(tmp_path, text):
    files = exports.folder(tmp_path / "in", {"a_1_9_x.ipynb": None, "canvas.csv": text or " "})
    assert [s for s, _ in take_in([files], "x", tmp_path, "canvas").submissions] == ["1"]
