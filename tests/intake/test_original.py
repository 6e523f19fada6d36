"""What programs add to the name of a file is none of it."""

import pytest

from grader.intake.original import original, stem


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("hw.ipynb", "hw"), ("hw (1).ipynb", "hw (1)"), ("hw.ipynb.ipynb", "hw"),
        ("hw.ipynb.txt.txt", "hw"), ("hw.ipynb (1).txt", "hw"), ("hw.py.txt", "hw"),
        ("hw .IPYNB", "hw"), ("hw..ipynb", "hw"), ("hw.ipynb.zip", "hw"), ("hw.pdf", "hw"),
        ("hw", "hw"), ("kim.12.ipynb", "kim.12"), ("kim.py.min.ipynb", "kim.py.min"),
        (".ipynb", ".ipynb"), ("....ipynb", "..."),
    ],
)  # fmt: skip
def test_suffixes_go_however_many_there_are(name, found):
    assert stem(name) == found


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("hw", 0), ("hw (3)", 3), ("hw(1)", 1), ("hw-1", 1), ("hw~2", 2), ("hw 2", 2),
        ("hw-Copy1", 1), ("hw copy", 1), ("hw copy 2", 2), ("hw - Copy", 1), ("hw - Copy (4)", 4),
        ("hw (copy)", 1), ("hw (another copy)", 1), ("hw (3rd copy)", 1), ("hw - Kopie", 1),
        ("hw - 복사본", 1), ("hw - 복사본 (2)", 2), ("hw의 사본", 1), ("hwのコピー", 1),
        ("hw - 副本", 1), ("Copy of hw", 1), ("Copy of Copy of hw", 1), ("Kopie von hw (2)", 1),
    ],
)  # fmt: skip
def test_marks_of_copies_go_and_their_number_is_known(name, number):
    assert original(name) == ("hw", number)


@pytest.mark.parametrize("name", ["mycopy", "copy", "(1)", "kim_2", "kim 20", "copycat", ""])
def test_what_is_no_mark_stays(name):
    assert original(name) == (name, 0)
