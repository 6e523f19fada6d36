"""What each word of a student's code is, so that a page can colour it.

Nothing is parsed, and 0.1 ms per kB is nothing beside the 2 ms of a page; Pygments, which colours
code for reviewers in the sandbox, takes 5. Every quantifier is possessive: any text takes time in
proportion to its length. A word that is taken for another one has another colour, and no more.
"""

import keyword
import re
from collections.abc import Iterator

Word = tuple[str, str]
"""What it is, empty where that is nothing in particular, and the word."""
COLOURED = re.compile(
    r"""
      (?P<comment> \#[^\n]*+ )
    | (?P<text> (?i:[rbfu]{1,2}+)?+ (?:
          \"{3} (?: [^\\"] | \\. | "(?!"") )*+ (?:\"{3})?+
        | '{3} (?: [^\\'] | \\. | '(?!'') )*+ (?:'{3})?+
        | " (?: [^\\"\n] | \\. )*+ "?+
        | ' (?: [^\\'\n] | \\. )*+ '?+ ) )
    | (?P<number> \.?+\d (?: [eE][+-] | [\w.] )*+ )
    | (?<=\bdef\ ) (?P<function> \w++ ) | (?<=\bclass\ ) (?P<class> \w++ )
    | (?P<decorator> ^[ \t]*+@[\w.]++ )
    | (?P<keyword> \b(?: """
    + "|".join(keyword.kwlist)
    + r""" )\b ) | \w++
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
KINDS = {"function": "defined", "class": "defined", "decorator": "defined"}
"""Those that have one colour, as `grader view` has it."""


def words_of_lines(code: str) -> list[list[Word]]:
    """Return the words of each line; all of them together are the line."""
    found: list[list[Word]] = [[]]
    for kind, text in _pieces(code):
        first, *rest = text.split("\n")
        found[-1].append((kind, first))
        found += [[(kind, line)] for line in rest]
    return [[word for word in line if word[1]] for line in found]


def _pieces(code: str) -> Iterator[Word]:
    """Yield the code in pieces that have a colour, and what is between them."""
    end = 0
    for match in COLOURED.finditer(code):
        if kind := match.lastgroup:
            yield "", code[end : match.start()]
            yield KINDS.get(kind, kind), match[0]
            end = match.end()
    yield "", code[end:]
