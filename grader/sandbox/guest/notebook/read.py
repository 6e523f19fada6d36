"""Read a submission: bytes in, code cells out.

For grading it runs in the sandbox alone. Kernel, outputs and metadata of a notebook do
not matter.
"""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from ..saying import Saying
from . import markdown
from .cell import ELSEWHERE, Cell

MOST_CODE = 500_000
"""Characters of code; the outputs, which are what makes notebooks big, do not count."""

AGAIN = Saying("Save the notebook as .ipynb (File > Download in Colab) and submit that file.")
SIGNATURES = {
    b"PK\x03\x04": Saying("a zip archive"),
    b"PK\x05\x06": Saying("an empty zip archive"),
    b"\x1f\x8b": Saying("a compressed archive"),
    b"7z\xbc\xaf": Saying("a compressed archive"),
    b"Rar!": Saying("a compressed archive"),
    b"%PDF-": Saying("a PDF"),
    b"{\\rtf": Saying("a text document (RTF)"),
    b"\x89PNG": Saying("an image"),
    b"\xff\xd8\xff": Saying("an image"),
    b"GIF8": Saying("an image"),
}
NO_TEXT = Saying("This file is not text, so it is not a notebook. {again}", again=AGAIN)
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
CONFLICT = re.compile(r"^(<<<<<<<|>>>>>>>)", re.MULTILINE)
NOTEBOOK_LINE = re.compile(r'^\s*"cell_type":', re.MULTILINE)
AS_TEXT = re.compile(r'(?:"|\\n)(?:def \w+\(|class \w+[(:])')
"""A definition in a cell of a notebook's file."""
CELL_LINE = re.compile(
    r"^#[ ]?(?:%%(?:[ \t]+(.*))?|In[ ]?\[[\d* ]*\]:)[ \t]*$",  # py:percent and nbconvert
    re.MULTILINE,
)
TEXT_CELL = re.compile(r"\[(markdown|md|raw)\]")
NBCONVERT_MAGIC = re.compile(r"get_ipython\(\)\.run_cell_magic(\(.*\))\s*\Z")
COLAB_MAGIC = re.compile(
    r"^(# Commented out IPython magic[^\n]*\n(?:# #[^\n]*\n)*# %%(\w+)[^\n]*\n)((?:#[^\n]*\n?)+)",
    re.MULTILINE,
)


class Unreadable(Exception):
    """This is not a notebook; the message tells the student what it is and what to do."""


def read(data: bytes) -> list[Cell]:
    """Return the code cells of a notebook (nbformat 3 and 4) or of a Python script.

    Raises Unreadable, and nothing else, whatever the bytes are.
    """
    text = _text(data)
    try:
        document = json.loads(text)
    except (RecursionError, MemoryError):
        deep = Saying("This file is nested too deeply for a notebook. {again}", again=AGAIN)
        raise Unreadable(deep) from None
    except ValueError as error:
        if text.startswith(("{", "<<<<<<<")) or NOTEBOOK_LINE.search(text):
            raise Unreadable(_damage(text, error)) from None
        sources = list(_script_cells(text))
    else:
        sources = list(_notebook_cells(document))
    if not any(source.strip() for source in sources):
        if AS_TEXT.search(text):
            raise Unreadable(
                Saying(
                    "The code of this notebook stands in cells of text, which are not run. Make "
                    "them cells of code (in Jupyter: Esc, then Y), save it and submit it again."
                )
            )
        raise Unreadable(
            Saying("This file has no code in it. Is it the right one? {again}", again=AGAIN)
        )
    if (size := sum(len(source) + 1 for source in sources)) > MOST_CODE:
        raise Unreadable(
            Saying(
                "This file holds {size} characters of code; at most {most} are read. Delete the "
                "cells that do not belong to the assignment and submit it again.",
                size=f"{size:,}",
                most=f"{MOST_CODE:,}",
            )
        )
    return [Cell(number, _clean(source)) for number, source in enumerate(sources, 1)]


def _text(data: bytes) -> str:
    """Decode UTF-8, UTF-16 or UTF-32, with or without a mark. Raises Unreadable."""
    for start, kind in SIGNATURES.items():
        if data.startswith(start):
            raise Unreadable(
                Saying("This file is {kind}, not a notebook. {again}", kind=kind, again=AGAIN)
            )
    try:
        text = data.decode(json.detect_encoding(data), "surrogatepass")
    except (UnicodeDecodeError, MemoryError):
        raise Unreadable(NO_TEXT) from None
    if not (first := text[:1000].lstrip()) and not text.strip():
        raise Unreadable(Saying("This file is empty: save the notebook and submit it again."))
    if first.startswith("<") and not CONFLICT.match(first):
        raise Unreadable(Saying("This file is a web page, not a notebook. {again}", again=AGAIN))
    return text if not first.startswith("{") else text.lstrip()


def _damage(text: str, error: ValueError) -> Saying:
    """Say what is wrong with a notebook that is not valid JSON."""
    if CONFLICT.search(text):
        return Saying(
            "This notebook holds the marks of a merge conflict (<<<<<<<): resolve the conflict in "
            "git, open the notebook to see that it works, and submit it again."
        )
    if isinstance(error, json.JSONDecodeError):
        return Saying(
            "This notebook is damaged or cut off at line {line}: it is not valid JSON. Open it in "
            "Jupyter to see that it works, save it and submit it again.",
            line=error.lineno,
        )
    return Saying(
        "This notebook is damaged or cut off: it is not valid JSON. Open it in Jupyter to see that "
        "it works, save it and submit it again."
    )


def _notebook_cells(document: Any) -> Iterator[str]:
    """Yield the source of every code cell. Raises Unreadable."""
    sheets = [document]
    if isinstance(document, dict) and isinstance(document.get("worksheets"), list):
        sheets = document["worksheets"]  # nbformat 3
    for sheet in sheets:
        if not isinstance(sheet, dict) or not isinstance(sheet.get("cells"), list):
            raise Unreadable(
                Saying(
                    "This file is JSON, but not a notebook: it has no cells. {again}", again=AGAIN
                )
            )
        for cell in sheet["cells"]:
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                source = cell.get("source", cell.get("input", ""))
                lines = source if isinstance(source, list) else [source]
                yield "".join(line for line in lines if isinstance(line, str))


def _script_cells(text: str) -> Iterator[str]:
    """Yield the cells of a script (one cell if it has no cell lines). Raises Unreadable."""
    if CONTROL.search(text):
        raise Unreadable(NO_TEXT)
    text = COLAB_MAGIC.sub(_uncomment, text.replace("\r\n", "\n"))
    if (fenced := list(markdown.cells(text))) and not _is_python(text):
        yield from fenced
        return
    first, *rest = CELL_LINE.split(text)
    if re.search(r"^\s*[^#\s]", first, re.MULTILINE):
        yield first
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        if not TEXT_CELL.search(title or ""):
            yield _restore_magic(body.lstrip("\n"))


def _is_python(text: str) -> bool:
    """Whether a script is one as it stands: its docstrings may hold fences."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _uncomment(found: re.Match[str]) -> str:
    """Bring back a cell that Colab has commented out because of its `%%time`."""
    head, magic, body = found.groups()
    return head + (
        body if ELSEWHERE.fullmatch(magic) else re.sub("^# ?", "", body, flags=re.MULTILINE)
    )


def _restore_magic(source: str) -> str:
    """Bring back the cell that nbconvert has wrapped in `run_cell_magic("time", "", "...")`."""
    try:
        if found := NBCONVERT_MAGIC.match(source):
            magic, line, body = ast.literal_eval(found[1])
            return f"%%{magic} {line}\n{body}"
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        pass  # written by hand: it stays as it is
    return source


def _clean(source: str) -> str:
    """Replace what no source can hold (half a surrogate pair, NUL), and end lines in LF."""
    text = source.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\x00", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
