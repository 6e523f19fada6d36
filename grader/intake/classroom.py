"""Clones of a class's GitHub repositories, one for each student.

    <classroom>-<assignment>_submissions_2026_11_20_T_23_59_59/<classroom>-<assignment>-<user>/…

is what Classroom 50's `gh teacher download` makes, with a table scores.csv beside them that names
users, times and groups; `<slug>-submissions/<slug>-<user>/…` is what GitHub Classroom made until
August 2026. Source: https://github.com/foundation50/classroom50/wiki/gh-teacher
"""

import csv
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .platform import Claim, Files

SCORES = "scores.csv"
ADDED = {SCORES, "result.json", "results.json"}
"""What `gh teacher download` adds to the clones."""
DOWNLOAD = re.compile(r"(?P<slug>.+?)(?:_submissions(?:_.*)?|-submissions)")


@dataclass(frozen=True)
class Row:
    """A student's last line in scores.csv."""

    moment: float | None = None
    late: bool = False
    url: str = ""
    """Of a release in the repository, which a group shares."""


class Classroom:
    """Repositories whose names end in the user name."""

    def __init__(self, files: Files) -> None:
        self._rows: dict[str, Row] = {}
        for file, parts in files:
            if parts[-1] == SCORES and len(parts) == 1 + bool(DOWNLOAD.fullmatch(parts[0])):
                self._rows |= _scores(file)
        loose = {parts[0].casefold() for file, parts in files if len(parts) > 1}
        self._prefix = _common(loose, self._rows)

    def claims(self, file: Path, parts: tuple[str, ...]) -> list[Claim]:
        """Return the user name, and those of the others who share the repository."""
        prefix, repository, *inside = *self._place(file, parts), ""
        if not prefix or not repository.startswith(prefix) or not any(inside):
            return []
        own = repository.removeprefix(prefix)
        shared = [u for u, row in self._rows.items() if f"/{repository}/" in f"{row.url}/"]
        below = "/".join(filter(None, inside))
        return [
            Claim(u, "", below, row.moment, row.moment or 0, late=row.late, receipt=below in ADDED)
            for u in dict.fromkeys([own, *shared])
            if (row := self._rows.get(u, Row()))
        ]

    def _place(self, file: Path, parts: tuple[str, ...]) -> tuple[str, ...]:
        """Return the common beginning of the repositories, this repository, and the path in it.

        The download's folder is a given one or the first below it; deeper ones are a student's.
        """
        whole = file.absolute().parts
        for at in range(1, len(whole) - len(parts) + 1):  # from outside: a name inside may look so
            found = DOWNLOAD.fullmatch(whole[at])
            prefix = f"{found['slug']}-".casefold() if found else ""
            if prefix and whole[at + 1 : -1] and whole[at + 1].casefold().startswith(prefix):
                return prefix, whole[at + 1].casefold(), *whole[at + 2 :]
        return self._prefix, parts[0].casefold(), *parts[1:]


def _common(repositories: set[str], rows: dict[str, Row]) -> str:
    """Return what all repositories begin with, up to a `-`; user names may contain `-` as well."""
    shared = os.path.commonprefix(sorted(repositories))  # noqa: RUF071  # of names
    for name in sorted(repositories):
        for user in rows:
            if name.endswith(f"-{user}") and shared.startswith(name.removesuffix(user)):
                return name.removesuffix(user)
    return shared[: shared.rfind("-") + 1] if len(repositories) > 1 else ""


def _scores(path: Path) -> dict[str, Row]:
    """Read the last line of each user, in lower case; an unreadable table has no users."""
    found: dict[str, Row] = {}
    try:
        table = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error):
        return found
    for line in table:
        user, moment = (line.get("username") or "").casefold(), _moment(line.get("datetime") or "")
        before = found.get(user, Row())
        if user and (moment or 0) >= (before.moment or 0):
            url = (line.get("review_url") or "").casefold()
            found[user] = Row(moment, line.get("late") == "true", url)
    return found


def _moment(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
