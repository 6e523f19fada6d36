"""Bytes in, code cells out: every file is either read or refused with a sentence."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.sandbox.guest.notebook.read import MOST_CODE, Unreadable, read


def notebook(*sources: str | list[str]) -> bytes:
    cells = [
        {"cell_type": "code", "source": s, "outputs": [], "metadata": {}, "execution_count": None}
        for s in sources
    ]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1).encode()


def sources(data: bytes) -> list[str]:
    return [cell.source for cell in read(data)]


def refusal(data: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        read(data)
    return str(refused.value)


def with_cells(cells: Sequence[object], **more: object) -> bytes:
    return json.dumps({"cells": cells, **more}).encode()


CODE = {"cell_type": "code", "source": "x = 1"}
TEXT = {"cell_type": "markdown", "source": "# Title\nclass A: pass"}


def test_source_may_be_a_string_or_a_list_of_lines():
    assert sources(notebook("x = 1\ny = 2", ["x = 1\n", "y = 2"])) == ["x = 1\ny = 2"] * 2


def test_cells_are_counted_among_the_code_cells():
    empty = {"cell_type": "code", "source": ""}
    cells = read(with_cells([TEXT, CODE, {"cell_type": "raw", "source": "z"}, empty, TEXT, CODE]))
    assert [cell.name for cell in cells if cell.source] == ["code cell 1", "code cell 3"]


def test_nbformat_3_keeps_its_cells_in_worksheets():
    sheets = [{"cells": [{"cell_type": "code", "input": ["a = 1\n", "b = 2"]}]}]
    sheets.append({"cells": [TEXT | {"input": "no"}, {"cell_type": "code", "input": "c = 3"}]})
    data = json.dumps({"nbformat": 3, "worksheets": sheets}).encode()
    assert sources(data) == ["a = 1\nb = 2", "c = 3"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_are_read(encoding: str):
    data = notebook("name = '김철수'").decode().encode(encoding)
    assert sources(data) == ["name = '김철수'"]
    assert sources("x = '김'\n".encode(encoding)) == ["x = '김'\n"]


def test_windows_and_old_mac_line_ends_become_line_feeds():
    assert sources(notebook("a = 1\r\nb = 2\rc = 3")) == ["a = 1\nb = 2\nc = 3"]


def test_half_a_surrogate_pair_is_replaced_and_a_pair_joined():
    data = rb'{"cells": [{"cell_type": "code", "source": "a = \"\ud83d\" + \"\ud83d\ude00\""}]}'
    assert sources(data) == ['a = "\ufffd" + "😀"']


def test_a_nul_is_replaced():
    assert sources(notebook("a = 1\x00")) == ["a = 1\ufffd"]


def test_metadata_outputs_and_kernel_play_no_part():
    cell = CODE | {"metadata": {"tags": ["remove"]}, "outputs": "junk", "execution_count": "?"}
    data = with_cells([cell, 5, None, {"cell_type": "code", "source": 5}], metadata=[], nbformat="")
    assert sources(data) == ["x = 1", ""]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04\x14\x00", "zip archive"),
        (b"\x1f\x8b\x08\x00", "archive"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image"),
        (b"{\\rtf1\\ansi hello}", "RTF"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"\n  <html><body>Sign in</body></html>", "web page"),
        (b"\x00\x01\x02\x03\xff\xfe", "not text"),
        (b"\x00" * 100, "not text"),
        (b"abc\xff\xfe\xfd", "not text"),
        (b"x = 1\x01\x02", "not text"),
        (b"[1, 2, 3]", "not a notebook"),
        (b'{"a": 1}', "not a notebook"),
        (b'{"cells": {"a": 1}}', "not a notebook"),
        (b'{"worksheets": [[]]}', "not a notebook"),
        (b'"text"', "not a notebook"),
        (b"12", "not a notebook"),
        (b"null", "not a notebook"),
        (b'{"cells": []}', "no code"),
        (with_cells([{"cell_type": "markdown", "source": "A class of its own: mine"}]), "no code"),
        (with_cells([TEXT, TEXT]), "stands in cells of text"),
        (with_cells([{"cell_type": "raw", "source": ["def f(x):\n", " pass"]}]), "cells of text"),
        (with_cells([{"cell_type": "code", "source": "  \n"}]), "no code"),
        (b"# only\n# comments\n", "no code"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"cells": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"cells": [' + b"1" * 5000 + b"]}", "damaged"),
        (notebook("x = 1")[:-30], "cut off"),
        (b"{'cells': []}", "damaged"),
    ],
)
def test_what_is_no_notebook_is_named(data: bytes, says: str):
    assert says in refusal(data)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"<html>", b"{", b"[]", b"\x00"])
def test_every_refusal_says_what_to_do(data: bytes):
    assert "submit" in refusal(data)


def test_merge_conflicts_are_called_so():
    sides = "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> main\n"
    inside = notebook("x = 1").replace(b'   "source"', sides.encode() + b'   "source"')
    assert "merge conflict" in refusal(inside)
    assert "merge conflict" in refusal(sides.encode())


def test_a_string_that_looks_like_a_conflict_is_none():
    assert sources(notebook("s = '''\n<<<<<<< HEAD\n'''")) == ["s = '''\n<<<<<<< HEAD\n'''"]


def test_too_much_code_is_refused_and_large_outputs_are_not():
    assert f"{MOST_CODE:,}" in refusal(notebook("x = 1\n" * MOST_CODE))
    outputs = [{"data": {"image/png": "A" * 4 * MOST_CODE}}]
    assert sources(with_cells([CODE | {"outputs": outputs}])) == ["x = 1"]


def test_a_plain_script_is_one_cell():
    assert sources(b"import torch\n\nclass A:\n    pass\n") == [
        "import torch\n\nclass A:\n    pass\n"
    ]


def test_a_percent_script_is_split_at_its_cell_lines():
    script = b"""# ---
# jupyter: {}
# ---

# %% [markdown]
# # Title

# %%
import torch

# %% question="Net" tags=["a"]
class Net:
    pass
#%%
x = '''
# %%time is no cell line
'''
"""
    assert sources(script) == [
        "import torch\n\n",
        "class Net:\n    pass\n",
        "x = '''\n# %%time is no cell line\n'''\n",
    ]


def test_code_before_the_first_cell_line_is_a_cell():
    assert sources(b"import torch\n# %%\nx = 1\n") == ["import torch\n", "x = 1\n"]


def test_an_nbconvert_export_is_turned_back_into_cells():
    script = rb"""#!/usr/bin/env python
# coding: utf-8

# # Title

# In[1]:


import torch
get_ipython().run_line_magic('matplotlib', 'inline')


# In[ ]:


get_ipython().run_cell_magic('time', '', 'class A:\n    x = 1\n')

"""
    assert sources(script) == [
        "import torch\nget_ipython().run_line_magic('matplotlib', 'inline')\n\n\n",
        "%%time \nclass A:\n    x = 1\n",
    ]


def test_a_cell_magic_written_by_hand_stays():
    script = b"get_ipython().run_cell_magic('time', '', body)"
    assert sources(b"# %%\n" + script) == [script.decode()]


def test_a_cell_that_colab_has_commented_out_comes_back():
    script = b'''# -*- coding: utf-8 -*-
"""Homework.ipynb

Automatically generated by Colab.
"""

# Commented out IPython magic to ensure Python compatibility.
# %%time
# class A:
#     # inner
#
#     x = 1

# Commented out IPython magic to ensure Python compatibility.
# %matplotlib inline
# class B: pass

# Commented out IPython magic to ensure Python compatibility.
# %%bash
# class C
'''
    (source,) = sources(script)
    assert "\nclass A:\n    # inner\n\n    x = 1\n\n" in source
    assert "\n# class B: pass\n" in source
    assert "\n# class C\n" in source
    assert source.count("\n") == script.count(b"\n"), "line numbers stay"


def is_read_or_refused(data: bytes) -> None:
    try:
        assert all(isinstance(cell.source, str) for cell in read(data))
    except Unreadable as refused:
        assert str(refused)


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes):
    is_read_or_refused(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cells", "worksheets", "cell_type", "source", "input", "code"]), inner
        )
    ),
    max_leaves=20,
)


@given(json_values)
@settings(max_examples=200, deadline=None)
def test_any_json_is_read_or_refused(value: object):
    is_read_or_refused(json.dumps(value).encode())


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(text: str):
    is_read_or_refused(text.encode())


def test_a_notebook_cut_off_anywhere_is_refused():
    data = notebook("import torch\n", ["class A:\n", "    name = '김'\n"]).strip()
    for length in range(len(data)):
        assert refusal(data[:length])


def test_a_notebook_with_any_byte_changed_is_read_or_refused():
    data = notebook("x = '김'")
    for place in range(len(data)):
        for byte in (b"\x00", b"\xff", b"{", b'"', b"\\"):
            is_read_or_refused(data[:place] + byte + data[place + 1 :])
