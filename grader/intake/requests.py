"""Requests to look at checks again, from a mailbox or from what a form has collected.

What cannot be read is named, and nothing is dropped. Everything in these files may be hostile.
"""

import mailbox
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ..csv_table import TableError, table
from ..model.message import Message, Text, counted
from ..model.request import DIGEST, About, Request
from . import mail

MOST_BYTES, MOST_REQUESTS = 100_000_000, 5_000
MBOX = b"From "
"""Begins every mailbox file."""
COLUMNS = {"id": "student", "question": "question", "check": "check", "file": "file"}
"""Of a table, and what they are of a request."""
EITHER = Message(
    "{file}: a table of requests needs a column `id` or `file`; `question`, `check` and others are "
    "optional. A mailbox is a file in the format mbox."
)
TOO_LARGE = Message(
    "{file} has {n} MB, and {most} are the most: keep only the mails that are requests."
)
UNREAD = Message("{place}: this mail cannot be read ({error}): open it in your mail program.")


@dataclass
class Inbox:
    """What a file holds."""

    requests: list[Request] = field(default_factory=list)
    unread: list[Text] = field(default_factory=list)
    """What cannot be shown, and what to do."""


def read(path: Path) -> Inbox:
    """Read a mailbox (mbox), or a table (CSV). Raises TableError, and OSError."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        million = 1_000_000
        raise TableError(TOO_LARGE.format(file=path, n=size // million, most=MOST_BYTES // million))
    with path.open("rb") as file:
        begins = file.read(len(MBOX))
    inbox = Inbox()
    found = _mails(path, inbox) if begins == MBOX else _rows(path)
    inbox.requests += islice(found, MOST_REQUESTS)
    if more := sum(1 for _ in found):
        left = counted(
            "{n} more request is not shown: split the file.",
            "{n} more requests are not shown: split the file.",
            n=more,
        )
        inbox.unread.append(left)
    return inbox


def _mails(path: Path, inbox: Inbox) -> Iterator[Request]:
    """Yield the requests in a mailbox, and note those that cannot be read."""
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.keys(), 1):
            place = f"{path.name}:{number}"
            try:
                yield mail.read(box.get_bytes(key), place)
            except Exception as error:  # the parser has many of its own for what is malformed
                inbox.unread.append(UNREAD.format(place=place, error=type(error).__name__))
    finally:
        box.close()


def _rows(path: Path) -> Iterator[Request]:
    """Yield the requests in a table: known columns, and all others as text."""
    for place, row in table(path):
        if not row.keys() & {"id", "file"}:
            raise TableError(EITHER.format(file=path))
        about, _ = About.read("\n".join(row.values()))
        said = (f"{name}: {value}" for name, value in row.items() if name not in COLUMNS and value)
        _, text = About.read("\n".join(said))
        known = {of: row.get(column, "") for column, of in COLUMNS.items()}
        if not DIGEST.fullmatch(known["file"]):
            known["file"] = ""
        yield Request(f"{path.name}:{place.rpartition(':')[2]}", about, text).of(**known)
