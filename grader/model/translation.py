"""What an author has said, in other languages: sentences of checks, mistakes, hints, failures.

A sentence is found as it was written, wherever it stands: alone, or within a message of ours. One
with values in it is known by its template, "With d = {d}, the scores are {2} × too large.", which
is fitted to what was said from left to right. What has no translation stays as it is.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Self

from .message import FIELD, Message, Text

Words = Mapping[str, str]
"""Sentences as they were written, and what to say in their place."""
LONGEST = 2_000
"""Letters of a text in which templates are sought: no author says more in one."""


@dataclass(frozen=True)
class Template:
    """A sentence with values in it."""

    literals: tuple[str, ...]
    """What stands before, between and after the values."""
    names: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Take apart a text with {names} in it."""
        literals = re.split(FIELD.pattern.replace("(", "(?:"), text)
        return cls(tuple(literals), tuple(FIELD.findall(text)))

    def values(self, said: str) -> dict[str, str] | None:
        """Return the values with which it says this, or None; it takes one walk through the text.

        What students have made may stand in it, so nothing here may try all ways to cut it.
        """
        first, *between, last = self.literals
        at, end = len(first), len(said) - len(last)
        if at > end or not said.startswith(first) or not said.endswith(last):
            return None
        found = []
        for literal in between:
            place = said.find(literal, at, end)
            if place < 0:
                return None
            found.append(said[at:place])
            at = place + len(literal)
        return dict(zip(self.names, [*found, said[at:end]], strict=True))


@dataclass(frozen=True)
class Translation:
    """An author's sentences in one language."""

    words: Words = field(default_factory=dict)

    @cached_property
    def _templates(self) -> list[tuple[Template, str]]:
        return [(Template.of(one), to) for one, to in self.words.items() if FIELD.search(one)]

    def __call__(self, text: Text) -> Text:
        """Return a text with what the author has written in it translated."""
        if not self.words:
            return text
        if isinstance(text, Message):
            said = {name: v if isinstance(v, int) else self(v) for name, v in text.values}
            return text.format(**said)
        return self.of(text)

    def of(self, text: str) -> str:
        """Return a sentence in this language, if it is known there."""
        if text in self.words:
            return self.words[text]
        if " " not in text or len(text) > LONGEST:
            return text
        for template, to in self._templates:
            if (values := template.values(text)) is not None:
                # no template is sought in a value: in 2,000 letters a student could nest 1,000
                said = {name: self.words.get(value, value) for name, value in values.items()}
                return FIELD.sub(lambda found, said=said: said.get(found[1], found[0]), to)  # type: ignore[misc]
        return text


UNTRANSLATED = Translation()


@dataclass(frozen=True)
class Translations:
    """An author's sentences in all languages into which they were put."""

    languages: Mapping[str, Words] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> "Translations":
        """Return what `written` has written; none for an empty text."""
        return _read(text) if text else NONE

    def written(self) -> str:
        """Return this as text, the same for the same translations; empty where there are none."""
        return json.dumps(self.languages, sort_keys=True) if self.languages else ""

    def of(self, language: str) -> Translation:
        """Return those of one language."""
        return self._made.get(language, UNTRANSLATED)

    @cached_property
    def _made(self) -> dict[str, Translation]:
        return {language: Translation(words) for language, words in self.languages.items()}

    def __or__(self, other: "Translations") -> "Translations":
        """Return both; where both have a sentence, that of the other counts."""
        both = {
            name: {**self.languages.get(name, {}), **other.languages.get(name, {})}
            for name in sorted({*self.languages, *other.languages})
        }
        return Translations(both)


NONE = Translations()


@cache
def _read(text: str) -> Translations:
    return Translations(json.loads(text))
