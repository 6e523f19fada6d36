"""A cell of a py:percent file, read here where it is plain, and by jupytext where it is not.

Importing jupytext takes 0.4 s of CPU, more than everything else that a command does before it
judges. Cells with magics, with other marks than ours or with anything else that jupytext does not
take as it stands go to jupytext; what is read here is what it would read.
"""

import re
from typing import Any, NamedTuple

MARK = re.compile(
    r'# %%(?P<markdown> \[markdown\])?(?: question="(?P<question>[A-Za-z_]\w*)")?'
    r'(?: tags=\["(?P<tag>check|include)"\])?'
)
"""The marks that are read here."""
ODD = re.compile(
    r"[\s#]*[%!?]|[\s#]*#\s*\+|\s*(# )*\S*\?\s*$|.*=\s*[%!]|\s*#\s*%%"
    r"|[\s#]*(cat|cd|cp|mv|rm|rmdir|mkdir|copy|ddir|echo|ls|ldir|ren)(\s|$)"
)
"""What jupytext may take for a magic, a command, or the start of another cell."""


class Raw(NamedTuple):
    """A cell as a notebook has it."""

    cell_type: str
    source: str
    metadata: dict[str, Any]


def read_cell(text: str) -> Raw:
    """Return the only cell of a text that begins with a mark.

    Raises ValueError if jupytext finds none or several, or cannot read the mark.
    """
    return read_plain(text) or read_odd(text)


def read_plain(text: str) -> Raw | None:
    """Return a cell in which every line stands for itself; None for any other."""
    mark, *lines = text.splitlines() or [""]
    said = MARK.fullmatch(mark)
    if not said or any(map(ODD.match, lines)):
        return None
    if [bool(line.strip()) for line in [mark, *lines][-3:]] == [True, False, False]:
        del lines[-2:]
    elif lines and not lines[-1]:
        del lines[-1]
    metadata = {"question": said["question"], "tags": said["tag"] and [said["tag"]]}
    given = {key: value for key, value in metadata.items() if value}
    if not said["markdown"]:
        return Raw("code", "\n".join(lines), given)
    if not all(line.startswith("#") for line in lines):
        return None
    return Raw("markdown", "\n".join(line[1:].removeprefix(" ") for line in lines), given)


def read_odd(text: str) -> Raw:
    """Have jupytext read a cell."""
    from .notebook_format import nbformat  # first, as it spares jupytext the half of its import
    import jupytext  # isort: skip

    try:
        (cell,) = jupytext.reads(text, fmt="py:percent").cells
    except (nbformat.ValidationError, TypeError) as error:  # e.g. tags are not a list
        raise ValueError(str(error)) from None
    return Raw(cell.cell_type, cell.source, cell.metadata)
