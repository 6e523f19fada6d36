"""What was submitted instead of a notebook of this assignment, and names that are nearly right.

Asked only where none of the graded names is defined: what defines them is graded, whatever it is.
For grading it runs in the sandbox alone.
"""

import json
import re
from collections.abc import Iterable

from ..saying import Saying
from .read import AGAIN

SIGNS = {
    re.compile(r"version https://git-lfs\.github\.com/spec/"): Saying(
        "This file is a pointer of Git LFS: the notebook itself was not uploaded. Run `git lfs "
        "push`, see that the notebook opens where you hand it in, and submit it again."
    ),
    re.compile(r"\s*\[(InternetShortcut|Desktop Entry)\]|\s*<\?xml.*?<plist", re.DOTALL): Saying(
        "This file is a shortcut to a web page, not a notebook. {again}", again=AGAIN
    ),
    re.compile(r"\s*(\S+[^\n]{0,80}\n)?\s*https?://\S+\s*\Z"): Saying(
        "This file holds only a link, which nobody follows. {again}", again=AGAIN
    ),
    re.compile(r"(?:^|.*\n)\s*import marimo\b.*\bmarimo\.App\(", re.DOTALL): Saying(
        "This file is a marimo notebook, whose cells are not graded as they are. In marimo, choose "
        "Download > Download as ipynb, and submit that file."
    ),
    re.compile(r"\s*(library\(|using [A-Z]|#include|public class|% ?---|\\document)"): Saying(
        "This file is in another language than Python. {again}", again=AGAIN
    ),
}
"""What a text begins with, or is altogether, and what its student reads."""
NO_PYTHON = Saying("This file is text without any Python. {again}", again=AGAIN)
NOT_RUN = Saying(
    "The code of this file stands in text, or below %%writefile, %%python or %%bash, and is not "
    "run. Make it plain cells of code, see that they work, save the notebook as .ipynb and submit "
    "it again."
)
MOST = 5000
"""Names that are looked at."""
SHORTEST, LONGEST = 4, 100
"""Letters of a name that may be near to another: of shorter ones, too many are."""
KERNELS = re.compile(r"ir|julia.*|xcpp.*|xeus-.*|scala.*|almond|bash|javascript|rust|.*octave")
"""Kernels of other languages, where the metadata name none."""


def instead(
    data: bytes, names: Iterable[str], defined: Iterable[str], *, python: bool, bound: bool
) -> str:
    """Say what a file is in which none of the graded names is defined.

    Args:
        data: the file.
        names: those that are graded.
        defined: those that stand in it.
        python: whether there is any Python in it.
        bound: whether it has a statement that should define one, and does not: then it is the
            student's error, unless the file shows what else it is.
    """
    text = data.decode(json.detect_encoding(data), "replace")
    if language := _language(text):
        return Saying(
            "This notebook is written for {language}: submit one that is written in Python.",
            language=language,
        )
    for sign, said in SIGNS.items():
        if sign.match(text):
            return said
    if bound:
        return ""
    if not python:
        return NOT_RUN if any(_stands(name).search(text) for name in names) else NO_PYTHON
    if found := near(names, defined):
        own, asked = (", ".join(f"`{name}`" for name in part) for part in (found.values(), found))
        return Saying(
            "You define {own}, and the questions ask for {asked}: give these names back and submit "
            "the file again.",
            own=own, asked=asked,
        )  # fmt: skip
    return Saying(
        "This file defines none of the names that are graded here ({names}). Is it the one of "
        "another assignment? Then submit the right one, with these names in it.",
        names=", ".join(f"`{name}`" for name in names),
    )


def _stands(name: str) -> re.Pattern[str]:
    """Return what matches where a text defines a name, in JSON as well."""
    return re.compile(rf"(?:^|\s|\"|\\[nt])(?:def|class) +{re.escape(name)}\b")


def near(names: Iterable[str], defined: Iterable[str]) -> dict[str, str]:
    """Return, for each name that is not defined, one that differs from it by a letter."""
    own = [name for name in dict.fromkeys(defined) if len(name) < LONGEST][:MOST]
    wanted = [name for name in names if name not in own]
    found = {n: next((d for d in own if d not in names and _near(n, d)), "") for n in wanted}
    return {name: other for name, other in found.items() if other}


def _language(text: str) -> str:
    """Return the language that a notebook's metadata name, if it is not Python."""
    try:
        about = json.loads(text)["metadata"]
        kernel, info = about.get("kernelspec") or {}, about.get("language_info") or {}
        said = f"{info.get('name') or kernel.get('language') or ''}"
        name = f"{kernel.get('name') or ''}"
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, MemoryError):
        return ""
    if not said and KERNELS.fullmatch(name):
        said = "R" if name == "ir" else name
    return "" if said.lower() in ("", "python", "python3", "ipython") else said[:LONGEST]


def _near(one: str, other: str) -> bool:
    """Whether names are equal but for capitals and `_`, or one letter, or two that are swapped."""
    if one.casefold().replace("_", "") == other.casefold().replace("_", ""):
        return True
    if min(len(one), len(other)) < SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(other))
    a, b = one[at:], other[at:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2], a[2:]) == (b[1::-1], b[2:])
