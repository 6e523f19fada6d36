"""Submissions come from Canvas as they are there: whose they are, when, and nothing else."""

from pathlib import Path

import pytest

from grader.csv_table import rows
from grader.exchange.canvas.address import Address
from grader.exchange.canvas.desk import Desk, Undocumented
from grader.exchange.canvas.fetch import Fetched, fetch
from grader.exchange.canvas.line import CanvasError, Line, Unreachable
from grader.intake import archive
from grader.intake.due import own, read_dues
from grader.intake.intake import take_in
from grader.intake.roster import read_groups, read_roster
from tests.exchange.canvas.conftest import BOOK, FILE
from tests.support.canvas import THROTTLED, Canvas, Fault


def desk(canvas: Canvas, waits: list[float] | None = None) -> Desk:
    waits = [] if waits is None else waits
    return Desk(Address.read(canvas.address), Line(canvas.site, pause=waits.append))


def fetched(canvas: Canvas, folder: Path, every: bool = False) -> Fetched:
    return fetch(desk(canvas), folder, every)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "handed_in").iterdir())


def said(lines: list) -> str:
    return "\n".join(map(str, lines))


def test_files_have_the_names_of_canvas_and_grade_reads_them(canvas, tmp_path):
    canvas.hand_in(4714, "Park Jimin", FILE, late=True, submitted_at="2026-11-20T16:30:00Z")
    found = fetched(canvas, tmp_path)
    assert names(tmp_path) == [
        "canvas.csv", "kimminjun_4711_9001_doubling.ipynb", "leeseoyeon_4712_9002_doubling.ipynb",
        "parkjimin_LATE_4714_9003_doubling.ipynb",
    ]  # fmt: skip
    assert (found.new, found.students, found.doubts) == (3, 4, [])
    intake = take_in(
        [tmp_path / "handed_in"], "doubling", tmp_path / "out", "canvas",
        own=own(read_dues(tmp_path / "roster.csv")),
    )  # fmt: skip
    assert [student for student, _ in intake.submissions] == ["4711", "4712", "4714"]
    assert intake.doubts == []
    assert {s: a.hours_late for s, a in intake.arrivals.items()} == {
        "4711": 0, "4712": 0, "4714": 1.51
    }  # fmt: skip
    assert (tmp_path / "handed_in" / "kimminjun_4711_9001_doubling.ipynb").read_bytes() == BOOK


def test_the_roster_has_everybody_with_group_and_due_date(canvas, tmp_path):
    canvas.hand_in(4714, "Park Jimin", FILE, cached_due_date="2026-11-27T14:59:59Z")
    canvas.submissions[4711]["group"] = {"id": 8, "name": "Team A"}
    canvas.submissions[4712]["cached_due_date"] = None
    fetched(canvas, tmp_path)
    path = tmp_path / "roster.csv"
    assert read_roster(path)[0] == {
        "4711": "Kim Minjun", "4712": "Lee Seoyeon", "4713": "이 서연", "4714": "Park Jimin"
    }  # fmt: skip
    assert read_groups(path) == {"4711": "Team A"}
    assert {one: deadline.text for one, deadline in own(read_dues(path)).items()} == {
        "4711": "2026-11-20 14:59:59 Z", "4713": "2026-11-20 14:59:59 Z",
        "4714": "2026-11-27 14:59:59 Z",
    }  # fmt: skip


def test_without_dates_of_students_the_overrides_count_and_the_latest_wins(canvas, tmp_path):
    for one in canvas.submissions.values():
        del one["cached_due_date"]
    canvas.submissions[4712]["group"] = {"id": 8, "name": "Team A"}
    canvas.assignment["overrides"] = [
        {"student_ids": [4711, 4712], "due_at": "2026-11-22T00:00:00Z"},
        {"group_id": 8, "due_at": "2026-11-23T00:00:00Z"},
        {"course_section_id": 3, "title": "Section B", "due_at": "2026-11-24T00:00:00Z"},
    ]
    found = fetched(canvas, tmp_path)
    dues = {row["id"]: row["due"] for _, row in rows(tmp_path / "roster.csv", ("id", "due"))}
    assert dues == {
        "4711": "2026-11-22T00:00:00Z", "4712": "2026-11-23T00:00:00Z",
        "4713": "2026-11-20T14:59:59Z",
    }  # fmt: skip
    assert "These sections have a date of their own" in said(found.doubts)


def test_the_last_attempt_is_fetched_and_that_is_said(canvas, tmp_path):
    fetched(canvas, tmp_path)
    late = {"late": True, "submitted_at": "2026-11-21T10:00:00Z"}
    canvas.hand_in(4711, "Kim Minjun", ("doubling-1.ipynb", BOOK), **late)
    found = fetched(canvas, tmp_path)
    assert names(tmp_path)[1:] == [
        "kimminjun_LATE_4711_9003_doubling-1.ipynb", "leeseoyeon_4712_9002_doubling.ipynb"
    ]  # fmt: skip
    assert "1 student has handed in several times: the last attempt is fetched" in said(
        found.remarks
    )
    assert "removed, because it no longer counts: kimminjun_4711_9001" in said(found.remarks)


def test_of_all_attempts_grade_prefers_the_one_in_time(canvas, tmp_path):
    late = {"late": True, "submitted_at": "2026-11-21T10:00:00Z"}
    canvas.hand_in(4711, "Kim Minjun", ("doubling-1.ipynb", BOOK), **late)
    fetched(canvas, tmp_path, every=True)
    dues = own(read_dues(tmp_path / "roster.csv"))
    given = ([tmp_path / "handed_in"], "doubling", tmp_path / "out", "canvas")
    assert dict(take_in(*given, own=dues).submissions)["4711"].name == (
        "kimminjun_4711_9001_doubling.ipynb"
    )
    assert "9003" in dict(take_in(*given).submissions)["4711"].name


def test_what_is_there_is_not_fetched_again(canvas, tmp_path):
    fetched(canvas, tmp_path)
    canvas.asked.clear()
    found = fetched(canvas, tmp_path)
    assert (found.new, found.same) == (0, 2)
    assert not [path for _, path, _ in canvas.asked if "/files/" in path]


def test_what_was_fetched_before_an_interruption_stays(canvas, tmp_path):
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(desk(canvas), tmp_path, False, stop)
    assert names(tmp_path) == ["kimminjun_4711_9001_doubling.ipynb"]
    assert fetched(canvas, tmp_path).same == 1


def test_only_the_site_sees_the_token(canvas, tmp_path):
    fetched(canvas, tmp_path)
    assert canvas.storage_saw == ["", ""]
    assert all(signed for _, path, signed in canvas.asked if not path.startswith("/storage"))


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("/etc/passwd", "_etc_passwd"),
        ("..\\x\x00\n.ipynb", ".._x__.ipynb"),
        ("C:\\a.ipynb", "C:_a.ipynb"),
    ],
)
def test_a_file_name_is_never_a_path(canvas, tmp_path, name, becomes):
    canvas.hand_in(4711, "../Kim", (name, BOOK))
    fetched(canvas, tmp_path / "in")
    assert f"kim_4711_9003_{becomes}" in names(tmp_path / "in")
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == sorted(
        [*names(tmp_path / "in"), "roster.csv"]
    )


def test_what_is_too_large_takes_no_room(canvas, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_MB", 1)
    canvas.hand_in(4711, "Kim Minjun", ("film.ipynb", bytes(3 << 20)))
    fetched(canvas, tmp_path)
    about = (tmp_path / "handed_in" / "kimminjun_4711_9003_film.ipynb").stat()
    assert about.st_size == 3 << 20 and about.st_blocks * 512 < 1 << 20


def test_work_without_a_file_is_for_a_person(canvas, tmp_path):
    url = {"attempt": 1, "submission_type": "online_url", "url": "http://evil.example/a.ipynb"}
    canvas.hand_in(4714, "Park Jimin", **url)
    found = fetched(canvas, tmp_path)
    assert (
        said(found.doubts) == "handed in without a file (online_url), which cannot be graded: 4714"
    )
    assert "1 student has handed in nothing: 4713" in said(found.remarks)


def test_a_file_that_canvas_has_lost_is_named_and_the_others_come(canvas, tmp_path):
    del canvas.files[9001]
    found = fetched(canvas, tmp_path)
    assert (
        "not fetched: kimminjun_4711_9001_doubling.ipynb: Canvas answers 404 to GET /files/9001"
        in said(found.doubts)
    )
    assert found.new == 1


def test_a_file_that_breaks_off_is_not_there(canvas, tmp_path):
    headers = {"Content-Length": "1000000"}
    canvas.faults = [Fault("GET /storage/9001", 200, b"short", headers, times=9)]
    with pytest.raises(Unreachable, match="has not come whole"):
        # the server keeps the connection open: its end is forced by closing
        canvas.faults[0].headers["Connection"] = "close"
        fetched(canvas, tmp_path)
    assert [p.name for p in (tmp_path / "handed_in").iterdir()] == []


def test_members_of_a_group_each_get_the_file_which_is_fetched_once(canvas, tmp_path):
    for user in (4711, 4712):
        one = canvas.submissions[user]
        one["group"] = {"id": 8, "name": "Team A"}
        one["attachments"] = canvas.submissions[4711]["attachments"]
    fetched(canvas, tmp_path)
    assert names(tmp_path)[1:] == [
        "kimminjun_4711_9001_doubling.ipynb", "leeseoyeon_4712_9001_doubling.ipynb"
    ]  # fmt: skip
    assert sum("/files/" in path for _, path, _ in canvas.asked) == 1


def test_an_anonymous_assignment_is_refused_in_words(canvas, tmp_path):
    del canvas.submissions[4711]["user_id"]
    with pytest.raises(Undocumented, match="graded anonymously names nobody"):
        fetched(canvas, tmp_path)


def test_throttled_requests_are_repeated_after_a_pause(canvas, tmp_path):
    html = {"Content-Type": "text/html"}
    canvas.faults = [
        Fault("GET .*/submissions", 403, THROTTLED, html, times=2),
        Fault("GET /files/9001/download", 429, b"", {"Retry-After": "7"}),
        Fault("GET .*/345", 502),
    ]
    waits: list[float] = []
    assert fetch(desk(canvas, waits), tmp_path, False).new == 2
    assert waits == [1, 1, 2, 7]


def test_a_low_quota_slows_down(canvas, tmp_path):
    canvas.quota = 10
    waits: list[float] = []
    fetch(desk(canvas, waits), tmp_path, False)
    assert waits and set(waits) == {1}


def test_endless_throttling_ends_with_status_endpoint_and_remedy(canvas, tmp_path):
    canvas.faults = [Fault("GET .*/345", 403, THROTTLED, times=99)]
    waits: list[float] = []
    with pytest.raises(CanvasError, match="answers 403 to GET /api/v1/courses/12/assignments/345"):
        desk(canvas, waits)
    assert waits == [1, 2, 4, 8, 16, 32]
