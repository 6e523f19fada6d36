"""The languages that pages and the terminal speak: English, and each that has a catalogue.

A catalogue is languages/NAME.po, compiled to NAME.mo: another language is another file there, see
CONTRIBUTING.md, or comes with another package. What no catalogue has is said in English.
"""

import gettext
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from . import plugin
from .message import Message, Text

FOLDER = Path(__file__).parents[1] / "languages"
DEFAULT = "en"


def languages() -> tuple[str, ...]:
    """Return the languages that there are, English first."""
    return (DEFAULT, *sorted(path.stem for path in FOLDER.glob("*.mo")))


LANGUAGES = languages()

Find = Callable[[str, str, int], str]
"""Finds a template in a language, given it in English, its plural or nothing, and a number."""


@dataclass(frozen=True)
class Say:
    """Puts a text into words of a language; what authors and students wrote stays as it is."""

    language: str
    find: Find

    def __call__(self, text: Text) -> str:
        """Return the words."""
        return text.words(self.find) if isinstance(text, Message) else text


@cache
def finder(language: str) -> Find:
    """Return what finds templates. Raises FileNotFoundError where there is no catalogue.

    Raises PluginError where another package brings it, and cannot be used.
    """
    catalogue = gettext.NullTranslations()
    if language not in LANGUAGES and (added := plugin.plugin(plugin.LANGUAGES, language)):
        catalogue = added.load(gettext.NullTranslations)
    elif language != DEFAULT:
        with (FOLDER / f"{language}.mo").open("rb") as file:
            catalogue = gettext.GNUTranslations(file)

    def find(template: str, plural: str, n: int) -> str:
        if plural:
            return catalogue.ngettext(template, plural, n)
        return catalogue.gettext(template) if template else ""  # gettext("") is its header

    return find


@cache
def speaker(language: str = DEFAULT) -> Say:
    """Return what says texts in a language."""
    return Say(language, finder(language))
