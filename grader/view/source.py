"""The code of a submission as a person reads it, read in the sandbox when somebody looks at it."""

import gc
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..intake.submission import Refused, Submission
from ..model.message import Message, Text, said
from ..report.sanitize import clean
from ..store.entry import Entry

if TYPE_CHECKING:
    from ..sandbox.host.reader import Reader

KEPT = 200
"""Submissions whose code stays in memory."""
GONE = Message("The file has changed or is gone since it was judged: {file}")
NO_SANDBOX = Message("The code cannot be shown, because it is read only in the sandbox: {error}")


@dataclass(frozen=True)
class Line:
    """A line of code."""

    cell: int
    number: int
    """In its cell, from 1."""
    words: tuple[tuple[str, str], ...]
    """What each word is, and the word; all of them are the line."""
    counts: frozenset[str]
    """The questions that depend on it."""


@dataclass(frozen=True)
class Source:
    """A submission's code, or why it cannot be shown."""

    lines: tuple[Line, ...] = ()
    problem: Text = ""

    def counted(self, question: str) -> bool:
        """Whether any line is known to count for a question."""
        return any(question in line.counts for line in self.lines)

    def cells(self, question: str) -> list[tuple[int, list[Line], bool]]:
        """Return each cell with its number and lines, and whether the question depends on it.

        On a question that no line defines, all depends.
        """
        found: dict[int, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.cell, []).append(line)
        known = self.counted(question)
        return [
            (cell, lines, not known or any(question in line.counts for line in lines))
            for cell, lines in found.items()
        ]


class Sources:
    """Reads code. The sandbox starts along with it, in a thread of its own."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sources")
        self._reader: Future[Reader] = self._thread.submit(_start)
        self._known: OrderedDict[str, Source] = OrderedDict()

    def of(self, entry: Entry, questions: Sequence[str]) -> Source:
        """Return the code of a submission; waits for the sandbox unless it has been read."""
        known = self._known.get(entry.digest)
        return known or self._thread.submit(self._of, entry, questions).result()

    def ahead(self, entry: Entry, questions: Sequence[str]) -> None:
        """Have code read that will probably be looked at next; nobody waits for it."""
        if entry.digest not in self._known:
            self._thread.submit(self._of, entry, questions)

    def close(self) -> None:
        """End the sandbox."""
        self._thread.shutdown(cancel_futures=True)
        if self._reader.done() and not self._reader.cancelled() and not self._reader.exception():
            self._reader.result().__exit__()

    def _of(self, entry: Entry, questions: Sequence[str]) -> Source:
        known = self._known.pop(entry.digest, None)
        source = known or self._read(entry, questions)
        if not source.problem:
            self._known[entry.digest] = source
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return source

    def _read(self, entry: Entry, questions: Sequence[str]) -> Source:
        try:
            submission = Submission.read(entry.path)
        except Refused as error:
            return Source(problem=said(error))
        except OSError:
            return Source(problem=GONE.format(file=entry.path.name))
        if submission.sha256 != entry.digest:
            return Source(problem=GONE.format(file=entry.path.name))
        try:
            reader = self._reader.result()
            return _lines(reader.read("shown", submission.data, names=list(questions)), questions)
        except Refused as error:
            return Source(problem=said(error))
        except Exception as error:  # of the sandbox: decisions can be made without the code
            return Source(problem=NO_SANDBOX.format(error=said(error)))


def _start() -> "Reader":
    from ..sandbox.host.reader import Reader  # with torch: pages need none of it

    reader = Reader()
    gc.collect()
    gc.freeze()  # else a full collection walks through torch: a page that waits 80 ms for it
    return reader


def _lines(seen: dict[str, Any], questions: Sequence[str]) -> Source:
    """Return what a worker has answered, as far as it fits together."""
    from ..sandbox.guest.notebook.shown import KINDS

    code = bytes(seen["code"].flatten().tolist()).decode("utf-8", "replace")
    texts = code.split("\n")
    places = seen["places"].reshape(-1, 2).tolist()[: len(texts)]
    counting: list[set[str]] = [set() for _ in texts]
    for question, lines in zip(questions, seen["counting"], strict=False):
        for line in lines.flatten().tolist():
            if 0 <= line < len(counting):
                counting[line].add(question)
    words = _words(code, seen["words"].reshape(-1, 2).tolist(), KINDS)
    return Source(tuple(
        Line(cell, number, tuple(words[index]), frozenset(counting[index]))
        for index, (cell, number) in enumerate(places)
    ))  # fmt: skip


def _words(code: str, ends: list[list[int]], kinds: Sequence[str]) -> list[list[tuple[str, str]]]:
    """Return the words of each line; where the ends are not those of this code, of no kind."""
    places = [end for end, _ in ends]
    if places != sorted(places) or [*places[-1:]] != [len(code)] or places[0] < 0:
        ends = [[len(code), 0]]
    found: list[list[tuple[str, str]]] = [[]]
    start = 0
    for end, kind in ends:
        name = kinds[kind] if 0 <= kind < len(kinds) else ""
        first, *rest = code[start:end].split("\n")
        found[-1].append((name, _clean(first)))
        found += [[(name, _clean(text))] for text in rest]
        start = end
    return [[(kind, word) for kind, word in line if word] for line in found]


def _clean(text: str) -> str:
    return clean(text).replace("\n", "")
