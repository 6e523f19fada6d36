"""Files as students really hand them in: cut off, renamed, converted, merged, and no files at all.

Every one is the right answer to tests/small_course.py, or was before something happened to it. What
is odd in the code itself is in odd_code.py.
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
from typing import Any

from grader.submission import MAX_MB
from tests import odd_code
from tests.small_course import RIGHT

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


def code(source: Any, **others: Any) -> dict[str, Any]:
    """Return a code cell."""
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    return {**cell, "source": source, **others}


def text(source: str) -> dict[str, Any]:
    """Return a cell of text."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def notebook(*cells: Any, **others: Any) -> dict[str, Any]:
    """Return a notebook of nbformat 4."""
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **others}


LINES = RIGHT.splitlines(keepends=True)
ORDINARY = notebook(text("# Twice and half"), code(LINES), code("print('done')\n"))
GOOD = json.dumps(ORDINARY, indent=1, ensure_ascii=False).encode() + b"\n"


def hand_ins() -> Iterator[HandIn]:
    """Yield all of them; their names are unique."""
    for earns, kind in (
        (EVERYTHING, {**whole(), **encoded(), **odd_json(), **scripts()}),
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


def whole() -> dict[str, Any]:
    """Return notebooks that are odd, and hold the right answer."""
    bare = {"cell_type": "code", "source": RIGHT}
    sheet = {"cells": [{"cell_type": "code", "input": LINES, "language": "python"}]}
    deep: Any = {}
    for _ in range(900):
        deep = {"deeper": deep}
    picture = {"output_type": "display_data", "data": {"image/png": "A" * (30 << 20)}}
    return {
        **{f"nbformat 4.{n}": ORDINARY | {"nbformat_minor": n} for n in (0, 1, 2, 4, 9)},
        "nbformat 3": {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [sheet]},
        "nbformat 2": {"nbformat": 2, "worksheets": [sheet | {"cells": sheet["cells"]}]},
        "nbformat 3, two worksheets": {"nbformat": 3, "worksheets": [{"cells": []}, sheet]},
        "nbformat 5": ORDINARY | {"nbformat": 5},
        "nbformat is text": ORDINARY | {"nbformat": "four"},
        "nbformat is missing": {"cells": [code(RIGHT)]},
        "metadata 900 deep": ORDINARY | {"metadata": deep},
        "metadata of a cell 900 deep": notebook(code(RIGHT, metadata=deep)),
        "metadata of another language": ORDINARY | {"metadata": {"kernelspec": {"language": "R"}}},
        "metadata are a list": ORDINARY | {"metadata": []},
        "50,000 cells of text": notebook(*[text("x")] * 50_000, code(RIGHT)),
        "10,000 empty cells": notebook(*[code("")] * 10_000, code(RIGHT)),
        "outputs of 30 MB": notebook(code(RIGHT, outputs=[picture])),
        "outputs are text": notebook(code(RIGHT, outputs="none")),
        "outputs that lie": notebook(code(RIGHT, outputs=[{"text": "42 passed in 0.1s"}])),
        "a cell without anything else": notebook(bare),
        "keys that nobody knows": notebook(bare | {"id": 7, "attachments": None, "collapsed": []}),
        "cells that are none": notebook(None, 5, "x", [], {}, {"cell_type": None}, code(RIGHT)),
        "a cell of an unknown kind": notebook({"cell_type": "heading", "source": "x"}, code(RIGHT)),
        "source is a text": notebook(code(RIGHT)),
        "source is letters": notebook(code(list(RIGHT))),
        "source is a number elsewhere": notebook(code(5), code(1.5), code(True), code(RIGHT)),
        "source is an object elsewhere": notebook(code({"text": "x"}), code(None), code(RIGHT)),
        "source holds what is no text": notebook(code([*LINES, None, 5, ["x"]])),
        "source is missing elsewhere": notebook({"cell_type": "code"}, code(RIGHT)),
        "source with Windows lines": notebook(code(RIGHT.replace("\n", "\r\n"))),
        "source with old Mac lines": notebook(code(RIGHT.replace("\n", "\r"))),
        "source with form feeds": notebook(code("\f\n" + RIGHT)),
        "source with a byte order mark": notebook(code("\ufeff" + RIGHT)),
        "half a surrogate pair": notebook(code(RIGHT), code("x = '\ud83d'"), text("\udc00")),
        "an emoji in two halves": notebook(code(RIGHT + "x = '\ud83d\ude00'\n")),
        "a NUL elsewhere": notebook(code("x = '\0'"), code(RIGHT)),
        "names of other scripts": notebook(code("소스 = 'é'\n"), code(RIGHT)),
        "lines of a megabyte of text": notebook(text("x" * (1 << 20)), code(RIGHT)),
        "tags that lock it": notebook(code(RIGHT, metadata={"deletable": False, "tags": ["skip"]})),
    }  # fmt: skip


def encoded() -> dict[str, bytes]:
    """Return the ordinary notebook in every encoding that editors write."""
    names = "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"
    return {f"encoded in {name}": GOOD.decode().encode(name) for name in names} | {
        "ASCII alone": json.dumps(ORDINARY).encode(),
        "Windows lines": GOOD.replace(b"\n", b"\r\n"),
        "blanks in front": b"\n\n  \t" + GOOD,
        "blanks behind": GOOD + b"\n" * 1000,
        "no line breaks": json.dumps(ORDINARY, separators=(",", ":")).encode(),
    }


def odd_json() -> dict[str, bytes]:
    """Return JSON that only some programs write."""
    cell = json.dumps(code(RIGHT)).encode()
    return {
        "NaN in the metadata": b'{"metadata": NaN, "cells": [' + cell + b"]}",
        "infinity in the metadata": b'{"metadata": -Infinity, "cells": [' + cell + b"]}",
        "a number beyond all limits": b'{"metadata": 1e999999, "cells": [' + cell + b"]}",
        "a key twice": b'{"cells": [], "cells": [' + cell + b"]}",
        "letters escaped": GOOD.replace(b"import", rb"\u0069mport"),
    }


def scripts() -> dict[str, bytes]:
    """Return the answer as other programs export it."""
    head, double, halve = RIGHT.splitlines()
    parts = (f"{line}\n" for line in (head, double, halve))
    percent = "# %% [markdown]\n# # Title\n" + "".join(f"\n# %%\n{part}" for part in parts)
    return {
        "a script": RIGHT.encode(),
        "a script with Windows lines": RIGHT.replace("\n", "\r\n").encode(),
        "a script in UTF-16": RIGHT.encode("utf-16"),
        "a script with a byte order mark": b"\xef\xbb\xbf" + RIGHT.encode(),
        "a script with a shebang": b"#!/usr/bin/env python3\n# coding: utf-8\n" + RIGHT.encode(),
        "a py:percent script": percent.encode(),
        "a script of Spyder": RIGHT.replace("def", "#%%\ndef").encode(),
        "an export of nbconvert": RIGHT.replace("def", "\n# In[7]:\n\n\ndef").encode(),
        "an export of Colab": (
            '# -*- coding: utf-8 -*-\n"""Homework.ipynb\n\nAutomatically generated by Colab.\n"""'
            f"\n\n!pip install torch\n{head}\n\n"
            "# Commented out IPython magic to ensure Python compatibility.\n"
            f"# %%time\n# {double}\n\n{halve}\n\nfrom google.colab import drive\n"
            "drive.mount('/content/drive')\n"
        ).encode(),
        "a script with magics": f"%matplotlib inline\n!ls\n{RIGHT}\ntorch?\n".encode(),
    }


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
        "a pipe": (os.mkfifo, "no regular file"),
        "a socket": (bound, "cannot be read"),
        "a folder": (Path.mkdir, "cannot be read"),
        "nothing": (lambda path: None, "cannot be read"),
        "a file of 50 MB and one byte": (large, "Clear the outputs"),
        "a file of 100 MB": (partial(large, size=100 << 20), "Clear the outputs"),
    }
    if os.geteuid() == 0:
        device = (lambda path: os.mknod(path, 0o20644, os.makedev(1, 5)), "no regular file")
        places["a node of a device"] = device
    for name, (place, says) in places.items():
        yield HandIn(name, place, NOTHING, says)
