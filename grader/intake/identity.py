"""Ids: which ones are equal, which only look equal, and what each is called as a folder.

Two ids are equal if Unicode says so (NFC), but not because their safe names happen to be equal. Ids
that only look alike, by invisible letters, width or case, remain two, and a person is told.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

LONGEST = 64
"""Characters of an id: in the widest script, 192 of the 255 bytes of a folder's name."""
FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
"""By category letters, marks and a symbol, but blank on every screen."""
UNSAFE = re.compile(r"[^\w.@+-]+")
OURS = re.compile(r"(?:grades|report|similarity)\.\w.*", re.IGNORECASE)
"""Files in the folder of results, where a student's folder could not be."""


TWINS = str.maketrans("авекмнорстухіјѕһԁԛԝαβεικορτυχı", "abekmhopctyxijshdqwabeikoptyxi")
"""Letters of Cyrillic and Greek, and those of Latin that they, or their capitals, look like."""


def same(raw: str) -> str:
    """Return an id in the normal form of Unicode."""
    return unicodedata.normalize("NFC", raw).strip()


def looks(raw: str) -> str:
    """Return an id as a reader sees it: without invisible letters, in one width and one case."""
    text = unicodedata.normalize("NFKC", "".join(c for c in raw if not _invisible(c)))
    return same(text).casefold().translate(TWINS)


def safe(raw: str) -> str:
    """Return an id as the name of a folder: letters of any script, digits, and `_ - . @ +`.

    Two ids may have the same safe name: see `apart`.
    """
    text = UNSAFE.sub("_", "".join(c for c in same(raw) if not _invisible(c)))
    short = text.strip("_-.@+")[:LONGEST].rstrip("_-.@+")
    return OURS.sub(lambda name: name[0].replace(".", "_"), short) or digest(raw)


def digest(raw: str) -> str:
    """Return a short digest of a text."""
    return hashlib.sha256(same(raw).encode("utf-8", "surrogateescape")).hexdigest()[:12]


def apart(wanted: str, labels: Iterable[str]) -> list[str]:
    """Return an id for each person with the same id `wanted`, which goes to none of them.

    Args:
        wanted: a safe id.
        labels: what tells them apart, such as names; hashed if equal.
    """
    labels = list(labels)
    given = [safe(label) for label in labels]
    often = Counter(name.casefold() for name in given)
    return [
        f"{wanted[:LONGEST]}~{name if often[name.casefold()] == 1 else digest(label)}"
        for name, label in zip(given, labels, strict=True)
    ]


def _invisible(letter: str) -> bool:
    """Whether a letter is invisible: a format character, filler or variation selector."""
    kind = unicodedata.category(letter)
    return kind == "Cf" or letter in FILLERS or "\ufe00" <= letter <= "\ufe0f"
