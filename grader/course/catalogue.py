"""An author's translations: autograder_tests/NAME/ko.po beside the hidden checks, one per language.

What stands there changes no verdict, and no finding of `grader verify`. What public checks say
comes into the students' notebook, and what hidden ones say onto pages alone, once work is graded.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.message import FIELD
from ..model.translation import Translations
from .settings import AssignmentError
from .versions import TRANSLATED

if TYPE_CHECKING:
    from babel.messages import Catalog

QUOTED = re.compile(r'(?:msg\w+(?:\[\d+\])?\s*)?".*"\s*')
REMEDY = "Correct it there, or make it anew with `grader translate`"


@dataclass(frozen=True)
class Translated:
    """A sentence of a catalogue, as it stands there."""

    text: str
    said: str
    """In the other language; empty where it is missing."""
    line: int
    sure: bool
    """False where it was taken from a similar sentence, and nobody has looked at it yet."""


def catalogues(folder: Path) -> list[Path]:
    """Return the catalogues among the checks of an assignment."""
    return sorted(folder.glob(f"*{TRANSLATED}"))


def catalogue(path: Path) -> "Catalog":
    """Read a catalogue. Raises AssignmentError."""
    from babel.messages.pofile import PoFileError, read_po  # 0.09 s

    try:
        for line, text in enumerate(path.read_text("utf-8").split("\n"), 1):
            if text.startswith(("msg", '"')) and not QUOTED.fullmatch(text):  # Babel would cut it
                raise AssignmentError(path, line, f"{text!r} lacks a quotation mark", REMEDY)
        with path.open("rb") as file:
            return read_po(file, abort_invalid=True)
    except PoFileError as error:
        line = (error.lineno if error.lineno is not None else 0) + 1
        what = f"this is not a catalogue: {error}"
        raise AssignmentError(path, line, what, REMEDY) from None
    except (ValueError, LookupError, AttributeError, TypeError) as error:  # its header, or encoding
        raise AssignmentError(path, 1, f"this cannot be read: {error}", REMEDY) from None


def translated(path: Path) -> list[Translated]:
    """Return the sentences of a catalogue. Raises AssignmentError, also for a value nobody has."""
    found = []
    for message in catalogue(path):
        if not message.id:
            continue  # the header
        line = message.lineno or 1
        if not isinstance(message.id, str) or not isinstance(message.string, str):
            what = "a sentence of an assignment has no plural"
            raise AssignmentError(path, line, what, "Make one msgid and one msgstr of it")
        unknown = {*FIELD.findall(message.string)} - {*FIELD.findall(message.id)}
        if unknown and not message.fuzzy:
            what = f"msgstr has {{{sorted(unknown)[0]}}}, and msgid has not"
            raise AssignmentError(path, line, what, "Write the names between braces as in msgid")
        found.append(Translated(message.id, message.string, line, not message.fuzzy))
    return found


def translations(folder: Path, only: Iterable[str] | None = None) -> Translations:
    """Return what the catalogues of an assignment have, or `only` some sentences of it.

    Raises AssignmentError.
    """
    wanted = None if only is None else {*only}
    found = {
        path.stem: {
            one.text: one.said
            for one in translated(path)
            if one.said and one.sure and (wanted is None or one.text in wanted)
        }
        for path in catalogues(folder)
    }
    return Translations({language: words for language, words in found.items() if words})
