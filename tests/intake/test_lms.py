"""Exports of every platform, each of an odd class: nobody's file takes another's place."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.intake.deadline import Deadline
from grader.intake.intake import Intake, take_in
from grader.intake.lms import BRIGHTSPACE, CANVAS, MOODLE, PLATFORMS
from grader.intake.named import Pattern
from grader.intake.platform import IntakeError
from tests.intake.test_intake import hours
from tests.support import exports
from tests.support.exports import folder, zipped
from tests.support.words import words

LAST = Deadline.read("2026-11-20 23:59")
FILE = "assignsubmission_file_"


def taken(
    tmp_path: Path, files: dict[str, str | None], names: str, deadline: Deadline | None = None
) -> tuple[dict[str, str], Intake]:
    """Take in an export that is unpacked; return the path of each student's file."""
    intake = take_in(
        [folder(tmp_path / "in", files)], "attention", tmp_path / "out", names, deadline
    )
    root = tmp_path / "in"
    return {s: str(p.relative_to(root)) for s, p in intake.submissions}, intake


def test_canvas(tmp_path):
    found, intake = taken(tmp_path, exports.canvas(), "canvas")
    assert found == {
        "4711": "kimminjun_4711_9001_attention.ipynb",
        "4712": "kimminjun_4712_9002_attention.ipynb",
        "4713": "이서연_LATE_4713_9003_과제.ipynb",
        "4714": "eve_4714_9005_LATE_4711_1_attention.ipynb",
        "4715": "park_4715_9006_park_4715_8899_hw1_late_submission_final_version.ipynb",
        "4716": "choi_4716_10008_attention-1.ipynb",
        "4717": "de_la_cruz_4717_9010_a.ipynb",
        "4718": "jung_4718_link.html",
        "x7Yz1": "anon_x7Yz1_9011_attention.ipynb",
    }
    assert words(intake.remarks) == [
        "marked as late by the platform: 4713",
        "another file of 4714, eve_4714_9005_LATE_4711_1_attention.ipynb counts (not a notebook): "
        "eve_4714_9004_attention.py",
        "another file of 4716, choi_4716_10008_attention-1.ipynb counts (older): "
        "choi_4716_9007_attention.ipynb",
        "another file of 4716, choi_4716_10008_attention-1.ipynb counts (not a notebook): "
        "choi_4716_9009_utils.py",
    ]
    assert words(intake.doubts) == [
        "what 4714 has named like a file of 4711 counts for 4714: "
        "eve_4714_9005_LATE_4711_1_attention.ipynb"
    ]


def test_two_names_with_one_id_go_to_a_person_and_both_are_graded(tmp_path):
    mine, other = "lee_4711_9001_attention.ipynb", "a_4711_1_4714_9002_attention.ipynb"
    found, intake = taken(tmp_path, {mine: None, other: None}, "canvas")
    assert found == {"4711~lee": mine, "4711~a": other}
    assert words(intake.doubts)[0] == (
        f"2 claim the id 4711, so each has one of their own here: {other}, {mine}"
    )


def test_moodle(tmp_path):
    found, intake = taken(tmp_path, exports.moodle(), "moodle")
    assert found == {
        "17": f"Team A_17_{FILE}/attention.ipynb",
        "4711": f"Kim Minjun_4711_{FILE}/attention.ipynb",
        "4712": f"Kim Minjun_4712_{FILE}/hw1/final/attention.ipynb",
        "4713": f"이서연_4713_{FILE}/과제.ipynb",
        "4714": f"Eve_4714_{FILE}/Kim Minjun_4711_{FILE}/attention.ipynb",
        "4715": "Lee_4715_assignsubmission_onlinetext_/onlinetext.html",
        "4716": f"Eve 4711 assignsubmission file_4716_{FILE}/attention.ipynb",
    }
    assert words(intake.doubts) == [
        "what 4714 has named like a file of 4711 counts for 4714: "
        f"Eve_4714_{FILE}/Kim Minjun_4711_{FILE}/attention.ipynb, "
        f"Eve_4714_{FILE}/Kim Minjun_4711_{FILE}x.ipynb"
    ]


def test_a_roster_says_for_whom_a_moodle_group_has_handed_in(tmp_path):
    where = folder(tmp_path / "in", exports.moodle())
    groups = {"4720": "17", "4721": "17"}
    intake = take_in([where], "attention", tmp_path, "moodle", None, groups)
    found = dict(intake.submissions)
    assert "17" not in found and found["4720"] == found["4721"] == where / (
        f"Team A_17_{FILE}/attention.ipynb"
    )
    assert words(intake.remarks)[:1] == ["what the group 17 has submitted counts for 4720, 4721"]


def test_moodle_without_folders(tmp_path):
    found, _ = taken(tmp_path, exports.moodle_flat(), "moodle")
    assert found == {
        "4711": "Kim Minjun_4711_assignsubmission_file_attention.ipynb",
        "4714": "Eve_4714_assignsubmission_file_Kim_4711_assignsubmission_file_a.ipynb",
    }


def test_blackboard(tmp_path):
    found, intake = taken(tmp_path, exports.blackboard(), "blackboard", LAST)
    late = "HW_1_lee_attempt_2026-11-21-00-15-00_HW_1_kim_m_attempt_2026-11-20-23-00-00_x.ipynb"
    assert found == {
        "kim_m": "HW_1_kim_m_attempt_2026-11-20-10-11-12_attention.ipynb",
        "lee": late,
        "park": "HW_1_park_attempt_2026-11-20-08-00-00.txt",
    }, "of whom nothing but a receipt came, that is shown"
    assert hours(intake) == {"kim_m": 0, "lee": 0.27, "park": 0}
    assert words(intake.doubts) == []


@pytest.mark.parametrize("receipts", [True, False])
def test_blackboard_tells_the_title_from_a_user_with_and_without_receipts(tmp_path, receipts):
    stamp = "attempt_2026-11-20-10-11-12"
    files = {f"HW_1_{user}_{stamp}_a.ipynb": None for user in ("kim_a", "lee_b", "park")}
    if receipts:
        files |= {f"HW_1_kim_a_{stamp}.txt": "Name: Kim (Minjun) (kim_a)\n"}
    assert list(taken(tmp_path, files, "blackboard")[0]) == ["kim_a", "lee_b", "park"]


@pytest.mark.parametrize(("attempt", "name"), [("intento", "Nombre"), ("시도", "이름")])
def test_blackboard_speaks_other_languages(tmp_path, attempt, name):
    stamp = f"{attempt}_2026-11-20-10-11-12"
    files = {f"HW_1_{user}_{stamp}_a.ipynb": None for user in ("kim_a", "lee_b")}
    files |= {f"HW_1_kim_a_{stamp}.txt": f"{name}: Kim (Minjun) (kim_a)\n"}
    found, intake = taken(tmp_path, files, "")
    assert list(found) == ["kim_a", "lee_b"]
    assert words(intake.remarks)[:1] == [
        "the names are those of blackboard: read as with --names blackboard"
    ]


def test_brightspace(tmp_path):
    found, intake = taken(tmp_path, exports.brightspace(), "brightspace", LAST)
    assert found == {
        "70001": "70001-9911 - Kim Minjun - Nov 20, 2026 958 AM/attention.ipynb",
        "70002": "70002-9911 - 이서연 - Nov 21, 2026 1215 AM/hw/과제.ipynb",
        "70003": "70003-9911 - Kim Minjun - 20 November, 2026 2130/attention.ipynb",
        "70004": "70004-9911 - Eve - Nov 1, 2026 100 AM - Nov 21, 2026 115 AM - "
        "Nov 1, 2026 100 AM - a.ipynb",
        "70006": "70006-9911 - Choi - 2026년 11월 20일 2103/attention.ipynb",
        "70005": "70005-9911 - O-Neill - x- Nov 20, 2026 903 PM - attention.ipynb",
    }
    late = hours(intake)
    assert late.pop("70006") is not None, (
        "of another language, the day is not read: the file's time counts"
    )
    expected = {"70001": 0, "70002": 0.27, "70003": 0, "70004": 1.27, "70005": 0}
    assert late == expected, "the earlier times in Eve's name help nobody"


def test_who_is_late_by_a_files_time_where_others_have_the_platforms_goes_to_a_person(tmp_path):
    files = {
        "7001-9 - Kim - Nov 20, 2026 903 PM/a.ipynb": datetime(2026, 11, 22),
        "7002-9 - Lee - 20 novembre, 2026 2330/a.ipynb": datetime(2026, 11, 21, 11, 59),
    }
    _, intake = taken(tmp_path, files, "brightspace", LAST)
    assert hours(intake) == {"7001": 0, "7002": 12}
    assert words(intake.doubts) == ["late by 12 hours, if the time of the file is right: 7002"]


def test_gradescope(tmp_path):
    last = Deadline.read("2026-11-20 12:00 UTC")
    found, intake = taken(tmp_path, exports.gradescope(), "gradescope", last)
    assert found == {
        "4711": "export/submission_11/attention.ipynb",
        "4712": "export/submission_11/attention.ipynb",
        "4714": "export/submission_14/attention.ipynb",
        "kim.min@u.example": "export/submission_12/attention.ipynb",
        "kim_min@u.example": "export/submission_13/attention.ipynb",
    }
    assert hours(intake)["4711"] == 0 and hours(intake)["kim_min@u.example"] == 2.99
    assert [d for d in words(intake.doubts) if "4714" not in d] == []


def test_gradescope_numbers_are_text_however_they_are_written(tmp_path):
    metadata = "".join(
        f"submission_{number}:\n  :submitters:\n  - :sid: {sid}\n    :email: {number}@u.example\n"
        "  :created_at: 2026-11-20 14:59:00.123456789 Z\n"
        for number, sid in enumerate(["0042", "null", "1_000", "12:30", "1e3", "'042'", "~", ""])
    )
    files = {"submission_metadata.yml": metadata}
    files |= {f"submission_{number}/a.ipynb": None for number in range(8)}
    found, intake = taken(tmp_path, files, "gradescope", LAST)
    of_address = {f"{number}@u.example" for number in (1, 6, 7)}
    assert found.keys() == {"0042", "1_000", "12_30", "1e3", "042"} | of_address
    assert {*hours(intake).values()} == {0}


def test_nbgrader(tmp_path):
    found, intake = taken(tmp_path, exports.nbgrader(), "nbgrader", LAST)
    root, imitated = "course/submitted", "submitted/kim_minjun/Attention/attention.ipynb"
    assert found == {
        "kim_minjun": f"{root}/kim_minjun/Attention/attention.ipynb",
        "lee_seoyeon": f"{root}/lee_seoyeon/Attention/{imitated}",
        "이서연": f"{root}/이서연/Attention/attention.ipynb",
    }
    assert set(hours(intake).values()) == {0}
    assert words(intake.doubts) == []
    assert words(intake.remarks)[0] == f"not of this assignment: {root}/kim_minjun/lstm/lstm.ipynb"


def test_a_folder_called_like_nbgraders_own_is_a_students_if_it_is_inside_theirs(tmp_path):
    mine, forged = "kim/attention/attention.ipynb", "kim/attention/submitted/lee/attention/a.ipynb"
    files = {mine: None, forged: None, "lee/attention/attention.ipynb": None}
    for where in ("", "submitted/", "course/submitted/"):
        found, _ = taken(tmp_path / f"{where}x", {where + n: None for n in files}, "nbgrader")
        assert found["lee"] == f"{where}lee/attention/attention.ipynb"
    stamped = {forged: None, "kim/attention/timestamp.txt": "2026-11-20 14:00:00 UTC"}
    assert list(taken(tmp_path / "alone", stamped, "nbgrader")[0]) == ["kim"]


def test_what_lies_beside_nbgraders_folder_is_nobodys(tmp_path):
    beside = ("autograded/kim/attention/attention.ipynb", "source/attention/attention.ipynb")
    files = {f"course/{n}": None for n in ("submitted/kim/attention/attention.ipynb", *beside)}
    found, intake = taken(tmp_path, files, "nbgrader")
    assert list(found) == ["kim"] and words(intake.doubts) == []
    assert words(intake.remarks) == [
        "not of this assignment: " + ", ".join(f"course/{name}" for name in beside)
    ]


def test_nbgrader_with_several_assignments_of_other_names_is_refused(tmp_path):
    files = {"submitted/kim/a/x.ipynb": None, "submitted/kim/b/x.ipynb": None}
    with pytest.raises(IntakeError, match="several assignments, a, b, and none"):
        taken(tmp_path, files, "nbgrader")


def test_classroom50(tmp_path):
    last = Deadline.read("2026-11-20 15:00 UTC")
    found, intake = taken(tmp_path, exports.classroom50(), "classroom50", last)
    top = "deep-attention_submissions_2026_11_22_T_09_00_00/deep-attention"
    assert found == {
        "choi": f"{top}-lee/hw/attention.ipynb",
        "eve": f"{top}-eve/attention.ipynb",
        "kim-minjun": f"{top}-kim-minjun/attention.ipynb",
        "lee": f"{top}-lee/hw/attention.ipynb",
    }
    assert hours(intake) == {"choi": 9, "eve": 0, "kim-minjun": 0, "lee": 9}


def test_a_clone_called_like_a_download_holds_its_users_files_alone(tmp_path):
    user = "deep-attention-y-submissions"
    files = {f"{user}/deep-attention-y-kim/a.ipynb": None, "deep-attention-kim/a.ipynb": None}
    there = folder(tmp_path / "deep-attention_submissions_2026", files)
    found = take_in([there], "attention", tmp_path / "out", "classroom50")
    assert [student for student, _ in found.submissions] == ["kim", "y-submissions"]


def test_what_a_student_packed_and_somebody_unpacked_is_the_students(tmp_path):
    top = "hw_1_2026_submissions"
    files = {
        f"{top}/kim_4711_8899_hw/attention.ipynb": None,
        f"{top}/kim_4711_8899_hw/lee_4712_1_attention.ipynb": None,
        f"{top}/lee_4712_8900_attention.ipynb": None,
        f"{top}/cho_4713_8901_hw.zip/park_4714_1_attention.ipynb": None,
    }
    found, intake = taken(tmp_path, files, "canvas")
    kim, forged, lee, cho = files
    assert found == {"4711": kim, "4712": lee, "4713": cho}
    assert words(intake.doubts) == [
        f"not graded, because its name does not fit: {forged} (it fits --names 'canvas')"
    ]


def test_folders_of_sections_that_are_called_like_files_are_the_course_teams(tmp_path):
    sections = {"a": ("kim_11_91", "lee_12_92"), "b": ("cho_13_93",), "c": ("park_14_94",)}
    files = {
        f"fall/hw_1_2026_{section}/{who}_attention.ipynb": None
        for section, people in sections.items()
        for who in people
    }
    files |= {"fall/hw_1_2026_c/eve_15_95_hw/deep/attention.ipynb": None}
    found, intake = taken(tmp_path, files, "canvas")
    assert found == dict(zip(("11", "12", "13", "14", "15"), files, strict=True))
    assert words(intake.doubts) == []


@pytest.mark.parametrize(
    "files",
    [("kim_1_9_hw/lee_2_1_a.ipynb", "kim_1_9_hw/cho_3_1_a.ipynb", "lee_2_8_a.ipynb"),
     ("kim_1_9_hw/lee_2_1_a.ipynb", "kim_1_9_hw/cho_3_1_a.ipynb", "lee_2_8_hw/attention.ipynb"),
     ("kim_1_9_hw/lab_5_1_a.py", "kim_1_9_hw/lab_6_2_b.py", "kim_1_9_hw/attention.ipynb",
      "lee_2_8_hw/lab_5_1_a.py", "lee_2_8_hw/lab_6_2_b.py", "lee_2_8_hw/attention.ipynb"),
     ("kim_1_9_hw.zip/lee_2_1_a.ipynb", "kim_1_9_hw.zip/cho_3_1_a.ipynb",
      "lee_2_8_hw.zip/eve_5_1_a.ipynb", "lee_2_8_hw.zip/max_6_1_a.ipynb")],
)  # fmt: skip
def test_no_folder_of_a_student_is_taken_for_a_section(tmp_path, files):
    found, _ = taken(tmp_path, dict.fromkeys(files), "canvas")
    assert {*found} <= {"1", "2"} and "/lee_2_1" not in found.get("2", "")


def test_numbers_in_a_file_of_somebody_anonymous_are_no_id(tmp_path):
    files = {f"anon_x7Yz1_90{n}_{n}_2026.ipynb": None for n in (11, 12)}
    assert list(taken(tmp_path, files, "canvas")[0]) == ["x7Yz1"]


def test_clones_in_a_folder_of_any_name_are_read_by_the_table_of_scores(tmp_path):
    top, _, _ = next(iter(exports.classroom50())).partition("/")
    files = {name.removeprefix(f"{top}/"): text for name, text in exports.classroom50().items()}
    assert list(taken(tmp_path, files, "classroom50")[0]) == ["choi", "eve", "kim-minjun", "lee"]


def test_clones_that_github_classroom_made_are_still_read(tmp_path):
    files = {
        "deep-attention-submissions/deep-attention-kim-minjun/attention.ipynb": None,
        "deep-attention-submissions/deep-attention-kim-minjun/.git/config": "x",
        "deep-attention-submissions/deep-attention-lee/hw/attention.ipynb": None,
        "deep-attention-submissions/notes.md": "x",
    }
    found, intake = taken(tmp_path, files, "github")
    assert list(found) == ["kim-minjun", "lee"]
    assert words(intake.remarks) == [
        "not graded, because its name does not fit: deep-attention-submissions/notes.md"
    ]
    with pytest.raises(IntakeError, match="do not say when they were submitted"):
        taken(tmp_path, files, "github", LAST)


ALL = ("canvas", "moodle", "blackboard", "brightspace", "gradescope", "nbgrader", "classroom50")


@pytest.mark.parametrize("names", ALL)
def test_a_zip_of_an_export_is_read_like_its_folder(tmp_path, names):
    files = getattr(exports, names)()
    path = zipped(tmp_path / "export.zip", files)
    packed = take_in([path], "attention", tmp_path / "zip", names)
    assert [s for s, _ in packed.submissions] == [*taken(tmp_path, files, names)[0]]
    assert all(Path(*p.parts[-1:]).suffix for _, p in packed.submissions)


@pytest.mark.parametrize("names", ["moodle", "blackboard", "brightspace", "gradescope", "nbgrader"])
def test_names_that_only_one_platform_makes_are_known_without_being_told(tmp_path, names):
    files = getattr(exports, names)()
    found, intake = taken(tmp_path, files, "")
    assert found == taken(tmp_path, files, names)[0]
    assert (
        words(intake.remarks)[0] == f"the names are those of {names}: read as with --names {names}"
    )


@pytest.mark.parametrize("text", ["", "{name}.ipynb", "{id}{id}", "canvass"])
def test_a_pattern_without_an_id_is_refused(text):
    with pytest.raises(IntakeError, match=r"has one \{id\} in it"):
        Pattern(text)


@pytest.mark.parametrize(
    ("pattern", "name", "student"),
    [
        ("{name}-{id}-*.IPYNB", "hw3/Kim-4711-my-final.ipynb", "4711"),
        ("{id}/attention/*", "kim_minjun/attention/x.ipynb", "kim_minjun"),
        ("{id}_attention.ipynb", "kim_7_attention.ipynb", "kim_7"),
        ("{id}-attention.ipynb", "kim@uni.example-attention.ipynb", "kim@uni.example"),
        ("{name}_{id}.ipynb", "kim_min_7.ipynb", "7"),
        ("{name} {id}.*", "Lee 4712.ipynb", "4712"),
    ],
)
def test_own_names_have_a_pattern(tmp_path, pattern, name, student):
    assert list(taken(tmp_path, {name: None}, pattern)[0]) == [student]


def test_a_pattern_on_a_platforms_names_knows_its_times_and_tears_no_id(tmp_path):
    found, intake = taken(tmp_path, exports.blackboard(), "{name}_{id}_attempt_*_*", LAST)
    assert [*found] == ["kim_m", "lee", "park"] and hours(intake)["lee"] == 0.27
    pattern = "{id}-* - {name} - */*"
    files = {n: t for n, t in exports.brightspace().items() if "/" in n}
    assert taken(tmp_path / "b", files, pattern)[0]["70001"].count("Nov 20")


def test_a_name_that_does_not_fit_is_named_with_a_pattern_that_would(tmp_path):
    file = f"Kim_4711_{FILE}/a.ipynb"
    _, intake = taken(
        tmp_path, {file: None, "x_4712_9_a.ipynb": None, "Lee 4713.pdf": "x"}, "canvas"
    )
    assert words(intake.doubts) == [
        f"not graded, because its name does not fit: {file} (it fits --names 'moodle')"
    ]
    assert words(intake.remarks) == [
        "not graded, because its name does not fit: Lee 4713.pdf (it fits --names '{name} {id}.*')"
    ]


own = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=60
)
imitations = st.lists(
    st.sampled_from(
        [
            "_",
            "LATE",
            "5222",
            "1",
            "assignsubmission_file_",
            " - ",
            "Nov 1, 2026 100 AM",
            "x",
            ".ipynb",
        ]
    ),
    min_size=1,
).map("".join)


@settings(deadline=None)
@given(own | imitations)
def test_whatever_a_student_calls_a_file_it_stays_theirs(name):
    for platform, begins in (
        (CANVAS, "kim_4711_9001_"),
        (CANVAS, "kim_LATE_4711_9001_"),
        (MOODLE, f"Kim Minjun_4711_{FILE}"),
        (MOODLE, f"Kim Minjun_4711_{FILE}/"),
        (BRIGHTSPACE, "4711-99 - Kim - Nov 20, 2026 903 PM - "),
        (BRIGHTSPACE, "4711-99 - Kim - Nov 20, 2026 903 PM/"),
    ):
        path = Path(__file__)
        claims = platform.claims(path, tuple(f"{begins}{name}".split("/")))
        assert [claim.id for claim in claims] == ["4711"], begins
    reads = PLATFORMS["blackboard"].reads
    whole = f"HW1_kim_attempt_2026-11-20-10-11-12_{name}"
    files = [
        (Path(__file__), (whole,)),
        (Path(__file__), ("HW1_lee_attempt_2026-11-20-10-11-12_x",)),
    ]
    assert reads(files, "a").claims(*files[0])[0].id == "kim"


def test_where_only_some_names_are_a_platforms_that_is_said(tmp_path):
    files = ["Kim_1_assignsubmission_file_/a.ipynb", "lee.ipynb", "cho.ipynb", "park.ipynb"]
    _, intake = taken(tmp_path, dict.fromkeys(files), "")
    assert words(intake.remarks) == [
        "some names look like those of moodle: is --names moodle missing?"
    ]
