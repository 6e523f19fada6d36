"""A notebook's code as a person reads it: every letter of it, each word's kind, and what counts."""

import pytest

from grader.sandbox.guest.notebook.cell import Cell
from grader.sandbox.guest.notebook.shown import KINDS, definitions, shown
from grader.sandbox.guest.notebook.slice import statements

CELLS = [
    Cell(1, "import math\n\nprint('ü')  # so"),
    Cell(2, "# Half of it.\n@cached\ndef half(x):\n    '''Two\n    lines.'''\n    return x / two"),
    Cell(3, "if True:\n    two = 2\nthree = 3"),
    Cell(4, "def whole(x):\n    return half(x) * 2"),
]


def lines(name: str, cells: list[Cell] = CELLS) -> list[str]:
    """Return the lines that count for a name."""
    text, _, (counting,), _ = shown(cells, [name])
    return [text.split("\n")[index] for index in counting]


def test_all_code_comes_back_and_each_line_has_its_place():
    text, places, _, words = shown(CELLS, [])
    assert text == "\n".join(cell.source for cell in CELLS)
    assert places == [(1, 1), (1, 2), (1, 3), *((2, n) for n in range(1, 7)),
                      *((3, n) for n in range(1, 4)), (4, 1), (4, 2)]  # fmt: skip
    assert words[-1][0] == len(text)


def test_words_are_of_their_kind():
    text, _, _, words = shown(CELLS, [])
    starts = [0, *(end for end, _ in words)]
    found = {(text[a:b], KINDS[kind]) for a, (b, kind) in zip(starts, words, strict=False)}
    assert found >= {
        ("def", "keyword"), ("# so", "comment"), ("ü", "text"), ("2", "number"),
        ("half", "defined"), ("@cached", "defined"), ("two", ""),
    }  # fmt: skip


def test_what_a_question_depends_on_counts_with_its_decorators_and_comments():
    half = [*CELLS[1].source.split("\n"), "if True:", "    two = 2"]
    assert lines("half") == half
    assert lines("whole") == [*half, *CELLS[3].source.split("\n")]
    assert lines("absent") == []


@pytest.mark.parametrize(
    "source", ["", "def (", "\x00", "'''", "x = 1\r\ny = 2", "%%bash\nrm", "é"]
)
def test_whatever_is_written_is_shown(source):
    text, places, counting, words = shown([Cell(1, source)], ["x"])
    assert text == source and len(places) == source.count("\n") + 1 and len(counting) == 1
    assert [end for end, _ in words] == sorted(end for end, _ in words)


def test_of_a_name_the_last_definition_is_found_with_its_decorators():
    cells = [*CELLS, Cell(5, "x = 1\n\nthree = [\n  3,\n]\n")]
    found = list(definitions(cells, statements(cells)[0], ["half", "three", "absent", "math"]))
    assert found == [
        ("half", 2, 2, CELLS[1].source.partition("\n")[2]), ("three", 5, 3, "three = [\n  3,\n]")
    ]  # fmt: skip


def test_a_notebook_without_code_has_no_lines():
    assert shown([], ["x"]) == ("", [], [[]], [])
