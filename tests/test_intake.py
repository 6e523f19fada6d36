"""Names of an LMS give the ids; of several files one counts; nobody is left out in silence."""

import os
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from grader.intake.deadline import Deadline
from grader.intake.intake import compare, read_roster, take_in
from grader.intake.lms import IntakeError
from grader.reports.spreadsheet import TableError
from tests.test_archive import packed

DEADLINE = Deadline.read("2026-11-20 23:59")


def files(folder: Path, *names: str) -> Path:
    """Make files, each an hour after the one before; the first at 22:00 on the last day."""
    for hour, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        moment = datetime(2026, 11, 20, 22).timestamp() + 3600 * hour
        os.utime(path, (moment, moment))
    return folder


def taken(folder: Path, names: str, deadline: Deadline | None = None):
    intake = take_in([folder], "attention", folder.parent / "out", names, deadline)
    found = {student: str(path.relative_to(folder)) for student, path in intake.submissions}
    return found, intake.remarks


def test_canvas_names_give_canvas_ids(tmp_path):
    folder = files(
        tmp_path / "in", "kimminjun_4711_88_attention.ipynb", "lee_LATE_4712_89_my_work-1.ipynb"
    )
    found, remarks = taken(folder, "canvas")
    assert found == {
        "4711": "kimminjun_4711_88_attention.ipynb", "4712": "lee_LATE_4712_89_my_work-1.ipynb",
    }  # fmt: skip
    assert remarks == []


def test_moodle_folders_give_participant_numbers(tmp_path):
    folder = files(
        tmp_path / "in",
        "Kim_Min Jun_4711_assignsubmission_file_/a.ipynb",
        "Participant_4712_assignsubmission_file/b.ipynb",
        "Lee_4713_assignsubmission_onlinetext/onlinetext.html",
    )
    found, remarks = taken(folder, "moodle")
    assert list(found) == ["4711", "4712"]
    assert remarks == [
        "not graded, for its name does not fit: "
        "Lee_4713_assignsubmission_onlinetext/onlinetext.html"
    ]


def test_own_names_have_a_pattern(tmp_path):
    folder = files(tmp_path / "in", "hw3/Kim-4711-final.ipynb", "Lee 4712.ipynb")
    found, remarks = taken(folder, "{name}-{id}-*.IPYNB")
    assert found == {"4711": "hw3/Kim-4711-final.ipynb"} and len(remarks) == 1


@pytest.mark.parametrize("names", ["canvass", "{name}.ipynb", "{id}{id}"])
def test_a_pattern_without_an_id_is_refused(tmp_path, names):
    with pytest.raises(IntakeError, match="canvas, moodle, gradescope, github, or a pattern"):
        take_in([tmp_path], "attention", tmp_path / "out", names, None)


def test_the_last_notebook_counts_and_the_others_are_listed(tmp_path):
    folder = files(tmp_path / "in", "a_1_7_x.ipynb", "a_1_8_y.ipynb", "a_1_9_z.pdf")
    found, remarks = taken(folder, "canvas")
    assert found == {"1": "a_1_8_y.ipynb"}
    assert remarks == ["another file of 1, a_1_8_y.ipynb counts: a_1_7_x.ipynb"]


def test_the_last_before_the_deadline_counts_and_who_is_late_is_listed(tmp_path):
    folder = files(
        tmp_path / "in",
        "a_1_1_22h.ipynb", "a_1_1_23h.ipynb", "a_1_1_24h.ipynb", "b_2_1_25h.ipynb",
    )  # fmt: skip
    found, remarks = taken(folder, "canvas", DEADLINE)
    assert found == {"1": "a_1_1_23h.ipynb", "2": "b_2_1_25h.ipynb"}
    assert remarks == [
        "another file of 1, a_1_1_23h.ipynb counts: a_1_1_22h.ipynb",
        "another file of 1, after the deadline: a_1_1_24h.ipynb",
        "late: 2",
    ]


METADATA = """
submission_11:
  :submitters:
  - :name: Kim Minjun
    :sid: '4711'
    :email: kim@univ.example
  - :name: 이서연
    :sid: '4712'
    :email: lee@univ.example
  :created_at: 2026-11-20 14:59:00.123456789 Z
  :score: 0.0
submission_12:
  :submitters:
  - :name: Ada
    :sid:
    :email: ada@univ.example
  :created_at: 2026-11-20 23:00:00 +09:00
"""


def exported(folder: Path, text: str = METADATA) -> Path:
    names = ("submission_11/attention.ipynb", "submission_11/draft.ipynb", "submission_12/a.ipynb")
    files(folder, *names, "submission_13/b.ipynb")
    (folder / "submission_metadata.yml").write_text(text, "utf-8")
    return folder


def test_a_gradescope_export_says_who_is_in_a_group_and_when_it_was_handed_in(tmp_path):
    found, remarks = taken(exported(tmp_path / "in"), "gradescope")
    assert found == {
        "4711": "submission_11/attention.ipynb", "4712": "submission_11/attention.ipynb",
        "ada_univ_example": "submission_12/a.ipynb",
    }  # fmt: skip
    assert remarks == [
        "not graded, for its name does not fit: submission_13/b.ipynb",
        "another file of 4711, attention.ipynb counts: draft.ipynb",
        "another file of 4712, attention.ipynb counts: draft.ipynb",
    ]
    noon = datetime.fromtimestamp(1795186740)  # 14:59 UTC, in the local time of the deadline
    for minutes, late in ((5, []), (-5, ["late: 4711", "late: 4712"])):
        deadline = Deadline.read(f"{noon + timedelta(minutes=minutes):%Y-%m-%d %H:%M}")
        _, remarks = taken(tmp_path / "in", "gradescope", deadline)
        assert [remark for remark in remarks if remark.startswith("late")] == late


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a list", "does not list submissions"),
        ("a: [", "cannot be read"),
        ("a: !!python/object/apply:os.getcwd []", "cannot be read"),
        (None, "has one submission_metadata.yml; here are 0"),
    ],
)
def test_an_export_whose_list_cannot_be_used_is_refused(tmp_path, text, words):
    folder = exported(tmp_path / "in", text or "")
    if text is None:
        (folder / "submission_metadata.yml").unlink()
    with pytest.raises(IntakeError, match=re.escape(words)):
        taken(folder, "gradescope")


def test_clones_of_github_classroom_give_the_users_names(tmp_path):
    folder = files(
        tmp_path / "deep-attention-submissions",
        "deep-attention-kim-minjun/attention.ipynb", "deep-attention-kim-minjun/README.md",
        "deep-attention-kim-minjun/.git/config", "deep-attention-lee/hw/attention.ipynb",
        "deep-attention-lee/hw/zz.ipynb", "notes.md",
    )  # fmt: skip
    found, remarks = taken(folder, "github")
    assert found == {
        "kim-minjun": "deep-attention-kim-minjun/attention.ipynb",
        "lee": "deep-attention-lee/hw/attention.ipynb",
    }
    assert remarks == [
        "not graded, for its name does not fit: notes.md",
        "another file of lee, attention.ipynb counts: zz.ipynb",
    ]
    with pytest.raises(IntakeError, match="do not say when they were handed in"):
        taken(folder, "github", DEADLINE)


def test_a_zip_of_the_class_is_unpacked_and_read(tmp_path):
    path = packed(tmp_path / "submissions.zip", "kim_4711_88_a.ipynb", "lee_4712_89_b.ipynb")
    intake = take_in([path], "attention", tmp_path / "out", "canvas", None)
    assert [student for student, _ in intake.submissions] == ["4711", "4712"]
    assert all(file.read_bytes() == b"{}" for _, file in intake.submissions)


def test_the_roster_tells_who_is_missing_and_who_is_unknown(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "\ufeffName;ID;Section\r\nKim Minjun;4711;A\r\n이서연;4712;B\r\n;;\r\n", "utf-8"
    )
    known = read_roster(roster)
    assert known == {"4711": "Kim Minjun", "4712": "이서연"}
    assert compare(["4711", "9"], known) == [
        "nothing handed in: 4712 이서연",
        "not in the roster: 9",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [("id\n1\n", ":1: there is no column name"), ("id,name\n1,a\n1,b\n", ":3: 1 is there twice")],
)
def test_a_roster_that_cannot_be_used_names_the_line(tmp_path, text, words):
    (tmp_path / "roster.csv").write_text(text)
    with pytest.raises(TableError, match=words):
        read_roster(tmp_path / "roster.csv")
