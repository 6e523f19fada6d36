"""A student's request to look at a check again: as their page words it, and as it comes back."""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Self

from .language import LANGUAGES, speaker
from .message import Message

WRITE = Message(
    "Write here what you think is wrong. The lines below say what it is about: leave them as they "
    "are."
)
"""Begins the mail that a student's page offers."""
SIGN = "grader-"
"""Begins the lines of a mail that say what it is about; the student's own words have none such."""
FIELDS = ("student", "question", "check", "file", "version")
LONGEST = 200
"""Letters of a field."""
LINE = re.compile(
    rf"^[>\s]*{SIGN}({'|'.join(FIELDS)}):[ \t]*(?:\r?\n[> \t]*(?!{SIGN}))?([^\r\n]*)\r?\n?",
    re.MULTILINE,
)
"""Mail programs quote lines with >, and break one after the colon if it is long."""
DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class About:
    """What a request is about; empty where it does not say."""

    student: str = ""
    question: str = ""
    check: str = ""
    file: str = ""
    """sha256 of the submission."""
    version: str = ""
    """Of the grader that has made the page."""

    def lines(self) -> str:
        """Return the lines that `read` finds in a mail."""
        values = ((name, " ".join(getattr(self, name).split())[:LONGEST]) for name in FIELDS)
        return "\n".join(f"{SIGN}{name}: {value}" for name, value in values if value)

    @classmethod
    def read(cls, text: str) -> tuple[Self, str]:
        """Return what a text says it is about, and the rest of it; the last line of a kind counts.

        A digest that is none is left out.
        """
        found = {name: value.strip()[:LONGEST] for name, value in LINE.findall(text)}
        if not DIGEST.fullmatch(found.get("file", "")):
            found.pop("file", None)
        return cls(**found), _ours().sub("", LINE.sub("", text)).strip()


@cache
def _ours() -> re.Pattern[str]:
    """Return what finds WRITE in any language, however a mail program has broken and quoted it."""
    said = (speaker(language)(WRITE).split() for language in LANGUAGES)
    return re.compile("|".join(r"[>\s]+".join(map(re.escape, words)) for words in said))


@dataclass(frozen=True)
class Request:
    """What somebody has asked for; every text of it is theirs."""

    place: str
    """Where it stands: a message's number, or a line of a table."""
    about: About
    text: str
    sender: str = ""
    """As the mail says, which anybody can write."""
    subject: str = ""
    moment: float | None = None
    """When it was sent, as the mail says, in seconds since 1970."""

    def of(self, **known: str) -> Self:
        """Return the request with what a table's columns say of it, as far as they say anything."""
        said = {name: value for name, value in known.items() if value}
        return replace(self, about=replace(self.about, **said))
