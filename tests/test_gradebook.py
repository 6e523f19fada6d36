"""Scores go into the LMS's own table, and every other byte stays."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.reports.gradebook import Gradebook
from grader.reports.spreadsheet import TableError
from grader.verdict import Override, Status
from tests.test_store import REPORT

CANVAS = (
    "\ufeffStudent,ID,SIS Login ID,Section,Attention (99),LSTM (100),Final Score\r\n"
    '    Points Possible,,,,10,"12",(read only)\r\n'
    '"Kim, Minjun",4711,kim@x,"A ""1""",,7.5,=1+1\r\n'
    "Lee,4712,lee@x,A,3,,\r\n"
    "Student, Test,,A,,,\r\n"
)
MOODLE = (
    'Identifier,"Full name",Status,Grade,"Maximum Grade","Feedback comments"\n'
    '"Participant 4711","Kim Minjun","Submitted",,100.00,\n'
    '"Participant 4712","이서연","No submission",50.00,100.00,"Old"'
)
OURS = replace(REPORT, results=(replace(REPORT.results[0], status=Status.GRADER_ERROR),))


def reports(**others):
    return {"4711": REPORT, **others}


def test_a_canvas_gradebook_changes_in_its_column_alone():
    book = Gradebook.read(CANVAS)
    assert book.fill(reports(), "ID", "Attention") == []
    assert f"{book}" == CANVAS.replace('"A ""1""",,7.5', '"A ""1""",2,7.5')


def test_a_moodle_worksheet_is_found_by_participant_and_takes_comments():
    decided = replace(REPORT, overrides=(Override("two", 1.5, '=Say "why",\nplease'),))
    book = Gradebook.read(MOODLE)
    assert book.fill({"4711": decided}, "Identifier", "Grade", "Feedback comments") == []
    filled = '"Submitted",3.5,100.00,"two: =Say ""why"",\nplease"\n'
    assert f"{book}" == MOODLE.replace('"Submitted",,100.00,\n', filled)


def test_a_comment_is_never_a_formula():
    book = Gradebook.read("id,grade,comments\n4711,,\n")
    book._put(1, 2, "=HYPERLINK(1)")
    assert f"{book}" == "id,grade,comments\n4711,,'=HYPERLINK(1)\n"


def test_who_has_no_row_or_no_score_is_listed_and_no_cell_becomes_a_zero():
    book = Gradebook.read(CANVAS)
    listed = book.fill({"4712": OURS, "nobody": REPORT}, "ID", "Attention")
    assert listed == ["not in the table: nobody", "no score yet: 4712"]
    assert f"{book}" == CANVAS


def test_a_number_at_the_end_of_an_id_is_enough_if_it_is_nobody_elses():
    book = Gradebook.read(CANVAS)
    assert book.who(["kim_4711", "lee_4712"], 1) == {2: "kim_4711", 3: "lee_4712"}
    assert book.who(["kim_4711", "other_4711"], 1) == {}
    assert book.who(["kim_4711", "4711"], 1) == {2: "4711"}


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        (CANVAS, "Homework", "no column is called 'Homework'; there are 'Student', 'ID'"),
        (CANVAS, "S", "more than one column is called 'S'"),
        ("", "Attention", "no column"),
        ('a,ID,Attention\n"open,4711,\n', "Attention", "line 2 is no CSV"),
        ("ID,Attention\n4711,\n4711,\n", "Attention", "4711 has more than one row"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(text, column, words):
    with pytest.raises(TableError) as refused:
        Gradebook.read(text).fill(reports(), "ID", column)
    assert words in str(refused.value)


cells = st.one_of(
    st.text("ab 1;=-'é√", max_size=5),
    st.text('ab,"\n\r;', max_size=5).map(lambda s: '"' + s.replace('"', '""') + '"'),
)
tables = st.lists(st.lists(cells, min_size=1, max_size=4), min_size=1, max_size=4)


@given(tables, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_a_table_that_is_not_filled_is_the_same_byte_for_byte(rows, end, closed, mark):
    text = "\ufeff" * mark + "id,grade" + end
    text += end.join(",".join(row) for row in rows) + end * closed
    assert f"{Gradebook.read(text)}" == text
