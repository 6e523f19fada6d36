"""Tables of all spreadsheets are read, and none that we write holds a formula."""

import pytest

from grader.reports.spreadsheet import TableError, cell, rows, written


def test_cells_are_found_by_the_names_of_columns(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text('\ufeffName ;ID;Section\r\n"Kim; Minjun"; 4711;A\r\nLee\r\n', "utf-8")
    assert list(rows(path, ("id", "name"))) == [
        (f"{path}:2", {"id": "4711", "name": "Kim; Minjun"}),
        (f"{path}:3", {"id": "", "name": "Lee"}),
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ":1: there is no column id and no name; the first line must be id,name."),
        (b"id,title\n", ":1: there is no column name"),
        (b'id,name\n1,"a\n', ":2: this is no CSV"),
        ("id,name\n1,café\n".encode("latin-1"), "is not UTF-8: save it as"),
    ],
)
def test_a_table_that_cannot_be_used_names_the_line_and_the_remedy(tmp_path, data, words):
    path = tmp_path / "roster.csv"
    path.write_bytes(data)
    with pytest.raises(TableError) as refused:
        list(rows(path, ("id", "name")))
    assert words in str(refused.value)


def test_written_cells_are_no_formulas_and_none_is_empty():
    assert written([("a", None), ("=1", 'say "x", y')]) == 'a,\r\n\'=1,"say ""x"", y"\r\n'
    assert cell(-1) == "'-1" and cell(0.5) == "0.5"
