"""Platforms that identify a file's owner by its name alone, and the course's own patterns.

A student chooses the end of such a name, not its beginning. So it is read from the left; if the
platform's part is a folder, the folder's whole name is read and nothing below it.
"""

import os
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..model.message import Message
from .platform import Claim, Files, IntakeError, Platform, changed

TOKENS = {"{id}": r"(?P<id>[^/\s]+?)", "{name}": r"(?P<name>[^/]+?)", "*": r"[^/]*"}
PACKED = re.compile(r".+\.(zip|tar|tgz|tar\.\w+)", re.IGNORECASE)
"""Folders into which somebody has unpacked a student's archive."""


@dataclass(frozen=True)
class Names:
    """Names that begin with the platform's part, or folders named by the platform.

    Groups of the patterns: id and, if present, name, inside, number, late, time.
    """

    files: tuple[re.Pattern[str], ...]
    folders: tuple[re.Pattern[str], ...] = ()
    clock: Callable[[str], float | None] = lambda _: None

    def claims(self, file: Path, parts: tuple[str, ...], shared: int = sys.maxsize) -> list[Claim]:
        """Read the first part of the path that matches; the rest is the student's.

        A folder called like a file is where somebody has unpacked a student's archive, unless it
        is one of the first `shared` ones: those hold all files, and are the course team's, such as
        `hw_1_2026_submissions/`. A file in it that is called like somebody else's is nobody's.
        """
        for depth, part in enumerate(parts, 1):
            below, sure = parts[depth:], depth == len(parts) or PACKED.fullmatch(part)
            if below and (fit := _first(self.folders, part)):
                return [self._claim(file, fit.groupdict(""), below)]
            if (sure or depth > shared) and (fit := _first(self.files, part)):
                inner = _first(self.files, parts[-1])
                torn = not sure and inner and inner["id"] != fit["id"]
                return [] if torn else [self._claim(file, fit.groupdict(""), below)]
        return []

    def are_sections(self, paths: Sequence[tuple[str, ...]]) -> bool:
        """Whether the first folders of these paths are the course team's, though called like files.

        So it is if everything in them is called so as well, nobody is in two, and somebody not
        alone in one: a student can make one such folder, but not all of them.
        """
        people: dict[str, set[str]] = defaultdict(set)
        for path in paths:
            fits = [_first(self.files, part) for part in path[:2]]
            if len(fits) < 2 or not all(fits) or PACKED.fullmatch(path[0]):
                return False
            people[path[0]] |= {fit["id"] for fit in fits[1:] if fit}
        everybody = set().union(*people.values())
        return 1 < len(people) < len(everybody) == sum(map(len, people.values()))

    def _claim(self, file: Path, said: dict[str, str], below: tuple[str, ...]) -> Claim:
        inside = "/".join(part for part in (said.get("inside", ""), *below) if part)
        also = _first(self.files, f"_{inside}")
        other = also["id"] if also else ""
        moment = self.clock(said.get("time", ""))
        return Claim(
            said["id"], said.get("name", ""), inside, changed(file) if moment is None else moment,
            attempt=moment or 0, number=int(said.get("number") or 0), late=bool(said.get("late")),
            also=other if other != said["id"] else "",
        )  # fmt: skip


def _first(patterns: Sequence[re.Pattern[str]], name: str) -> re.Match[str] | None:
    """Return the match of the first pattern that a name fits."""
    return next(filter(None, (pattern.fullmatch(name) for pattern in patterns)), None)


class Named:
    """An export in which names alone say whose the files are."""

    def __init__(self, names: Names, files: Files) -> None:
        folders = [parts[:-1] for _, parts in files]
        self._names = names
        self._shared = len(os.path.commonprefix(folders))  # noqa: RUF071  # of tuples of names
        while self._names.are_sections([parts[self._shared :] for _, parts in files]):
            self._shared += 1

    def claims(self, file: Path, parts: tuple[str, ...]) -> list[Claim]:
        """Return the owner by the first part of the path that matches."""
        return self._names.claims(file, parts, self._shared)


class Pattern:
    """Names that a course asks for, such as `{name}-{id}-*.ipynb`; the time is the file's.

    `beneath` is the platform that certainly named the files: it knows the times, and the pattern
    does not split its ids at a `_`. Raises IntakeError without an {id}.
    """

    def __init__(self, text: str, beneath: Platform | None = None) -> None:
        if text.count("{id}") != 1 or text.count("{name}") > 1:
            raise IntakeError(
                Message(
                    "a pattern has one {id} in it, and {text} does not", id="{id}", text=repr(text)
                )
            )
        self.depth = 1 + text.count("/")
        self._strict, self._loose = _regex(text, "_"), _regex(text, "")
        self._beneath = beneath

    def claims(self, file: Path, parts: tuple[str, ...]) -> list[Claim]:
        """Return the id in the name, or nobody if the name does not match."""
        name = "/".join(parts[-self.depth :])
        fit = self._strict.fullmatch(name) or self._loose.fullmatch(name)
        known = self._beneath.claims(file, parts) if self._beneath else []
        if fit is None:
            return [claim for claim in known if claim.receipt]
        said = fit.groupdict("")
        if len(known) != 1:
            return [Claim(said["id"], said.get("name", ""), parts[-1], changed(file))]
        (claim,) = known
        torn = f"_{claim.id}".endswith(f"_{said['id']}")
        return [claim if torn else replace(claim, id=said["id"], name=said.get("name", ""))]


def _regex(text: str, but: str) -> re.Pattern[str]:
    """Return a pattern's regular expression; the id has no letter of `but`."""
    tokens = TOKENS | {"{id}": rf"(?P<id>[^/\s{but}]+?)"}
    parts = re.split(r"(\{id\}|\{name\}|\*)", text)
    return re.compile("".join(tokens.get(p) or re.escape(p) for p in parts), re.IGNORECASE)
