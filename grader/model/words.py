"""What pages and the terminal say, in the course's language: English is written where it is said.

``words/ko.toml`` has the Korean for every text. What authors and students write stays as it is.
"""

import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "ko")
DEFAULT = "en"
FOLDER = Path(__file__).parents[1] / "words"

LONGEST = 500
"""Characters of a line that may be a message; only what a student writes is longer, and searching
it would take long."""
VALUES = {
    "n": r"[\d.]+", "m": r"[\d.]+", "title": r"\w+", "name": r"[^`]+",
    "axis": r"(?:axis \d+|[^\s,;]+)", "other": r"(?:axis \d+|[^\s,;]+)",
}  # fmt: skip
"""What may stand in a message for {n} and others; for all the rest, anything."""

Say = Callable[[str], str]
"""Returns a text of ours in a language."""


@cache
def table(language: str, name: str) -> dict[str, str]:
    """Return a table of ``words/<language>.toml``, by the English texts."""
    tables = tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))
    found: dict[str, str] = tables[name]
    return found


def speaker(language: str) -> Say:
    """Return what says our texts in a language. Raises KeyError for a text without translation."""
    return str if language == DEFAULT else table(language, "words").__getitem__


def translator(language: str) -> Say:
    """Return what translates messages of the grader, as the store has them, line by line.

    A message that we do not know, since an author or a student wrote it, stays as it is.
    """
    if language == DEFAULT:
        return str
    known = _patterns(language)

    def translate(text: str) -> str:
        for pattern, said in known if len(text) <= LONGEST else ():
            if found := pattern.fullmatch(text):
                return said.format(**{n: translate(v) for n, v in found.groupdict().items()})
        return text

    return lambda text: "\n".join(map(translate, text.split("\n")))


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Return what each message looks like, with what it is in this language."""

    def value(found: re.Match[str]) -> str:
        return f"(?P<{found[1]}>{VALUES.get(found[1], '.+?')})"

    return [
        (re.compile(re.sub(r"\\{(\w+)\\}", value, re.escape(english))), said)
        for english, said in table(language, "messages").items()
    ]
