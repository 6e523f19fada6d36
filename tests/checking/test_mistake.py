"""A known mistake is read as it is written; what cannot be used is told with its line."""

import json

import pytest

from grader.checking.mistake import read_mistakes
from grader.course.assignment import Assignment
from grader.course.settings import AssignmentError
from tests.support.small_course import write


def entry(name: str, new: str, sentence: str = "", old: str = "2 * x", more: str = "") -> str:
    """Return one [[mistake]] in `double`."""
    return f"""
[[mistake]]
name = "{name}"
question = "double"
sentence = "{sentence or name}"
replace = {json.dumps(old)}
with = {json.dumps(new)}
{more}
"""


TRIPLED = entry("tripled", "3 * x", "x is tripled")


@pytest.fixture
def read(tmp_path):
    """Return a function that reads the mistakes of the small course."""

    def read(text: str | bytes):
        course, name = write(tmp_path)
        path = course.checks(name) / "mistakes.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_mistakes(path, Assignment.read(course.solution(name)))

    return read


def test_a_mistake_is_read_as_it_is_written(read):
    tripled, odd = read(TRIPLED + entry("odd", "x + x", "it adds", more="equivalent = true"))
    assert (tripled.name, tripled.question, tripled.sentence) == (
        "tripled",
        "double",
        "x is tripled",
    )
    assert (tripled.patches, tripled.equivalent) == ((("2 * x", "3 * x"),), False)
    assert odd.equivalent


def test_pairs_are_replaced_one_after_the_other(read):
    (mistake,) = read(entry("both", ["y * x", "3"], old=["2 * x", "y"]))
    assert mistake.made_in("return 2 * x") == "return 3 * x"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("[[mistake]]\nname = ", 2, "this cannot be read"),
        ("[[mistake]]\nname = 'a\n", 3, "this cannot be read"),
        (b"\n\xff", 2, "this cannot be read"),
        ("# some\n[[mistakes]]\nname = 'a'\n", 2, "mistakes is neither a mistake nor an example"),
        ("\n[mistake]\nname = 'a'\n", 2, r"not a list: \[\[mistake\]\] is. Write one \[\[mis"),
        ("title = 'x'\n" + TRIPLED, 1, "title is neither a mistake nor an example"),
        (TRIPLED + TRIPLED, 10, "tripled is the name of the mistake on line 2 as well. Rename"),
        (TRIPLED.replace("double", "treble"), 2, "one of double, halve. treble is not, or no lon"),
        (TRIPLED.replace("name =", "nom ="), 2, "no nom in a mistake, which has equiv.*Spell it"),
        (TRIPLED.replace('"tripled"', "3"), 2, "must be texts. Write all three"),
        (TRIPLED.replace('"3 * x"', '["3 * x"]').replace('"2 * x"', "[]"), 2, "as many texts"),
        (TRIPLED.replace('"3 * x"', "[3]"), 2, "as many texts"),
        (entry("a", "x", more="equivalent = 'yes'"), 2, "true or false"),
        (entry("a", "y", old="4 * x"), 2, "'4 \\* x' stands 0 times in the cell of double. Copy"),
        (entry("a", "y", old="x"), 2, "stands \\d times.*Let replace be longer"),
        (entry("a", "2 * )"), 2, "unmatched.*the cell must be Python"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line(read, text, line, why):
    with pytest.raises(AssignmentError, match=rf"mistakes\.toml:{line}: .*{why}"):
        read(text)
