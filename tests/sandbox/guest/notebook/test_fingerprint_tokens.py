"""What code looks like: names, comments and layout play no part; what it does, does."""

import pytest

from grader.sandbox.guest.notebook.cell import Cell
from grader.sandbox.guest.notebook.fingerprint_tokens import fingerprint_tokens

SOURCE = "def f(x, d):\n    # half\n    y = x.softmax(dim=-1)\n    return y @ x / d"


def tokens(*sources: str) -> list[int]:
    return fingerprint_tokens([Cell(number, source) for number, source in enumerate(sources, 1)])[1]


@pytest.mark.parametrize(
    "other",
    [
        "def g(q, k):\n    z = q.softmax(dim=-1)\n    return z @ q / k",
        "def f(x, d):\n    y = (\n        x.softmax(dim=-1)\n    )\n\n    return y @ x / d  # done",
        "import os\ndef f(x: int, d: float):\n    y = x.softmax(dim=-1)\n    return y @ x / d",
        'def f(x, d):\n    """Half."""\n    y = x.softmax(dim=-1)\n    return y @ x / d',
    ],
    ids=["renamed", "laid out anew", "annotated", "documented"],
)
def test_names_layout_and_comments_play_no_part(other):
    assert tokens(other) == tokens(SOURCE) != []


@pytest.mark.parametrize(
    "old, new",
    [("softmax", "sigmoid"), ("@", "*"), ("-1", "1.0"), ("return y", "y"), ("dim", "axis")],
)
def test_what_it_does_plays_a_part(old, new):
    assert tokens(SOURCE.replace(old, new)) != tokens(SOURCE)


def test_lines_are_counted_over_all_cells():
    code, found, lines = fingerprint_tokens([Cell(1, "x = 1\n\ny = 2"), Cell(2, "\nz = 3")])
    assert code == "x = 1\n\ny = 2\n\nz = 3"
    assert len(found) == len(lines) and sorted(set(lines)) == [1, 3, 5]


def test_nothing_is_run():
    fingerprint_tokens([Cell(1, "raise SystemExit\n1 / 0\nimport absent_module_of_nobody")])
