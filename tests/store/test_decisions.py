"""A table of decisions counts whole or not at all, and its mistakes are named by their line."""

from pathlib import Path

import pytest

from grader.csv_table import TableError
from grader.model.standing import Override
from grader.store.decisions import read
from tests.store.test_store import STANDING
from tests.support.standings import changed
from tests.support.words import words

KNOWN = {"kim": STANDING}
HEADER = "id,question,points,comment\n"


def decisions(folder: Path, text: str | bytes) -> list[tuple[str, Override]]:
    path = folder / "decisions.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    found, remarks = read(path, KNOWN)
    assert remarks == []
    return found


def test_points_comments_and_liftings_are_read(tmp_path):
    text = HEADER + 'kim,one,1.50,"Nearly, but\nnot quite."\nkim,two,,\n'
    assert decisions(tmp_path, text) == [
        ("kim", Override("one", 1.5, "Nearly, but\nnot quite.")),
        ("kim", Override("two")),
    ]


def test_a_decimal_comma_behind_a_zero_is_one_of_decimals(tmp_path):
    assert decisions(tmp_path, HEADER + 'kim,one,"0,500",\n') == [("kim", Override("one", 0.5))]


def test_spreadsheets_of_all_countries_are_read(tmp_path):
    text = "\ufeffComment;ID;Points;Question;Other\r\nGut; kim ;0,5;one;x\r\n"
    assert decisions(tmp_path, text) == [("kim", Override("one", 0.5, "Gut"))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ":1: these columns are missing: id, question, points, comment"),
        ("id,points,comment\n", ":1: these columns are missing: question"),
        (HEADER + "kim,one,1,\nlee,one,1,\n", ":3: there is no judged submission of 'lee'"),
        (HEADER + "kim,three,1,\n", ":2: there is no question 'three'; there are one, two"),
        (HEADER + "kim,one,two,\n", ":2: points cannot be 'two'; they are a number such as 2.5"),
        (HEADER + "kim,one,1_0,\n", ":2: points cannot be '1_0'; they are a number such as 2.5"),
        (
            HEADER + 'kim,one,"1,000",\n',
            ":2: points cannot be '1,000', which is a thousand to some",
        ),
        (HEADER + 'kim,one,"1,000.5",\n', "write them without a comma"),
        (HEADER + "kim,one,-1,\n", ":2: points cannot be -1"),
        (HEADER + "kim,one,nan,\n", ":2: points cannot be nan"),
        (HEADER + "kim,one,20,\n", ":2: one is worth 2 points, so 20 is too many"),
        (HEADER + "kim,one,1,\nkim,one,2,\n", ":3: there is another second line on one of kim"),
        (HEADER + "k1m,one,1,\n", ":2: there is no judged submission of 'k1m'."),
        (HEADER + "KI.M,one,1,\n", "'KI.M'; similar, and perhaps somebody else: kim."),
        (HEADER + 'kim,one,1,"open\n', ":2: this is not a valid CSV file"),
        (HEADER + "kim,one\n", None),
        ("id,question,points,comment\nkim,one,1,caf\u00e9\n".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path, text, words):
    if words is None:  # a short line has empty cells
        assert decisions(tmp_path, text) == [("kim", Override("one"))]
        return
    with pytest.raises(TableError) as refused:
        decisions(tmp_path, text)
    assert words in str(refused.value)


def test_hours_after_the_deadline_can_be_excused_as_far_as_there_are_any(tmp_path):
    late = {"kim": changed(STANDING, hours_late=5.0)}
    path = tmp_path / "decisions.csv"
    path.write_text(HEADER + "kim,(late),0,was ill\n")
    assert read(path, late) == ([("kim", Override("(late)", 0, "was ill"))], [])
    with pytest.raises(TableError, match="kim was 0 hours late"):
        path.write_text(HEADER + "kim,(late),1,\n")
        read(path, KNOWN)


def test_points_of_the_submission_are_added_or_taken_up_to_what_it_is_worth(tmp_path):
    path = tmp_path / "decisions.csv"
    for points in ("1,5", "-5"):
        path.write_text(f'{HEADER}kim,(submission),"{points}",Tidy.\n')
        ((_, made),), _ = read(path, KNOWN)
        assert made == Override("(submission)", float(points.replace(",", ".")), "Tidy.")
    for points in ("5.5", "-6"):
        path.write_text(f"{HEADER}kim,(submission),{points},\n")
        with pytest.raises(TableError, match=f"worth 5 points, so {points} is too many to add"):
            read(path, KNOWN)


def test_a_line_that_is_repeated_exactly_counts_once_and_is_named(tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_text(HEADER + "kim,one,1,\nkim,two,1,\nkim,one,1,\n")
    found, remarks = read(path, KNOWN)
    assert found == [("kim", Override("one", 1)), ("kim", Override("two", 1))]
    assert words(remarks) == [f"{path}:4 repeats an earlier line: kim, one"]
