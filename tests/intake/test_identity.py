"""Different ids stay different, equal ones stay equal, and every one is safe as a folder's name."""

import os
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.intake.choice import File
from grader.intake.identity import apart, looks, safe, same
from grader.intake.people import people, share
from grader.intake.platform import Claim
from tests.support.words import words

text = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=90)


@pytest.mark.parametrize(
    "raw", ["kim.min@uni.example", "kim_min", "0042", "이서연", "a+b@c", "Kim-7"]
)
def test_an_id_that_is_safe_stays_as_it_is(raw):
    assert safe(raw) == raw


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("../../etc", "etc"), (".hidden", "hidden"), ("a/b", "a_b"), ("=cmd()", "cmd"),
        ("a\u200bb\u3164", "ab"), ("\u202ea", "a"), (normalize("NFD", "García"), "García"),
        ("x" * 300, "x" * 64), ("Report.html", "Report_html"), ("grades.csv.", "grades_csv"),
        ("grades.sqlite-wal", "grades_sqlite-wal"), ("grades", "grades"), ("report.", "report"),
    ],
)  # fmt: skip
def test_an_id_is_made_safe(raw, name):
    assert safe(raw) == name


@settings(deadline=None)
@given(text)
def test_every_id_is_safe_as_the_name_of_a_folder(raw):
    name = safe(raw)
    assert 0 < len(os.fsencode(name)) <= 255 and not set(name) & {"/", "\0", "~"}
    assert name not in (".", "..") and not name.startswith((".", "-", "@", "+", "="))


@pytest.mark.parametrize(
    "raw",
    [
        "kim\u200b",
        "kim\u3164",
        "\u200ekim",
        "Kim",
        "ｋｉｍ",
        "k\u00adim",
        "kim\ufe0f",
        "kіm",
        "κiм",
    ],
)
def test_ids_that_look_alike_are_seen_as_that_and_are_not_the_same(raw):
    assert looks(raw) == looks("kim") and same(raw) != "kim"


def claimed(*claims: Claim):
    return people(File(None, f"{n}", claim) for n, claim in enumerate(claims))


@settings(deadline=None)
@given(st.lists(text.filter(lambda raw: raw.strip()), min_size=1, max_size=6))
def test_ids_never_merge_and_nobody_is_dropped(ids):
    found = claimed(*(Claim(raw, "the same") for raw in ids))
    groups = {student: {same(f.claim.id) for f in files} for student, files in found.files.items()}
    assert all(len(group) == 1 for group in groups.values())
    assert len({s.casefold() for s in groups}) == len({same(raw) for raw in ids})
    assert sum(map(len, found.files.values())) == len(ids)


@pytest.mark.parametrize("other", ["kim\u3164", "Kim", "ｋｉｍ"])
def test_ids_that_look_alike_go_to_a_person(other):
    found = claimed(Claim("kim"), Claim(other))
    assert len(found.files) == 2 and len(words(found.doubts)) == 1


def test_equal_ids_are_one_whatever_their_form():
    found = claimed(Claim("García"), Claim(normalize("NFD", "García")), Claim(" García"))
    assert [*found.files] == ["García"] and words(found.doubts) == []


def test_two_names_of_one_id_are_two_people():
    found = claimed(Claim("7", "Kim M"), Claim("7", "kimm"), Claim("7", "Lee"), Claim("8", "Lee"))
    assert {s: len(files) for s, files in found.files.items()} == {"7~kimm": 2, "7~lee": 1, "8": 1}
    assert words(found.doubts) == ["2 claim the id 7, so each has one of their own here: 0, 2"]


def test_who_cannot_be_told_apart_by_a_label_is_by_a_hash():
    one, other = apart("kim", ["a\u200b", "a"])
    assert one != other and one.startswith("kim~") and len(one) == len("kim~") + 12


def test_what_a_group_hands_in_counts_for_those_who_have_nothing_of_their_own():
    found = claimed(Claim("17", "Team A"), Claim("1"), Claim("5"), Claim("5"), Claim("9"))
    groups = {"1": "17", "2": "17", "3": "17", "4": "B", "5": "B", "6": "C"}
    remarks = words(share(found, groups))
    shown = {student: [file.shown for file in files] for student, files in found.files.items()}
    assert shown == {
        "1": ["1"], "2": ["0"], "3": ["0"], "4": ["2", "3"], "5": ["2", "3"], "9": ["4"],
    }  # fmt: skip
    assert remarks == [
        "what the group 17 has submitted counts for 2, 3",
        "what the group B has submitted counts for 4",
    ]
