"""The roster says who is missing and who is unknown, and takes nobody for somebody else."""

from unicodedata import normalize

import pytest

from grader.csv_table import TableError
from grader.intake.roster import compare, read_groups, read_roster
from tests.support.words import words


def test_the_roster_tells_who_is_missing_and_who_is_unknown(tmp_path):
    path = tmp_path / "roster.csv"
    text = (
        "\ufeffName;ID;Section\r\nKim Minjun;4711;A\r\n이서연;4712;B\r\nKim Minjun;4711;A\r\n;;\r\n"
    )
    path.write_text(text, "utf-8")
    known, remarks = read_roster(path)
    assert words(remarks) == [f"{path}:4 repeats an earlier line: 4711"]
    assert known == {"4711": "Kim Minjun", "4712": "이서연"}
    assert words(compare(["4711", "9"], known)) == [
        "nothing submitted: 4712 이서연",
        "not in the roster: 9",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id\n1\n", ":1: these columns are missing: name"),
        ("id,name\n1,a\n1,b\n", ":3: 1 is there twice"),
        ("id,name\n7,a\n2.02612E+09,b\n", ":3: of the id 2.02612E.09 a spreadsheet has kept only"),
    ],
)
def test_a_roster_that_cannot_be_used_names_the_line(tmp_path, text, words):
    (tmp_path / "roster.csv").write_text(text)
    with pytest.raises(TableError, match=words):
        read_roster(tmp_path / "roster.csv")


def test_a_roster_may_say_who_is_in_which_group(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("id,name,Group\n1,Kim,17\n2,Lee,17\n3,Park,\n")
    assert read_groups(path) == {"1": "17", "2": "17"}
    path.write_text("id,name\n1,Kim\n")
    assert read_groups(path) == {}
    path.write_text("id,name,group\n1,Kim,17\n1,Kim,18\n")
    with pytest.raises(TableError, match=":3: 1 is there twice, as '17' and as '18'"):
        read_groups(path)


def test_a_line_without_an_id_is_named(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("id,name\n,Kim\n2,Lee\n,\n")
    roster, remarks = read_roster(path)
    assert roster == {"2": "Lee"} and words(remarks) == [f"{path}:2 has no id: Kim"]


@pytest.mark.parametrize(
    ("student", "known"),
    [
        ("García", normalize("NFD", "García")),
        ("kim@uni.example", "kim@uni.example"),
        ("kim@uni.example", "kim"),
        ("kim", "kim@uni.example"),
        ("kim_min", "kim min"),
        ("7~lee", "7"),
    ],
)
def test_the_same_person_is_found(tmp_path, student, known):
    (tmp_path / "roster.csv").write_text(f"id,name\n{known},\n", "utf-8")
    assert compare([student], read_roster(tmp_path / "roster.csv")[0]) == []


@pytest.mark.parametrize(
    ("students", "known"),
    [
        (["kim"], ["kim@a.example", "kim@b.example"]),
        (["kim@a.example"], ["kim@b.example"]),
        (["kim@a.example", "kim@b.example"], ["kim"]),
        (["kim.min"], ["kim_min"]),
    ],
)
def test_who_may_be_another_is_taken_for_nobody(students, known):
    lines = words(compare(students, dict.fromkeys(known, "")))
    assert len(lines) == len(students) + len(known)


@pytest.mark.parametrize(
    ("student", "known"), [("42", "0042"), ("0042", "42"), ("42.0", "42"), ("Kim", "kim")]
)
def test_a_near_miss_is_named_and_not_matched(student, known):
    assert words(compare([student], {known: ""})) == [
        f"nothing submitted: {known}",
        f"not in the roster: {student} (similar to {known}, which is)",
    ]
