"""Odd files that hold the right answer to tests/support/small_course.py all the same."""

import json
from typing import Any

from tests.support.small_course import RIGHT


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


def all_of_them() -> dict[str, Any]:
    """Return every one, by name: bytes, or what becomes JSON."""
    return {**whole(), **encoded(), **odd_json(), **scripts()}


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
