"""Code as students really write it: the notebooks of odd_code.txt, and what does not show there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TEXT = Path(__file__).with_suffix(".txt")
ENTRY = re.compile(r"^==== (.+?)(?: => (.+))?\n", re.MULTILINE)
BOTH = "def double(x): return 2 * x\ndef halve(x): return x / 2\n"


@dataclass(frozen=True)
class Odd:
    """A notebook, and what it earns."""

    name: str
    cells: tuple[str, ...]
    says: str = ""
    """What its author is told, as a regular expression; empty where it earns everything."""


def notebooks() -> Iterator[Odd]:
    """Yield all of them; their names are unique."""
    _, *parts = ENTRY.split(TEXT.read_text("utf-8"))
    for name, says, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        yield Odd(name, tuple(re.split(r"^----\n", body, flags=re.MULTILINE)), says or "")
    for name, source in {
        "tabs": BOTH.replace(" return", "\n\treturn"),
        "tabs here, blanks there": BOTH.replace(" return", "\n\treturn", 1),
        "blanks that do not break": f"# a\xa0comment\n{BOTH}",
        "a form feed": f"\f{BOTH}",
        "a long list": f"{BOTH}numbers = [{'1, ' * 50_000}]",
        "a sum of a thousand terms": f"{BOTH}y = {' + '.join(['1'] * 1000)}",
    }.items():
        yield Odd(name, (source,))
