"""A graded name that stands in a cell of text, or in a file that nobody imports, is found there."""

import json

import pytest

from grader.sandbox.guest.notebook.elsewhere import elsewhere
from grader.sandbox.guest.notebook.read import read
from tests.support.odd_files import code, notebook, text

DOUBLE = "Words.\n\ndef double(x):\n    return 2 * x\n"


def found(*cells, missing=("double", "halve")):
    data = json.dumps(notebook(*cells)).encode()
    return [str(note) for note in elsewhere(data, read(data), missing)]


@pytest.mark.parametrize("cell", [text(DOUBLE), text(DOUBLE) | {"cell_type": "raw"}])
def test_a_name_in_a_cell_of_text_is_found(cell):
    said = "`double` stands in a cell of text, which is not run: make it a cell of code (in "
    assert found(code("x = 1"), cell, cell) == [f"{said}Jupyter: Esc, then Y)"]


def test_a_name_in_a_file_that_a_cell_writes_is_found():
    written = "%%writefile -a answers.py\nclass halve: pass\n"
    assert found(code("x = 1"), code(written)) == [
        "code cell 2 writes `halve` into the file answers.py, and nothing imports it from there: "
        "take the line that begins with %% away"
    ]


def test_names_that_are_there_or_only_mentioned_are_not():
    cells = code("x = 1"), text("Write `def doubles(x)` and double, as in def halve.")
    assert found(*cells) == found(*cells, text(DOUBLE), missing=()) == []


@pytest.mark.parametrize("data", [b"[]", b"{}", b'{"cells": [5, {"cell_type": "raw"}]}', b"\xff"])
def test_what_is_no_notebook_has_no_such_cells(data):
    assert elsewhere(data, [], ["double"]) == []
