"""What was sent to Canvas, and what of it Canvas has acknowledged: a line of JSON each.

A line is on the disk before the next request is made. The last one may be torn by a crash: then its
request was not yet made, or not yet noted, and Canvas itself is asked (see plan.py).
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ...files import Unwritable
from ...model.errors import GraderError
from ...model.message import Message

NAME = "canvas.jsonl"


@dataclass(frozen=True)
class Sending:
    """One student's score and feedback on their way."""

    assignment: str
    """Its address."""
    user: int
    score: float
    """In Canvas's points, as the student then has it."""
    file: str
    """Name of the page, which holds a digest of everything that is sent with it."""
    acknowledged: bool = False


class Unread(GraderError):
    """A journal that says something unreadable in its middle."""


class Journal:
    """The journal of one assignment. Raises Unread."""

    def __init__(self, path: Path, assignment: str) -> None:
        self.path, self._assignment = path, assignment
        self._sent: dict[int, list[Sending]] = {}
        for line in self._lines():
            if line.assignment == assignment:
                self._sent.setdefault(line.user, []).append(line)

    def acknowledged(self, user: int) -> Sending | None:
        """Return what Canvas last has acknowledged of a student."""
        return next((one for one in self._of(user) if one.acknowledged), None)

    def open(self, user: int) -> list[Sending]:
        """Return what was sent after that, and not acknowledged; the last first."""
        found = []
        for one in self._of(user):
            if one.acknowledged:
                break
            found.append(one)
        return found

    def note(self, user: int, score: float, file: str, acknowledged: bool) -> None:
        """Add a line; when this returns, it is on the disk. Raises Unwritable."""
        line = Sending(self._assignment, user, score, file, acknowledged)
        try:
            with open(self.path, "ab") as out:
                torn = self._torn()
                out.write(f"{chr(10) * torn}{json.dumps(asdict(line))}\n".encode())
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise Unwritable(self.path, error) from error
        self._sent.setdefault(user, []).append(line)

    def _of(self, user: int) -> list[Sending]:
        return self._sent.get(user, [])[::-1]

    def _torn(self) -> bool:
        with open(self.path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            return file.read() not in (b"", b"\n")

    def _lines(self) -> Iterator[Sending]:
        texts = self.path.read_bytes().split(b"\n") if self.path.exists() else []
        for number, text in enumerate(texts, 1):
            try:
                yield Sending(**json.loads(text))
            except (ValueError, TypeError):
                if text and not _is_torn(text):
                    raise Unread(
                        Message(
                            "{file}:{n}: this is not a line of the journal: what was sent to "
                            "Canvas is not known. Take the file from a backup, or move it away: "
                            "then grades that stand in Canvas count as those of a person.",
                            file=self.path, n=number,
                        )
                    ) from None  # fmt: skip


def _is_torn(text: bytes) -> bool:
    """Whether a line is the beginning of one of ours."""
    whole = b'{"assignment": "'
    return text.startswith(whole[: len(text)]) and not text.endswith(b"}")
