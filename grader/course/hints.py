"""Hints of an author on a public check: comments in it, which students unfold one by one.

    def test_rows_sum_to_one(student):
        \"\"\"The weights of each query sum to 1.\"\"\"
        # Hint: Print `weights.sum(dim=-1)`: which axis sums to 1?
        # Hint: The softmax runs over the keys,
        #   which are the last axis.

They are not in the cell that students read, but in the folded one that runs the checks.
"""

import re

CHECK = re.compile(r"^def (test_\w+)\(")
HINT = re.compile(r"^[ \t]*# Hint: *(?P<text>.*(?:\n[ \t]*#   +.*)*)\n?", re.MULTILINE)
"""Lines that go on are indented further."""


def hints(source: str) -> dict[str, list[str]]:
    """Return the hints of each check of a cell that has some, in order."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"(?m)^(?=def )", source):
        texts = [" ".join(re.sub(r"\n[ \t]*#", " ", hint["text"]).split())
                 for hint in HINT.finditer(part)]  # fmt: skip
        if texts and (check := CHECK.match(part)):
            found[check[1]] = texts
    return found


def without_hints(source: str) -> str:
    """Return a cell as students read it."""
    return HINT.sub("", source)
