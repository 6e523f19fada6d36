"""Ids: which ones are the same, which only look so, and what each is called as a folder.

Two ids are the same if Unicode says so (NFC), and never because a safe name of theirs happens to
be. Those that only look alike, by letters that nobody sees or by another width or case, stay two,
and a person is told.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

LONGEST = 64
"""Characters of an id; of the widest script, 192 of the 255 bytes that a folder's name may have."""
FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
"""Letters, marks and a symbol by their category, and blank on every screen."""
UNSAFE = re.compile(r"[^\w.@+-]+")


def same(raw: str) -> str:
    """Return an id in the one form of all that Unicode takes for the same text."""
    return unicodedata.normalize("NFC", raw).strip()


def looks(raw: str) -> str:
    """Return what a reader sees of an id: invisible letters gone, one width and one case."""
    text = unicodedata.normalize("NFKC", "".join(c for c in raw if not _invisible(c)))
    return same(text).casefold()


def safe(raw: str) -> str:
    """Return an id as the name of a folder: letters of any script, digits, and `_ - . @ +`.

    Two ids may share one: see `apart`.
    """
    text = UNSAFE.sub("_", "".join(c for c in same(raw) if not _invisible(c)))
    short = text.strip("_-.@+")[:LONGEST].rstrip("_-.@+")
    return short or digest(raw)


def digest(raw: str) -> str:
    """Return a few letters that are another text's only by chance."""
    return hashlib.sha256(same(raw).encode("utf-8", "surrogateescape")).hexdigest()[:12]


def apart(wanted: str, labels: Iterable[str]) -> list[str]:
    """Return ids for those who all want `wanted`: it is nobody's until a person decides.

    Args:
        wanted: an id that is safe.
        labels: what tells them apart, such as names; where that is the same, it is hashed.
    """
    labels = list(labels)
    given = [safe(label) for label in labels]
    often = Counter(name.casefold() for name in given)
    return [
        f"{wanted[:LONGEST]}~{name if often[name.casefold()] == 1 else digest(label)}"
        for name, label in zip(given, labels, strict=True)
    ]


def _invisible(letter: str) -> bool:
    """Whether a letter shows nothing: format characters, fillers, variation selectors."""
    kind = unicodedata.category(letter)
    return kind == "Cf" or letter in FILLERS or "\ufe00" <= letter <= "\ufe0f"
