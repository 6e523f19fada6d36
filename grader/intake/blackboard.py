"""What Blackboard's "Assignment File Download" says of its files.

    Homework 1_lee_s_attempt_2026-11-20-21-03-59_attention.ipynb
    Homework 1_lee_s_attempt_2026-11-20-21-03-59.txt   begins: Name: Lee Seo (lee_s)

Both the title and the user name may contain `_`. Blackboard's own text beside the submission says
where the title ends, or else the common beginning of all names.
"""

import os
import re
from datetime import datetime
from pathlib import Path

from .platform import Claim, Files
from .submission import open_unfollowed

ATTEMPT = "attempt|intento|tentativ[aeo]|Versuch|poging|försök|forsøk|попытка|시도|試行|尝试"
"""In the languages of Blackboard's sites."""
NAME = re.compile(
    rf"(?P<head>[^/]+?)_(?:{ATTEMPT})_(?P<time>\d{{4}}(?:-\d\d){{5}})(?:_(?P<inside>.+)|\.txt)",
    re.DOTALL,
)
FIRST_LINE = re.compile(r"[^\W\d_]+ ?: .*\((?P<user>[^()]+)\)\s*")
MANY = 3
"""So many users hardly all have names that begin alike up to a `_`."""


class Blackboard:
    """Names made of title, user, time and a part that the student chose."""

    def __init__(self, files: Files) -> None:
        fits = [(file, fit) for file, parts in files if (fit := NAME.fullmatch(parts[-1]))]
        said = {fit["head"]: _user(file) for file, fit in fits if fit["inside"] is None}
        self._users = {
            head: user for head, user in said.items() if user and head.endswith(f"_{user}")
        }
        heads = {fit["head"] for _, fit in fits}
        titles = {head.removesuffix(user) for head, user in self._users.items()}
        self._title = titles.pop() if len(titles) == 1 else _common(heads)

    def claims(self, file: Path, parts: tuple[str, ...]) -> list[Claim]:
        """Return the user name."""
        fit = NAME.fullmatch(parts[-1])
        if fit is None:
            return []
        head = fit["head"]
        user = self._users.get(head) or head.removeprefix(self._title)
        try:
            moment = datetime.strptime(fit["time"], "%Y-%m-%d-%H-%M-%S").timestamp()
        except ValueError:  # a thirteenth month
            return []
        receipt = fit["inside"] is None
        return [Claim(user, "", fit["inside"] or "", moment, moment, receipt=receipt)]


def _user(file: Path) -> str:
    """Return the user named by the text beside a submission; a student's words come later in it."""
    try:
        with open(file, encoding="utf-8", errors="replace", opener=open_unfollowed) as text:
            found = FIRST_LINE.fullmatch(text.readline(1000).removeprefix("\ufeff"))
    except OSError:
        return ""
    return found["user"] if found else ""


def _common(heads: set[str]) -> str:
    """Return the title that all names begin with, up to a `_`."""
    shared = os.path.commonprefix(sorted(heads))  # noqa: RUF071  # of names
    if len(heads) < MANY:
        return shared[: shared.find("_") + 1]
    return shared[: shared.rfind("_") + 1]
