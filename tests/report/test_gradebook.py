"""Scores go into the LMS's own table, and every other byte stays."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.csv_table import TableError
from grader.model.result import Status
from grader.model.standing import Override
from grader.report.gradebook import Filled, Gradebook
from tests.store.test_store import STANDING
from tests.support.standings import changed
from tests.support.words import words

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
OURS = changed(
    STANDING, results=(replace(STANDING.judgement.results[0], status=Status.GRADER_ERROR),)
)


def standings(**others):
    return {"4711": STANDING, **others}


def test_a_canvas_gradebook_changes_in_its_column_alone():
    book = Gradebook.read(CANVAS)
    assert book.fill(standings(), "ID", "Attention") == Filled()
    assert f"{book}" == CANVAS.replace('"A ""1""",,7.5', '"A ""1""",2,7.5')


def test_a_moodle_worksheet_is_found_by_participant_and_takes_comments():
    decided = changed(STANDING, overrides=(Override("two", 1.5, '=Say "why",\nplease'),))
    book = Gradebook.read(MOODLE)
    assert book.fill({"4711": decided}, "Identifier", "Grade", "Feedback comments") == Filled()
    filled = '"Submitted",3.5,100.00,"two: =Say ""why"",\nplease"\n'
    assert f"{book}" == MOODLE.replace('"Submitted",,100.00,\n', filled)


def test_participants_of_a_german_moodle_are_found_and_nobody_whose_id_only_ends_alike():
    book = Gradebook.read("Identifier,Grade\nTeilnehmer/in4711,\nlee4712,\n")
    filled = book.fill({"4711": STANDING, "4712": STANDING}, "Identifier", "Grade")
    assert f"{book}" == "Identifier,Grade\nTeilnehmer/in4711,2\nlee4712,\n"
    assert len(filled.left) == 1


def test_a_column_of_which_only_the_first_words_were_given_is_named():
    book = Gradebook.read("ID number,Attention: heads (99)\n4711,\n")
    assert words(book.fill(standings(), "ID", "Attention").remarks) == [
        "ID is read as the column 'ID number'",
        "Attention is read as the column 'Attention: heads (99)'",
    ]
    assert f"{book}".endswith("4711,2\n")


def test_a_comment_is_never_a_formula():
    book = Gradebook.read("id,grade,comments\n4711,,\n")
    book._put(1, 2, "=HYPERLINK(1)")
    assert f"{book}" == "id,grade,comments\n4711,,'=HYPERLINK(1)\n"


def test_who_has_no_row_or_no_score_is_listed_and_no_cell_becomes_a_zero():
    book = Gradebook.read(CANVAS)
    listed = book.fill({"4712": OURS, "nobody": STANDING}, "ID", "Attention")
    assert words(listed.left) == ["not in the table: nobody", "no score yet: 4712"]
    assert f"{book}" == CANVAS


def test_a_number_after_the_name_is_enough_if_all_ids_are_made_so_or_the_row_has_the_name():
    book = Gradebook.read(CANVAS)
    assert book.who(["kim_4711", "lee_4712"], 1) == {2: "kim_4711", 3: "lee_4712"}
    assert book.who(["kim_4711", "other_4711"], 1) == {}
    assert book.who(["kim_4711", "4711"], 1) == {2: "4711"}
    assert book.who(["kim_4711", "somebody"], 1) == {2: "kim_4711"}, "Kim, Minjun"
    assert book.who(["park_4711", "somebody"], 1) == {}
    assert book.who(["min_4711", "somebody"], 1) == {}, "Minjun is another name"
    filled = book.fill({"kim_4711": STANDING}, "ID", "Attention")
    assert words(filled.remarks) == ["found by the number in which their ids end: 1 (kim_4711)"]


PARK = 'Student,ID,SIS Login ID,Doubling\n"Park, Jun",42,park,\n"Lee, Seo",4712,lee42,\n'


@pytest.mark.parametrize("student", ["lee42", "lee-42", "042", "0042", "42a", "e42@x", "lee.42"])
def test_an_id_that_only_looks_like_a_rows_fills_nobodys_row(student):
    book = Gradebook.read(PARK)
    filled = book.fill({student: STANDING, "kim": STANDING}, "ID", "Doubling")
    assert f"{book}" == PARK
    said = f"not in the table: {student} (similar, and not filled in: '42' in row 2)"
    assert sorted(words(filled.left)) == sorted([said, "not in the table: kim"])


def test_the_exact_id_is_found_before_and_beside_a_similar_one():
    book = Gradebook.read(PARK)
    assert book.fill({"lee42": STANDING}, "SIS Login ID", "Doubling") == Filled()
    assert f"{book}" == PARK.replace("lee42,", "lee42,2")
    both = Gradebook.read("ID,Doubling\n0042,\n42,\n")
    assert both.who(["42", "0042"], 0) == {1: "0042", 2: "42"}


@pytest.mark.parametrize("written", ["4711.0", "4711.00", '="4711"', '"4711"', " 4711 ", "4711"])
def test_what_a_spreadsheet_makes_of_a_number_is_that_number(written):
    book = Gradebook.read(f"ID,Grade\n{written},\n")
    assert book.fill(standings(), "ID", "Grade") == Filled()
    assert f"{book}" == f"ID,Grade\n{written},2\n"


def test_a_row_that_is_repeated_exactly_is_filled_twice_and_named():
    book = Gradebook.read("ID,Attention\n4711,\n4711,\n")
    assert words(book.fill(standings(), "ID", "Attention").remarks) == ["row 3 repeats row 2: 4711"]
    assert f"{book}" == "ID,Attention\n4711,2\n4711,2\n"


HALF = changed(STANDING, overrides=(Override("two", 1.5),))


@pytest.mark.parametrize(
    ("table", "filled"),
    [
        ("ID;HW1;HW0\n4711;;7,50\n", "ID;HW1;HW0\n4711;3,5;7,50\n"),
        ("ID;HW1\nPoints;5,00\n4711;\n", "ID;HW1\nPoints;5,00\n4711;3,5\n"),
        ("ID\tHW1\tHW0\n4711\t\t7,5\n", "ID\tHW1\tHW0\n4711\t3,5\t7,5\n"),
        ('ID,HW1,HW0\n4711,,"7,5"\n', 'ID,HW1,HW0\n4711,"3,5","7,5"\n'),
        ('ID,HW1,HW0\n4711,,"1,000"\n', 'ID,HW1,HW0\n4711,3.5,"1,000"\n'),
        ("ID;HW1;HW0\n4711;;7.50\n", "ID;HW1;HW0\n4711;3.5;7.50\n"),
        ("ID,HW1\n4711,\n", "ID,HW1\n4711,3.5\n"),
        ('ID,HW1\n"4711",""\n', 'ID,HW1\n"4711","3.5"\n'),
    ],
)
def test_scores_are_written_with_the_tables_own_decimal_sign(table, filled):
    book = Gradebook.read(table)
    book.fill({"4711": HALF}, "ID", "HW1")
    assert f"{book}" == filled


def test_a_line_that_names_the_separator_stays_and_counts():
    for line in ("sep=;\r\n", "\ufeffsep=;\r\n", '"sep=;"\n'):
        table = f"{line}Name, first;ID;Grade\r\nKim, Min;4711;\r\n"
        book = Gradebook.read(table)
        assert book.fill(standings(), "ID", "Grade") == Filled()
        assert f"{book}" == table.replace("4711;", "4711;2")


@pytest.mark.parametrize("separator", "\u2028\u2029\x0b\x0c\x85\x1c")
def test_no_separator_but_a_lines_end_makes_a_row(separator):
    table = f"Name,ID,Grade\nKim{separator}Min,4711,\n"
    book = Gradebook.read(table)
    book.fill(standings(), "ID", "Grade")
    assert f"{book}" == table.replace("4711,", "4711,2")


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        (CANVAS, "Homework", "no column is called 'Homework'; there are 'Student', 'ID'"),
        (CANVAS.replace("LSTM", "Attention"), "Attention", "more than one column is called"),
        (MOODLE.replace("Identifier", "ID"), "Grad", "no column is called 'Grad'"),
        ("", "Attention", "no column"),
        ('a,ID,Attention\n"open,4711,\n', "Attention", "line 2 is not valid CSV"),
        (
            "ID,Attention\n4711,\n4711,3\n",
            "Attention",
            "4711 has more than one row, and they differ: 2 and 3",
        ),
    ],
)
def test_a_table_that_cannot_be_used_says_why(text, column, words):
    with pytest.raises(TableError) as refused:
        Gradebook.read(text).fill(standings(), "ID", column)
    assert words in str(refused.value)


cells = st.one_of(
    st.text("ab 1;=-'é√", max_size=5),
    st.text('ab,"\n\r;', max_size=5).map(lambda s: '"' + s.replace('"', '""') + '"'),
)
tables = st.lists(st.lists(cells, min_size=1, max_size=4), min_size=1, max_size=4)


@settings(deadline=None)
@given(tables, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_a_table_that_is_not_filled_is_the_same_byte_for_byte(rows, end, closed, mark):
    text = "\ufeff" * mark + "id,grade" + end
    text += end.join(",".join(row) for row in rows) + end * closed
    assert f"{Gradebook.read(text)}" == text
