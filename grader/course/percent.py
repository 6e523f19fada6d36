"""A cell of a py:percent file, read by jupytext."""

import sys
from typing import Any

ADDRESSES = "rfc3987_syntax"
"""A grammar of internet addresses, which comes with JupyterLab. jsonschema compiles it when it is
imported, 0.6 of the 0.9 s that importing jupytext takes; no notebook's schema asks for it."""


def read_cell(text: str) -> Any:
    """Return the only cell of a text that begins with a mark, as nbformat's NotebookNode.

    Raises ValueError where jupytext finds none or several, or cannot read the mark.
    """
    absent = ADDRESSES not in sys.modules
    if absent:
        sys.modules[ADDRESSES] = None  # type: ignore[assignment]  # importing it fails
    try:
        import jupytext  # here, so that only who reads an assignment waits for it
        import nbformat
    finally:
        if absent:
            del sys.modules[ADDRESSES]
    try:
        (cell,) = jupytext.reads(text, fmt="py:percent").cells
    except (nbformat.ValidationError, TypeError) as error:  # e.g. tags are no list
        raise ValueError(str(error)) from None
    return cell
