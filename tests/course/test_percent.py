"""Cells are read by jupytext, whose import does not wait for a grammar of internet addresses."""

import subprocess
import sys
from pathlib import Path

import pytest

from grader.course.percent import read_cell

ASKS = """
import sys
from grader.course.percent import ADDRESSES, read_cell
read_cell("# %% [markdown]\\n# Text.")
assert "jsonschema" in sys.modules
print(ADDRESSES in sys.modules, [m for m in sys.modules if m.startswith(ADDRESSES)])
import rfc3987_syntax
print("imported")
"""


def test_a_cell_comes_with_what_its_mark_says():
    cell = read_cell('# %% question="double"\n# %matplotlib inline\nx = 1')
    assert (cell.cell_type, cell.source) == ("code", "%matplotlib inline\nx = 1")
    assert cell.metadata.question == "double"


@pytest.mark.parametrize("text", ["# %% tags=3\nx = 1", "# %%\nx = 1\n# %%\ny = 2", ""])
def test_what_is_no_cell_is_a_value_error(text):
    with pytest.raises(ValueError):
        read_cell(text)


def test_the_grammar_is_not_compiled_but_can_be_imported_afterwards(tmp_path: Path):
    (tmp_path / "rfc3987_syntax.py").write_text("def is_valid_syntax(rule, text): return True")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}){ASKS}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False []", "imported"]
