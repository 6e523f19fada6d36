"""A cell of a py:percent file, read by jupytext."""

import sys
from typing import Any

ADDRESSES = "rfc3987_syntax"
"""A grammar of internet addresses, which comes with JupyterLab. Importing jsonschema compiles it,
0.6 of the 0.9 s of importing jupytext; no notebook's schema needs it."""


def read_cell(text: str) -> Any:
    """Return the only cell of a text that begins with a mark, as nbformat's NotebookNode.

    Raises ValueError if jupytext finds none or several, or cannot read the mark.
    """
    absent = ADDRESSES not in sys.modules
    if absent:
        sys.modules[ADDRESSES] = None  # type: ignore[assignment]  # importing it fails
    try:
        import jupytext  # here, so that only reading an assignment waits for it
        import nbformat
    finally:
        if absent:
            del sys.modules[ADDRESSES]
    try:
        (cell,) = jupytext.reads(text, fmt="py:percent").cells
    except (nbformat.ValidationError, TypeError) as error:  # e.g. tags are not a list
        raise ValueError(str(error)) from None
    return cell
