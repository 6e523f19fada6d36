"""Plain cells of a py:percent file are read as jupytext reads them, which reads all others."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.course.cell import MARK
from grader.course.percent import read_cell, read_odd, read_plain

ROOT = Path(__file__).parents[2]
SOLUTIONS = sorted((ROOT / "solutions").glob("*.py"))
ASKS = """
import sys
from grader.course.notebook_format import ADDRESSES
from grader.course.percent import read_cell
read_cell("# %% [markdown]\\n# !Text.")
assert "jsonschema" in sys.modules
print(ADDRESSES in sys.modules, [m for m in sys.modules if m.startswith(ADDRESSES)])
import rfc3987_syntax
print("imported")
"""
LINES = st.sampled_from((
    "", " ", "x = 1", "    return x", "# a remark", "#", "#a", "'''", "# %matplotlib inline",
    "%%time", "!ls", "# !ls", "y = !ls", "# ?x", "x?", "# ls", "ls = 3", "# + a", "+ 1", "x != 1",
    "x % 2", "\f", "# %% a mark", "# ```", "cd ..", "# Why?", "# Is it so?", "#%%",
    "a\u2028b", '"""%s"""',
))  # fmt: skip
MARKS = st.sampled_from((
    "# %%", "# %% [markdown]", '# %% question="f"', '# %% tags=["check"]', "# %% [md]", "# %%time",
    '# %% question="f" tags=["check"]', '# %% tags=["check", "slow"]', '# %% tags=["active-ipynb"]',
    "# %% A title", "  # %%", "#%%", '# %% question=""', "# %% ", "# %% [raw]",
))  # fmt: skip


def cells(path: Path) -> list[str]:
    lines = path.read_text("utf-8").split("\n")
    marks = [number for number, line in enumerate(lines) if MARK.match(line)]
    return ["\n".join(lines[start:end]) for start, end in pairwise([*marks, len(lines)])]


def by_jupytext(text: str) -> tuple[object, ...]:
    cell = read_odd(text)
    metadata = {k: v for k, v in cell.metadata.items() if k != "lines_to_next_cell"}
    return cell.cell_type, cell.source, metadata


def test_a_cell_comes_with_what_its_mark_says():
    cell = read_cell('# %% question="double"\n# %matplotlib inline\nx = 1')
    assert (cell.cell_type, cell.source) == ("code", "%matplotlib inline\nx = 1")
    assert cell.metadata == {"question": "double"}


@pytest.mark.parametrize("text", ["# %% tags=3\nx = 1", "# %%\nx = 1\n# %%\ny = 2", ""])
def test_what_is_no_cell_is_a_value_error(text):
    with pytest.raises(ValueError):
        read_cell(text)


@settings(deadline=None)
@given(MARKS, st.lists(LINES, max_size=6))
def test_what_is_plain_is_read_as_jupytext_reads_it(mark, lines):
    text = "\n".join([mark, *lines])
    if (plain := read_plain(text)) is not None:
        assert tuple(plain) == by_jupytext(text)


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_every_cell_of_our_solutions_is_plain_and_the_same(path):
    for text in cells(path)[::5]:
        plain = read_plain(text)
        assert plain and tuple(plain) == by_jupytext(text)
    assert all(map(read_plain, cells(path)))


def test_a_solution_of_plain_cells_is_read_without_jupytext():
    code = f"""
import sys
from pathlib import Path
from grader.course.assignment import Assignment
Assignment.read(Path({str(SOLUTIONS[0])!r}))
print({{"jupytext", "nbformat"}} & {{*sys.modules}})"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_the_grammar_is_not_compiled_but_can_be_imported_afterwards(tmp_path: Path):
    (tmp_path / "rfc3987_syntax.py").write_text("def is_valid_syntax(rule, text): return True")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}){ASKS}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False []", "imported"]
