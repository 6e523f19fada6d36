"""An id in a table is a student's to the letter, and what only looks so is named."""

import pytest

from grader.intake.ids import Ids


@pytest.mark.parametrize(
    ("student", "cell"),
    [
        ("4711", "4711.0"), ("4711", "4711,00"), ("0042", '="0042"'), ("kim", " KIM "),
        ("García", "Garci\u0301a"), ("kim_min", "kim min"), ("kim@x.example", "kim@x.example"),
    ],
)  # fmt: skip
def test_the_same_id_is_found(student, cell):
    assert Ids([student, "other"]).same(cell) == student
    assert Ids([student]).alike(cell) == []


@pytest.mark.parametrize(
    ("student", "cell"),
    [
        ("0042", "42"), ("42", "0042"), ("42", "lee42"), ("lee42", "42"), 
        ("kim", "k\u200bim."), ("kim", "ｋｉｍ"), ("kim.min", "kim_min"), ("kim", "kim@x.example"),
    ],
)  # fmt: skip
def test_what_only_looks_the_same_is_named_and_not_taken(student, cell):
    known = Ids([student])
    assert known.same(cell) is None
    assert known.alike(cell) == [student]


def test_an_empty_cell_is_nobody():
    known = Ids(["kim", "42"])
    assert known.same("") is None and known.alike("  ") == []
