"""A catalogue is begun, and follows its assignment: what is translated stays."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..files import replace_file
from .catalogue import catalogue, translated
from .sentences import Sentence

WIDTH = 100


@dataclass(frozen=True)
class State:
    """How far a catalogue is."""

    all: int
    missing: int
    unsure: int
    """Taken from similar sentences."""

    @property
    def left(self) -> int:
        """How many sentences are still said in English."""
        return self.missing + self.unsure

    def __str__(self) -> str:
        if not self.left:
            return f"all {self.all} sentences are translated"
        unsure = f", {self.unsure} of them marked fuzzy" if self.unsure else ""
        return f"{self.left} of {self.all} sentences are still said in English{unsure}"


def renew(path: Path, language: str, sentences: Iterable[Sentence], root: Path) -> State:
    """Write a catalogue with these sentences; paths in it begin at `root`.

    Raises AssignmentError for one that cannot be read, and Unwritable.
    """
    from babel.messages import Catalog
    from babel.messages.pofile import write_po

    sentences = list(sentences)
    asked = Catalog()
    for one in sentences:
        asked.add(one.text, locations=[(f"{one.path.relative_to(root)}", one.line)])
    if path.exists():
        known = catalogue(path)
    else:
        said = f"# What {path.parent.name} says to students; see `grader translate --help`."
        known = Catalog(language, project=path.parent.name, header_comment=said, fuzzy=False)
    known.update(asked, update_creation_date=False)
    write_po(
        written := io.BytesIO(), known, width=WIDTH, include_lineno=False, include_previous=True
    )
    replace_file(path, written.getvalue())
    return state(path, sentences)


def state(path: Path, sentences: Iterable[Sentence]) -> State:
    """Return how far a catalogue is with these sentences. Raises AssignmentError."""
    texts = [one.text for one in sentences]
    known = {one.text: one for one in translated(path) if one.said}
    unsure = sum(text in known and not known[text].sure for text in texts)
    return State(len(texts), sum(text not in known for text in texts), unsure)


def stale(path: Path, sentences: Iterable[Sentence]) -> Iterator[tuple[int, str]]:
    """Yield line and text of what a catalogue translates, and nobody says any more."""
    texts = {one.text for one in sentences}
    return ((one.line, one.text) for one in translated(path) if one.text not in texts)
