"""What each word of a student's code is, whatever they have written."""

import re
from itertools import product

import pytest

from grader.report.words import COLOURED, words_of_lines


def coloured(code: str) -> list[tuple[str, str]]:
    """Return the words that have a colour."""
    return [word for line in words_of_lines(code) for word in line if word[0]]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def split(x):", [("keyword", "def"), ("defined", "split")]),
        ("class Net(nn.Module): # one", [("keyword", "class"), ("defined", "Net"),
                                         ("comment", "# one")]),
        ("@torch.no_grad()", [("defined", "@torch.no_grad")]),
        ("return y2 @ in_proj, is_causal", [("keyword", "return")]),
        ("x = 1_000.5e-3 + .5 - 0x1f", [("number", "1_000.5e-3"), ("number", ".5"),
                                        ("number", "0x1f")]),
        ("f'# {x}' + rb\"it's\" + bar'x'", [("text", "f'# {x}'"), ("text", 'rb"it\'s"'),
                                            ("text", "'x'")]),
        ("'\\'' + \"open\nx", [("text", "'\\''"), ("text", '"open')]),
        ('"""one\n  def "two\n""" # three', [("text", '"""one'), ("text", '  def "two'),
                                             ("text", '"""'), ("comment", "# three")]),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)  # fmt: skip
def test_words_are_told_apart(code, found):
    assert coloured(code) == found


def test_all_words_together_are_the_code_also_where_that_is_no_python():
    odd = ('"', "'''", "\\", "\n", "#", "é1", " @", "def ", "1e+", "\t.")
    for code in map("".join, product(odd, repeat=3)):
        lines = ("".join(word for _, word in line) for line in words_of_lines(code))
        assert "\n".join(lines) == code


def test_no_quantifier_gives_back_what_it_has_taken():
    """Any text takes time in proportion to its length."""
    pattern = re.sub(r"\[[^\]]*\]|\\.", "", COLOURED.pattern)
    assert {*re.findall(r"[*+?}]?[*+]+", pattern)} == {"*+", "++", "?+", "}+"}
