"""Which submissions look like copies of one another: evidence for a person, never a penalty.

    parse in the sandbox → fingerprints → leave out what is everybody's → rank pairs → clusters

What the skeleton holds is everybody's, and what many have found weighs little: a shared
fingerprint counts log(N / n), if n of N documents have it.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import torch

from ..border.limits import Limits, StudentError
from ..border.sandbox import Sandbox, Zygote
from ..intake.submission import Refused, Submission
from ..reports.clean import clean
from ..reports.page import template
from ..reports.spreadsheet import written
from .fingerprint import Fingerprints

SUSPICIOUS = 0.5
"""Share of the rarer code that a pair must have in common; see docs/similarity.md."""
LEAST = 6
"""Fingerprints that a pair must share: fewer are two lines that anybody would write."""
MOST_COMMON = 200
"""Documents that may share a fingerprint and still be compared by it: pairs grow by the square."""
MOST_SHOWN = 100
"""Pairs shown side by side."""


@dataclass(frozen=True)
class Document:
    """The code of one submission."""

    student: str
    code: str
    prints: Fingerprints
    archived: bool = False
    """Whether it is from an earlier year: compared with new ones, not with others of its kind."""


@dataclass(frozen=True)
class Pair:
    """Two documents that share code that few others have."""

    one: Document
    other: Document
    score: float
    """Weight of what they share, as a part of the lighter document's: 0 to 1."""
    shared: int
    """Number of fingerprints in common."""

    def sides(self) -> list[tuple[Document, list[tuple[int, str, bool]]]]:
        """Return, for both, every line with its number and whether the other one has it, too."""
        common = self.one.prints.lines.keys() & self.other.prints.lines.keys()
        found = []
        for document in (self.one, self.other):
            marked = set().union(*(document.prints.lines[h] for h in common))
            lines = enumerate(clean(document.code).split("\n"), 1)
            found.append((document, [(n, text, n in marked) for n, text in lines]))
        return found


class Parser:
    """Has notebooks parsed in a sandbox. Use as a context manager."""

    def __init__(self) -> None:
        self._zygote = Zygote()
        self._worker: Sandbox | None = None

    def document(self, student: str, data: bytes, *, archived: bool = False) -> Document:
        """Return what a notebook looks like. Raises Refused for what is none."""
        if self._worker is None or not self._worker.alive:
            self._worker = self._zygote.open(Limits())  # runs no code, so one serves many
        try:
            seen = self._worker.ask("outline", data=torch.tensor(list(data), dtype=torch.uint8))
        except StudentError as error:
            raise Refused(f"This notebook cannot be parsed: {error}") from None
        tokens, lines = seen["tokens"].flatten().numpy(), seen["lines"].flatten().numpy()
        if seen["unreadable"]:
            raise Refused(seen["unreadable"])
        code = bytes(seen["code"].flatten().tolist()).decode("utf-8", "replace")
        size = min(len(tokens), len(lines))
        return Document(student, code, Fingerprints.of(tokens[:size], lines[:size]), archived)

    def __enter__(self) -> "Parser":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._zygote.close()


def documents(
    submissions: Sequence[tuple[str, Path]],
    archive: Sequence[tuple[str, Path]],
    skeleton: bytes,
    show: Callable[[], None] = lambda: None,
) -> tuple[list[Document], list[tuple[str, str]]]:
    """Parse all notebooks; return documents, and (student, reason) for what could not be read.

    Fingerprints of the skeleton are left out. `show` is called after each notebook.
    """
    found: list[Document] = []
    unread: list[tuple[str, str]] = []
    with Parser() as parser:
        given = set(parser.document("skeleton", skeleton).prints.lines)
        for student, path, archived in [
            *((s, p, False) for s, p in submissions),
            *((f"{s} (archive)", p, True) for s, p in archive),
        ]:
            try:
                data = Submission.read(path, student).data
                document = parser.document(student, data, archived=archived)
                prints = document.prints.without(given)
                found.append(Document(student, document.code, prints, archived))
            except (Refused, OSError) as error:
                unread.append((student, str(error)))
            show()
    return found, unread


def compare(documents: Sequence[Document], least: float = SUSPICIOUS) -> list[Pair]:
    """Return the pairs with a score of `least` or more, the most alike first."""
    having: defaultdict[int, list[int]] = defaultdict(list)
    for number, document in enumerate(documents):
        for fingerprint in document.prints.lines:
            having[fingerprint].append(number)
    weight = {h: math.log((len(documents) + 1) / len(those)) for h, those in having.items()}
    total = [math.fsum(weight[h] for h in d.prints.lines) for d in documents]
    common: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    for fingerprint, those in having.items():
        if len(those) <= MOST_COMMON:
            for pair in combinations(those, 2):
                common[pair].append(weight[fingerprint])
    pairs = []
    for (i, j), weights in common.items():
        one, other = documents[i], documents[j]
        score = math.fsum(weights) / min(total[i], total[j])
        both_old = one.archived and other.archived
        if len(weights) >= LEAST and score >= least and not both_old:
            pairs.append(Pair(one, other, score, len(weights)))
    return sorted(pairs, key=lambda p: (-p.score, -p.shared, p.one.student, p.other.student))


def clusters(pairs: Sequence[Pair]) -> list[list[str]]:
    """Return groups of three or more students that suspicious pairs connect, the largest first."""
    group: dict[str, set[str]] = {}
    for pair in pairs:
        names = {pair.one.student, pair.other.student}
        merged = names.union(*(group.get(name, set()) for name in names))
        group |= dict.fromkeys(merged, merged)
    found = {tuple(sorted(names)) for names in group.values() if len(names) > 2}
    return sorted(map(list, found), key=lambda names: (-len(names), names))


def table(pairs: Sequence[Pair]) -> str:
    """Return a CSV: score, shared fingerprints, and the two students."""
    rows = [(f"{p.score:.3f}", p.shared, p.one.student, p.other.student) for p in pairs]
    return written([("score", "shared", "one", "other"), *rows])


def page(
    title: str, documents: Sequence[Document], pairs: Sequence[Pair], unread: list[tuple[str, str]]
) -> str:
    """Return the pairs, ranked and side by side, as a page."""
    return template("similarity.html").render(
        title=title, count=len(documents), pairs=pairs, shown=pairs[:MOST_SHOWN],
        clusters=clusters(pairs), unread=unread,
    )  # fmt: skip
