"""What a slice takes of a notebook does what running everything does; a long run: make fuzz."""

import builtins

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.sandbox.guest.notebook.cell import Cell
from grader.sandbox.guest.notebook.slice import statements as statements_of
from grader.sandbox.guest.notebook.web import How, Web
from tests import slices


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 10**9))
def test_a_right_notebook_however_it_is_prepared_is_sliced_rightly(case: int):
    assert slices.difference(case) == ""


def test_a_slice_of_what_is_sure_alone_differs(monkeypatch):
    needed = Web.needed
    monkeypatch.setattr(Web, "needed", lambda web, names: needed(web, names, How.SURE))
    assert sum(slices.difference(case) != "" for case in range(40)) >= 10


def test_every_way_to_prepare_an_object_is_drawn():
    drawn = "\n".join("\n".join(slices.notebook(case)) for case in range(3000))
    assert "load_state_dict" in drawn and "parse_known_args" in drawn and "write_text" in drawn
    assert "register_buffer" in drawn and "@dataclass" in drawn and "with opened(" in drawn


@pytest.mark.parametrize(
    "source",
    [
        "import builtins\nbuiltins.TWO = 2\ndef double(x): return TWO * x",
        "class Meta(type):\n    known = {}\n    def __new__(meta, name, bases, names):\n"
        "        made = super().__new__(meta, name, bases, names)\n"
        "        meta.known[name] = made\n        return made\n"
        "class Two(metaclass=Meta): k = 2\ndef double(x): return Meta.known['Two'].k * x",
        "class Only:\n    made = None\n    def __new__(cls):\n"
        "        cls.made = cls.made or super().__new__(cls)\n        return cls.made\n"
        "Only().k = 2\ndef double(x): return Only().k * x",
        "class Table:\n    def __init__(self): self.known = {}\n"
        "    def __call__(self, f): self.known[f.__name__] = f; return f\n"
        "table = Table()\n@table\ndef twice(x): return 2 * x\n"
        "def double(x): return table.known['twice'](x)",
        "code = compile('k = 2', 'a', 'exec')\neval(code)\ndef double(x): return k * x",
        "from torch import nn\nF = nn.functional\nF.twice = lambda x: 2 * x\n"
        "def double(x): return nn.functional.twice(x)",
        "from contextlib import ExitStack\nstack, d = ExitStack(), {}\n"
        "stack.callback(d.update, k=2)\nstack.close()\ndef double(x): return d['k'] * x",
        "q = [2, 1]\nprint(q.pop())\ndef double(x): return q[-1] * x",
    ],
)
def test_rare_ways_to_change_an_object_are_followed(source: str):
    statements, _ = statements_of([Cell(1, source), Cell(2, "def halve(x): return x / 2")])
    found = slices.ran(Web(statements).needed(["double", "halve"]))
    assert found == slices.ran(statements) == [6.0, 1.5]
    vars(builtins).pop("TWO", None)
