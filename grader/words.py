"""What pages and the terminal say, in the course's language: English is written where it is said.

``words/ko.toml`` has the Korean for every text. What authors and students write stays as it is.
"""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "ko")
DEFAULT = "en"
FOLDER = Path(__file__).parent / "words"

Say = Callable[[str], str]
"""Returns a text of ours in a language."""


@cache
def table(language: str) -> dict[str, str]:
    """Return the texts of a language, by the English ones; English itself needs none."""
    if language == DEFAULT:
        return {}
    said: dict[str, str] = tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))["words"]
    return said


def speaker(language: str) -> Say:
    """Return what says our texts in a language. Raises KeyError for a text without translation."""
    if language == DEFAULT:
        return str
    return table(language).__getitem__
