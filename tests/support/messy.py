"""Files as students really hand them in: cut off, renamed, converted, merged, and no files at all.

Odd files that do no harm are in odd_files.py, and odd code is in odd_code.py.
"""

import gzip
import io
import json
import os
import pickle
import random
import socket
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from grader.intake.submission import MAX_MB
from tests.support import odd_code, odd_files
from tests.support.odd_files import GOOD, ORDINARY, code, notebook, text
from tests.support.small_course import RIGHT

EVERYTHING, NOTHING, ANYTHING = "everything", "nothing", "anything"


@dataclass(frozen=True)
class HandIn:
    """One of them, and what a fair grader makes of it."""

    name: str
    place: Callable[[Path], object]
    """Puts it where submissions are."""
    earns: str
    """EVERYTHING, NOTHING, or ANYTHING where chance decides what is left of it."""
    says: str = ""
    """What the student is told, as a regular expression."""


def hand_ins() -> Iterator[HandIn]:
    """Yield all of them; their names are unique."""
    for earns, kind in (
        (EVERYTHING, odd_files.all_of_them()),
        (NOTHING, {**no_notebooks(), **conflicts()}),
        (ANYTHING, dict(flipped())),
    ):
        for name, data in kind.items():
            content = data if isinstance(data, bytes) else json.dumps(data).encode()
            yield HandIn(name, partial(_write, content), earns)
    yield from truncated()
    yield from no_files()
    for odd in odd_code.notebooks():
        book = json.dumps(notebook(*map(code, odd.cells))).encode()
        earns = ANYTHING if odd.says else EVERYTHING
        yield HandIn(odd.name, partial(_write, book), earns, odd.says)


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def truncated() -> Iterator[HandIn]:
    """Yield a notebook whose upload broke off, at every hundredth of it."""
    for part in range(1, 100):
        cut = GOOD[: len(GOOD) * part // 100]
        yield HandIn(f"cut at {part} %", partial(_write, cut), NOTHING, "cut off|not a notebook")


def flipped() -> Iterator[tuple[str, bytes]]:
    """Yield a notebook with one bit, and with ten bytes, changed."""
    chance = random.Random(0)
    for number in range(40):
        data = bytearray(GOOD)
        if number % 2:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        else:
            for _ in range(10):
                data[chance.randrange(len(data))] = chance.randrange(256)
        yield f"bytes changed, {number}", bytes(data)


def no_notebooks() -> dict[str, bytes]:
    """Return files of other kinds whose names end in .ipynb."""
    packed, tape = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("homework.ipynb", GOOD)
    with tarfile.open(fileobj=tape, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("homework.ipynb"))
    return {
        "an empty file": b"",
        "blanks": b" \n\t\n",
        "zeros": bytes(5000),
        "a zip archive": packed.getvalue(),
        "a tar archive": tape.getvalue(),
        "a gzip archive": gzip.compress(GOOD),
        "a 7z archive": b"7z\xbc\xaf\x27\x1c" + bytes(20),
        "a rar archive": b"Rar!\x1a\x07" + bytes(20),
        "a Word document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
        "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
        "a web page": b"<!DOCTYPE html>\n<html><body>Sign in</body></html>",
        "a web page in UTF-16": "<html><body>Sign in</body></html>".encode("utf-16"),
        "an XML file": b"<?xml version='1.0'?><cells/>",
        "rich text": b"{\\rtf1\\ansi hello}",
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(50),
        "a photo": b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(50),
        "a program": b"\x7fELF\x02\x01\x01" + bytes(50),
        "compiled Python": b"\xa7\r\r\n" + bytes(50),
        "a pickle": pickle.dumps(ORDINARY),
        "a database": b"SQLite format 3\0" + bytes(50),
        "Latin-1": GOOD.replace(b"done", "façade".encode("latin-1")),
        "text as Windows writes it in Korea": "# 숙제\n".encode("cp949") + RIGHT.encode(),
        "half a character": GOOD[:100] + b"\xe2\x82" + GOOD[100:],
        "a letter": b"Dear Sir or Madam,\n\nmy laptop has been stolen.\n",
        "a table": b"name,points\nkim,5\n",
        "only comments": b"# to do\n",
        **{f"JSON: {data}": data.encode() for data in (
            "[]", "{}", "12", "null", "true", '"cells"', "[[]]", '{"cells": 5}', '{"cells": {}}',
            '{"cells": []}', '{"worksheets": []}', '{"worksheets": [5]}', '{"name": "torch"}',
        )},
        "a list nested 100,000 deep": b"[" * 100_000,
        "cells nested 5,000 deep": b'{"cells": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        "a number of 5,000 digits": b'{"cells": [' + b"1" * 5000 + b"]}",
        "Python instead of JSON": str(ORDINARY).encode(),
        "a comma at the end": GOOD.replace(b"\n}", b",\n}"),
        "comments in JSON": b"// my notebook\n" + GOOD,
        "two notebooks in one file": GOOD + GOOD,
        "only text cells": json.dumps(notebook(text(RIGHT))).encode(),
        "only raw cells": json.dumps(notebook({"cell_type": "raw", "source": RIGHT})).encode(),
        "only empty cells": json.dumps(notebook(code(""), code(" \n"))).encode(),
        "source is a number": json.dumps(notebook(code(5))).encode(),
        "too much code": json.dumps(notebook(code("x = 1\n" * 100_000), code(RIGHT))).encode(),
    }  # fmt: skip


def conflicts() -> dict[str, bytes]:
    """Return notebooks that were committed with the marks of a merge conflict."""
    ours, base, theirs = b"<<<<<<< HEAD\n", b"||||||| 1234567\n", b">>>>>>> fix\n"
    line = b'   "source"'
    return {
        "a conflict": GOOD.replace(line, ours + line + b": 1\n=======\n" + theirs + line),
        "a conflict with the base": GOOD.replace(line, ours + base + b"=======\n" + theirs + line),
        "a conflict in all of it": ours + GOOD + b"=======\n" + GOOD + theirs,
        "the beginning of a conflict": ours + GOOD,
        "the end of a conflict": GOOD + theirs,
    }


def no_files() -> Iterator[HandIn]:
    """Yield what is no regular file, or no longer there."""
    good = b"the good one, beside it"

    def linked(path: Path) -> None:
        path.with_suffix(".kept").write_bytes(GOOD + good)
        path.symlink_to(path.with_suffix(".kept"))

    def bound(path: Path) -> None:
        folder = os.open(path.parent, os.O_PATH)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"/proc/self/fd/{folder}/{path.name}")  # at most 107 bytes
        os.close(folder)

    def large(path: Path, size: int = (MAX_MB << 20) + 1) -> None:
        path.write_bytes(GOOD)
        os.truncate(path, size)

    places: dict[str, tuple[Callable[[Path], object], str]] = {
        "a link": (linked, "is a link"),
        "a link to nothing": (lambda path: path.symlink_to("nothing"), "is a link"),
        "a link to itself": (lambda path: path.symlink_to(path), "is a link"),
        "a link to a device": (lambda path: path.symlink_to("/dev/zero"), "is a link"),
        "a link to a folder": (lambda path: path.symlink_to("/"), "is a link"),
        "a pipe": (os.mkfifo, "not a regular file"),
        "a socket": (bound, "not a regular file"),
        "a folder": (Path.mkdir, "not a regular file"),
        "a file of 50 MB and one byte": (large, "Clear the outputs"),
        "a file of 100 MB": (partial(large, size=100 << 20), "Clear the outputs"),
    }
    if os.geteuid() == 0:
        device = (lambda path: os.mknod(path, 0o20644, os.makedev(1, 5)), "not a regular file")
        places["a node of a device"] = device
    for name, (place, says) in places.items():
        yield HandIn(name, place, NOTHING, says)
