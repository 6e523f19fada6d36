"""Every file that is handed in is graded, or named with the reason; nobody is left out unsaid."""

import os
import re
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.intake.deadline import Deadline
from grader.intake.intake import take_in
from grader.intake.platform import IntakeError
from grader.model.language import speaker
from tests.support.exports import canvas, folder, zipped
from tests.support.small_course import write
from tests.support.words import words

LAST = datetime(2026, 11, 20, 23, 59)
DEADLINE = Deadline.read("2026-11-20 23:59")
HOUR = timedelta(hours=1)


def hours(intake):
    """Return how late everybody is."""
    return {student: came.hours_late for student, came in intake.arrivals.items()}


def taken(where, names="", deadline=None):
    intake = take_in([where], "attention", where.parent / "out", names, deadline)
    return {s: str(p.relative_to(where)) for s, p in intake.submissions}, intake


def test_without_names_every_file_says_whose_it_is(tmp_path):
    names = ("kim_1_attention.ipynb", "deep/er/lee_2_attention.py", "cho.pdf", "park.ipynb.txt")
    found, intake = taken(folder(tmp_path / "in", dict.fromkeys(names)))
    assert found == {"cho": names[2], "kim_1": names[0], "lee_2": names[1], "park": names[3]}
    assert words(intake.remarks) == words(intake.doubts) == []


def test_what_nobody_has_handed_in_is_no_student(tmp_path):
    litter = ("Thumbs.db", "desktop.ini", "a/Icon\r", "~$kim.docx", "x.pyc", "kim.ipynb~")
    beside = ("requirements.txt", "roster.csv", "README.md", "grades.xlsx", "environment.yml")
    hidden = (
        "__MACOSX/._kim.ipynb", ".ipynb_checkpoints/kim-checkpoint.ipynb", ".DS_Store", "._a.ipynb",
        "__pycache__/a.py", "$RECYCLE.BIN/b.ipynb", ".lee.ipynb",
    )  # fmt: skip
    files = dict.fromkeys(("kim_1_attention.ipynb", *litter, *hidden)) | dict.fromkeys(beside, "x")
    found, intake = taken(folder(tmp_path / "in", files))
    assert found == {"kim_1": "kim_1_attention.ipynb"}
    assert sorted(words(intake.remarks)) == sorted(
        [f"not graded, because nobody submits such a file: {name}" for name in beside]
        + ["left out, because programs made it: Thumbs.db, desktop.ini, kim.ipynb~, x.pyc, "
           "~$kim.docx and 1 more"]
    )  # fmt: skip
    assert words(intake.doubts) == ["not graded, because it is hidden: .lee.ipynb"]


def test_one_id_in_two_folders_is_two_people_until_a_person_decides(tmp_path):
    files = dict.fromkeys(("a/kim_1.ipynb", "b/kim_1.ipynb", "b/Kim_2.ipynb", "b/kim_2.ipynb"))
    found, intake = taken(folder(tmp_path / "in", files))
    assert len(found) == 4 and {*found.values()} == {*files}
    assert found["kim_1~a"] == "a/kim_1.ipynb" and found["kim_1~b"] == "b/kim_1.ipynb"
    assert len({s.casefold() for s in found}) == 4, "also as folders of a disk that knows no case"
    assert len(words(intake.doubts)) == 2


def test_copies_of_a_file_are_one_students_and_a_person_is_told(tmp_path):
    noon = LAST - 12 * HOUR
    files = {"kim_1_attention.ipynb": noon, "kim_1_attention (1).ipynb": noon + HOUR,
             "Copy of lee_2_attention.ipynb": noon}  # fmt: skip
    found, intake = taken(folder(tmp_path / "in", files))
    assert found == {"kim_1": "kim_1_attention (1).ipynb", "lee_2": "Copy of lee_2_attention.ipynb"}
    assert words(intake.doubts) == [
        "only their names say that these are all of kim_1: kim_1_attention (1).ipynb, "
        "kim_1_attention.ipynb"
    ]


def test_copies_whose_names_say_nobodys_stay_apart_and_a_person_is_told(tmp_path):
    names = ("attention.ipynb", "attention (1).ipynb", "kim.ipynb", "kim (1).ipynb", "lee-2.ipynb")
    found, intake = taken(folder(tmp_path / "in", dict.fromkeys(names)))
    assert list(found) == ["attention", "attention_1", "kim", "kim_1", "lee-2"]
    assert words(intake.doubts) == [
        f"what {one}_1 has named like a file of {one} counts for {one}_1: {one} (1).ipynb"
        for one in ("attention", "kim")
    ]


def test_results_in_the_class_are_left_out(tmp_path):
    where = folder(tmp_path, {"kim.ipynb": None, "out/grades.sqlite": "", "old/grades.sqlite": ""})
    intake = take_in([where], "attention", where / "out" / "handed_in")
    assert [student for student, _ in intake.submissions] == ["kim"]
    of = "left out, because it holds results"
    assert words(intake.remarks) == [f"{of}: {where / 'out'}"]
    assert words(intake.doubts) == [f"{of}: {where / 'old'}"]


def test_whose_folder_has_nothing_but_litter_goes_to_a_person(tmp_path):
    files = dict.fromkeys(("kim/._a.ipynb", "kim/__MACOSX/b", "lee/a.ipynb", "lee/img/.DS_Store"))
    where = folder(tmp_path / "in", files | {"old/grades.sqlite": ""})
    (where / "cho" / "hw" / "deep").mkdir(parents=True)
    found, intake = taken(where, "{id}/*")
    assert list(found) == ["lee"]
    assert words(intake.doubts) == [
        f"left out, because it holds results: {where / 'old'}",
        "nothing can be graded of cho: cho is empty",
        "nothing can be graded of kim: kim is empty",
    ]


def test_a_folder_of_submissions_is_not_filled_with_their_results(tmp_path):
    where = folder(tmp_path / "in", {"kim.ipynb": None})
    (tmp_path / "link").symlink_to(where)
    with pytest.raises(IntakeError, match="is to hold the results: choose another folder"):
        take_in([where], "attention", tmp_path / "link" / "handed_in")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert len(take_in([tmp_path / "loop"], "attention", tmp_path / "out").submissions) == 1


def test_one_id_in_two_given_folders_is_two_people_until_a_person_decides(tmp_path):
    where = [
        folder(tmp_path / f"{day}/in", {"kim.ipynb": LAST, f"{day}.ipynb": LAST}) for day in "ab"
    ]
    intake = take_in(where, "attention", tmp_path / "out")
    assert [s for s, _ in intake.submissions] == ["a", "b", "kim~a_in", "kim~b_in"]
    assert words(intake.doubts) == [
        "2 claim the id kim, so each has one of their own here: kim.ipynb, kim.ipynb"
    ]
    again = take_in([where[0], where[0] / "kim.ipynb"], "attention", tmp_path / "out")
    assert [s for s, _ in again.submissions] == ["a", "kim"] and again.doubts == []


def test_names_that_say_nobodys_are_told_what_could(tmp_path):
    files = dict.fromkeys(("kim/attention.ipynb", "lee/attention.ipynb"))
    found, intake = taken(folder(tmp_path / "in", files))
    assert [*found] == ["attention~kim", "attention~lee"]
    assert "perhaps --names '{id}/*' does" in words(intake.doubts)[-1]


def test_names_that_look_like_canvas_are_told(tmp_path):
    files = dict.fromkeys(("kim_4711_88_attention.ipynb", "lee_4712_89_attention.ipynb"))
    found, intake = taken(folder(tmp_path / "in", files))
    assert [*found] == ["kim_4711_88", "lee_4712_89"]
    assert words(intake.remarks) == [
        "the names look like those of canvas: is --names canvas missing?"
    ]


@pytest.mark.parametrize("more", ["kim.1_attention.ipynb", "kim 1_attention.ipynb"])
def test_ids_that_would_share_a_folder_are_given_to_nobody(tmp_path, more):
    files = dict.fromkeys(("kim_1_attention.ipynb", more))
    found, intake = taken(folder(tmp_path / "in", files))
    assert len(found) == 2 and all(s.startswith("kim_1~") for s in found)
    assert len(words(intake.doubts)) == 1


def test_a_folder_that_cannot_be_looked_into_is_named(tmp_path, monkeypatch):
    where = folder(tmp_path / "in", dict.fromkeys(("kim/kim_1_2_a.ipynb", "lee_2_3_a.ipynb")))
    (where / "linked").symlink_to(tmp_path)
    scandir = os.scandir

    def refusing(path):
        if str(path).endswith("kim"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    found, intake = taken(where, "canvas")
    assert [*found] == ["2"]
    assert sorted(words(intake.doubts)) == [
        f"cannot be looked into: {where / 'kim'} (Permission denied)",
        f"cannot be looked into: {where / 'linked'} (it is a link)",
    ]


def test_a_deadline_needs_names_and_a_path_must_be_there(tmp_path):
    with pytest.raises(IntakeError, match="--deadline needs --names"):
        taken(folder(tmp_path / "in", {"kim.ipynb": None}), "", DEADLINE)
    with pytest.raises(IntakeError, match="gone does not exist"):
        take_in([tmp_path / "gone"], "attention", tmp_path)


def test_what_a_person_must_look_at_is_said_and_ends_with_exit_code_3(tmp_path, judges):
    write(tmp_path)
    files = {"lee_4711_1_doubling.ipynb": None, "a_4711_2_doubling.ipynb": None}
    pack = zipped(tmp_path / "class.zip", files)
    arguments = [
        "--course",
        str(tmp_path),
        "grade",
        str(pack),
        "-a",
        "doubling",
        "--names",
        "canvas",
    ]
    ran = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / "out")])
    assert ran.exit_code == 3
    assert "A person should look: 2 claim the id 4711" in ran.output.replace("\n", " ")
    assert {t.path.name for t in judges.tasks} == {
        "lee_4711_1_doubling.ipynb",
        "a_4711_2_doubling.ipynb",
    }
    table = (tmp_path / "out" / "grades.csv").read_text()
    assert "4711~lee" in table and "4711~a" in table


ENGLISH = re.compile(r"(?<![\w.~/-])[a-z]{3,}(?![\w.~/-])")


def test_all_that_is_said_here_is_korean_where_the_class_is(tmp_path):
    """What is left in small letters is named: platforms, options and the students' own words."""
    files = canvas() | {
        "a_4711_7_x.ipynb": None,
        "z.ipynb": None,
        "Thumbs.db": None,
        "한글.ipynb": None,
    }
    sources = [folder(tmp_path / "in", files), folder(tmp_path / "two", {"나.ipynb": None})]
    intake = take_in(sources, "attention", tmp_path, "canvas")
    said = intake.remarks + intake.doubts
    assert len(said) > 8
    korean = speaker("ko")
    for line in said:
        assert re.search("[가-힣]{2}", korean(line)) and korean(line) != str(line)
        assert set(ENGLISH.findall(korean(line))) <= {"canvas", "names"}, korean(line)


def test_names_that_the_terminal_has_no_letters_for_are_written_out(tmp_path, judges):
    write(tmp_path)
    folder(
        tmp_path / "in", {"김_doubling.ipynb": None, os.fsdecode(b"kim\xff_doubling.ipynb"): "x"}
    )
    arguments = ["--course", str(tmp_path), "grade", str(tmp_path / "in"), "-a", "doubling"]
    ran = CliRunner(charset="ascii").invoke(main, [*arguments, "-o", str(tmp_path / "out")])
    assert ran.exit_code == 3 and "\\uae40" in ran.output, ran.output
    assert r"not in UTF-8, so that ids lack letters: kim\xff_doubling.ipynb." in ran.output
