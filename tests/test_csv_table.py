"""Tables of all spreadsheets are read, and none that we write holds a formula."""

import pytest

from grader.csv_table import TableError, cell, decode, rows, written


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
        (b"", ":1: these columns are missing: id, name; the first line must be id,name."),
        (b"id,title\n", ":1: these columns are missing: name"),
        (b'id,name\n1,"a\n', ":2: this is not a valid CSV file"),
        ("id,name\n1,café\n".encode("latin-1"), "is not UTF-8: save it as"),
        ("id,name\n1,Müller\n2,O’Neill\n".encode("cp1252"), "is not UTF-8: save it as"),
        ("id,name\n1,鈴木さん\n".encode("shift_jis"), "is not UTF-8: save it as"),
        (b"id,name\n1,Kim, Minjun\n", ":2: this line has more cells than the first one has"),
        (b"id,name,ID\n1,Kim,2\n", ":1: more than one column is called 'id'."),
        (b"PK\x03\x04 a workbook", "is a workbook, not text: save it as"),
    ],
)
def test_a_table_that_cannot_be_used_names_the_line_and_the_remedy(tmp_path, data, words):
    path = tmp_path / "roster.csv"
    path.write_bytes(data)
    with pytest.raises(TableError) as refused:
        list(rows(path, ("id", "name")))
    assert words in str(refused.value)


def test_rows_without_a_cell_are_none_and_a_column_that_may_be_missing_is_empty(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("id,name,x,x\n,,,\n1,Kim,2,3\n\n , ,,\n")
    assert list(rows(path, ("id",), ("due",))) == [(f"{path}:3", {"id": "1", "due": ""})]
    with pytest.raises(TableError, match="more than one column is called 'x'"):
        list(rows(path, ("id",), ("x",)))


def test_cells_without_a_name_are_left_out_and_none_moves(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("id,name,,\n1,Kim,,was ill\n2,Lee,,,,\n")
    assert [row for _, row in rows(path, ("id", "name"))] == [
        {"id": "1", "name": "Kim"}, {"id": "2", "name": "Lee"},
    ]  # fmt: skip


def test_rare_letters_of_korean_are_read_among_others(tmp_path):
    data = "id,name,반\n1,김뷁민,A반\n2,남궁서연,1반\n3,Lee 이,2반\n".encode("cp949")
    assert decode(data) == (data.decode("cp949"), "cp949")


def test_written_cells_are_no_formulas_and_none_is_empty():
    assert written([("a", None), ("=1", 'say "x", y')]) == 'a,\r\n\'=1,"say ""x"", y"\r\n'
    assert cell("-1") == "'-1" and cell(-1) == "-1" and cell(0.5) == "0.5"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp949"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("opening", ["", "sep={}\r\n"])
def test_tables_are_read_as_spreadsheets_of_all_kinds_write_them(
    tmp_path, encoding, delimiter, opening
):
    lines = ["id,name", "0042,김민준", "4711,Lee", ""]
    text = opening.format(delimiter) + "\r\n".join(lines).replace(",", delimiter)
    data = text.encode(encoding)
    (tmp_path / "roster.csv").write_bytes(data)
    assert [row for _, row in rows(tmp_path / "roster.csv", ("id", "name"))] == [
        {"id": "0042", "name": "김민준"}, {"id": "4711", "name": "Lee"},
    ]  # fmt: skip
    decoded, found = decode(data)
    assert decoded.encode(found) == data


@pytest.mark.parametrize("separator", "\u2028\u2029\x0b\x0c\x85\x1c\x1d\x1e")
def test_only_the_end_of_a_line_makes_a_row(tmp_path, separator):
    path = tmp_path / "roster.csv"
    path.write_text(f"id,name\nkim,Kim{separator}Min\nlee,Lee\n", "utf-8")
    found = [(place.rpartition(":")[2], row["id"]) for place, row in rows(path, ("id", "name"))]
    assert found == [("2", "kim"), ("3", "lee")]


def test_the_separator_is_the_one_that_gives_the_columns(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text('"id";"name, first; last, other"\n1;a\n')
    assert [row for _, row in rows(path, ("id",))] == [{"id": "1"}]
    path.write_text('sep=;\nid;name\n1;"open\n')
    with pytest.raises(TableError, match=r":3: this is not a valid CSV file"):
        list(rows(path, ("id", "name")))
