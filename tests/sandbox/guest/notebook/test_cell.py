"""Magics are translated, and what is no Python costs nothing but itself."""

import ast
import linecache
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.sandbox.guest.notebook.cell import Cell, parse


def code(source: str) -> list[str]:
    return [ast.unparse(node) for node in parse(Cell(3, source))[0]]


def notes(source: str) -> list[str]:
    return parse(Cell(3, source))[1]


def lines(source: str) -> dict[str, int]:
    return {ast.unparse(node): node.lineno for node in parse(Cell(3, source))[0]}


def test_python_needs_no_note():
    assert code("x = 1\ny = 2") == ["x = 1", "y = 2"]
    assert notes("x = 1\ny = 2") == []


@pytest.mark.parametrize(
    "source",
    [
        "!pip install torch\nx = 1",
        "%matplotlib inline\nx = 1",
        "x = 1\n?x",
        "x = 1\nx?",
        "!echo 'it\nx = 1",
        "!echo (\nx = 1",
        "%cd /content/drive/My Drive\nx = 1",
        "!pip install a \\\n   b\nx = 1",
        "%load_ext autoreload\n%autoreload 2\n\n\nx = 1",
        "  %matplotlib inline\n  x = 1",
        ">>> x = 1",
        "In [1]: !ls\n   ...: x = 1",
        "   x = 1",
        "\n\n    x = 1\n",
    ],
)
def test_magics_prompts_and_indentation_are_read_as_in_a_notebook(source: str):
    assert [line for line in code(source) if "get_ipython" not in line] == ["x = 1"]
    assert notes(source) == []


def test_prompts_are_read_over_several_lines():
    assert code(">>> class A:\n...     x = 1\n...\n>>> y = 2") == ["class A:\n    x = 1", "y = 2"]


def test_a_continuation_line_that_starts_with_percent_is_no_magic():
    assert code("!ls\nx = (17\n%5)\ny = '''\n%time\n!ls\n'''") == [
        "get_ipython().system('ls')",
        "x = 17 % 5",
        "y = '\\n%time\\n!ls\\n'",
    ]


def test_magics_inside_a_class_or_a_branch_are_read():
    source = "class A:\n    def f(self):\n        !ls\n        return 1\nif x:\n    %time y = 2\n"
    assert notes(source) == []
    assert "return 1" in code(source)[0]


def test_a_magic_may_be_assigned():
    assert code("files = !ls") == ["files = get_ipython().getoutput('ls')"]


@pytest.mark.parametrize("magic", ["time", "capture out --no-stderr", "prun", "wandb"])
def test_the_body_under_a_magic_that_runs_python_counts(magic: str):
    assert lines(f"%%{magic}\nclass A: pass\n\n!ls\nx = 1") == {
        "class A:\n    pass": 2,
        "get_ipython().system('ls')": 4,
        "x = 1": 5,
    }


def test_cell_magics_may_be_stacked_and_follow_blank_lines():
    assert lines("\n\n%%capture\n%%time\n\nx = 1") == {"x = 1": 6}


@pytest.mark.parametrize("magic", ["bash", "html", "!", "javascript", "timeit -n1", "python3"])
def test_the_body_under_a_magic_that_takes_it_elsewhere_does_not(magic: str):
    assert code(f"%%{magic}\nx = 1") == []
    assert notes(f"%%{magic}\nx = 1") == []


def test_definitions_that_are_only_timed_are_noted():
    assert notes("%%timeit\nclass Net: pass") == [
        "code cell 3 starts with %%timeit: what it defines does not count"
    ]


@pytest.mark.parametrize(
    ("magic", "name", "append"),
    [
        ("%%writefile net.py", "net.py", False),
        ("%%file 'a b.py'", "a b.py", False),
        ("\n\n%%writefile -a net.py", "net.py", True),
        ("%%writefile --append net.py", "net.py", True),
    ],
)
def test_a_cell_that_writes_a_file_keeps_what_it_writes(magic: str, name: str, append: bool):
    line = magic.count("\n") + 1
    written = f"get_ipython().write_file({name!r}, 'x = 1\\n', {append}, 'code cell 3', {line})"
    assert lines(f"{magic}\nx = 1\n") == {written: line}
    assert notes(f"{magic}\nx = 1\n") == []


def test_a_statement_that_is_timed_is_run():
    assert code("%time x = f()\n%timeit y = 1") == [
        "x = f()",
        "get_ipython().run_line_magic('timeit', 'y = 1')",
    ]


def test_magics_below_a_text_that_begins_its_lines_are_read():
    source = "def f():\n    '''\nDocs: say\n    '''\n    !ls\n    return 1"
    assert notes(source) == []
    assert "return 1" in code(source)[0]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="then it is this Python's syntax")
@pytest.mark.parametrize(
    ("source", "version"),
    [
        ("type Pair = tuple[int, int]", "3.12"),
        ("type Pair[T] = tuple[T, T]", "3.12"),
        ("def f[T](x: T) -> T:\n    return x", "3.12"),
        ("@d\nclass A[T: int]:\n    pass", "3.12"),
        ("class A[T = int]:\n    pass", "3.13"),
        ("def f(d):\n    return f'{d['a']}'", "3.12"),
        ("x = t'{name}'", "3.14"),
        ("try:\n    x = 1\nexcept KeyError, ValueError:\n    x = 2", "3.14"),
    ],
)
def test_newer_syntax_is_said_for_what_it_is(source: str, version: str):
    (note,) = notes(f"y = 1\n{source}\nz = 2")
    running = ".".join(map(str, sys.version_info[:2]))
    assert f"is Python {version} syntax, and grading runs Python {running}" in note
    assert {"y = 1", "z = 2"} <= set(code(f"y = 1\n{source}\nz = 2"))


GOOD = "class Good:\n    x = 1"


@pytest.mark.parametrize(
    "bad",
    [
        "pip install torchinfo",
        "Answer: the gradient vanishes, don't you think?!",
        "x = ",
        "def f(x:\n    return x",
        "def f(x)\n    return x",
        "class A:",
        "try:\n    a = 1",
        "for i in range(3):\n",
        "if x:\n    a\n  b",
        "x = 1\n  y = 2",
        "x = foo(1, 2",
        "x = [1, 2)",
        "y = 1)",
        "s = 'it",
        "def f():\n    '''docs\n    return 1",
        "print 'hello'",
        "x = 5 5",
        "def f():\n\tif x:\n        y = 1",
        "x = 1\n\xa0y = 2",
        "@decorator\nclass A:\n    x = ",
        "class A:\n    '''one\ntwo\n'''\n    x = = 1",
        "(" * 1000 + ")" * 1000,
        "x = " + "-" * 100_000 + "1",
        "a\ufffdb",
        "<<<<<<< HEAD",
        "```python",
        "x = %\\",  # IPython's transformer ends in an IndexError
    ],
)
def test_a_bad_block_costs_only_itself(bad: str):
    assert code(f"before = 1\n{bad}\n{GOOD}\nafter = 2")[-2:] == [GOOD, "after = 2"]
    assert "before = 1" in code(f"before = 1\n{bad}\n{GOOD}")
    assert notes(f"{GOOD}\n{bad}")
    assert GOOD in code(f"{GOOD}\n{bad}")


def test_a_note_says_where_why_and_what():
    assert notes("x = 1\n\npip install torchinfo\n") == [
        "code cell 3, line 3 is not valid Python (invalid syntax), "
        "so this was left out: pip install torchinfo"
    ]


def test_a_note_names_the_definition_that_is_lost():
    (note,) = notes("@torch.no_grad()\ndef attention(q, k):\n    scores = \n    return scores")
    assert note.startswith("code cell 3, line 3 is not valid Python")
    assert note.endswith("left out: def attention(q, k):")


def test_a_run_of_prose_is_one_note():
    assert len(notes("This is\nmy answer to\nquestion one\nx = 1\nand so on")) == 2


def test_a_decorator_goes_with_what_it_decorates():
    assert code("@torch.no_grad()\ndef f():\n    x = \ndef g(): pass") == ["def g():\n    pass"]


def test_an_else_goes_with_its_if():
    assert code("if a:\n    b = \nelse:\n    c = 1\nd = 2") == ["d = 2"]
    assert code("if a:\n    b = 1\nelse:\n    c = \nd = 2") == ["d = 2"]


def test_lines_are_those_of_the_cell():
    source = "\n# comment\n!ls\n\npip install x\nx = 1\ny = \nz = 3"
    assert lines(source) == {"get_ipython().system('ls')": 3, "x = 1": 6, "z = 3": 8}


def test_tracebacks_will_show_the_lines_of_the_cell():
    parse(Cell(7, "%%time\nx = 1\n\ny = '\u2028'"))
    assert linecache.getline("code cell 7", 2) == "x = 1\n"
    assert linecache.getline("code cell 7", 4) == "y = '\u2028'\n"


def test_a_cell_of_nothing_but_errors_ends():
    assert len(notes("a b\nx = 1\n" * 1000)) <= 250
    assert "code cell 3 is not Python from line" in notes("a b\nx = 1\n" * 1000)[-1]


def test_every_imported_name_is_a_statement():
    assert code("import torch, numpy as np\nfrom a import (b, c as d)") == [
        "import torch",
        "import numpy as np",
        "from a import b",
        "from a import c as d",
    ]


def test_the_main_guard_is_open():
    assert code("if __name__ == '__main__':\n    x = 1\n    import a, b") == [
        "x = 1",
        "import a",
        "import b",
    ]


LINES = r"""
x = 1|class A:|    def f(self):|        return 1|!ls|%time x|x?|(|)|[|else:|try:|@a|%%time|%%bash
\|	||don't|#|f'{|>>> x|if x:|    !ls (|y = %time 'a|/a b|;|?|'''|    x = """
pieces = st.lists(
    st.sampled_from([*LINES.replace("\n", "|").split("|"), "\t", "\x0c", "\u2028", "\ufffd"]),
    max_size=12,
)


@given(pieces)
@settings(max_examples=500, deadline=None)
def test_any_mixture_of_lines_ends_in_statements_and_notes(some: list[str]):
    nodes, remarks = parse(Cell(1, "\n".join(some)))
    assert all(isinstance(node, ast.stmt) for node in nodes)
    assert all(isinstance(remark, str) for remark in remarks)


@pytest.mark.filterwarnings("ignore:.make_tokens_by_line")  # IPython, of unusual line ends
@given(st.text(max_size=100))
@settings(max_examples=200, deadline=None)
def test_any_text_ends_in_statements_and_notes(text: str):
    parse(Cell(1, text.replace("\x00", "")))
