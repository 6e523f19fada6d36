"""Where the members of an archive go; their names were chosen by others."""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import normalize

from ..model.message import Message, Text, joined
from .member import Member

LONGEST = 255
"""Bytes of a name on Linux; 84 Hangul syllables and a suffix exceed it."""
DEEPEST = 2000
"""Bytes of a path; Linux allows 4096, including the results folder."""
ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\\]")
UP = "__"
"""Stands for .., which would lead out of the folder."""
REMARK = Message("{archive}: {name} is unpacked as {safe}")
DOUBT = Message(
    "{archive}: {name} would lead out of its folder, and is unpacked as {safe}. Look who has "
    "submitted that."
)


@dataclass
class Place:
    """Where the members of an archive go: no two to the same place, none outside of the folder."""

    archive: Path
    remarks: list[Text] = field(default_factory=list)
    doubts: list[Text] = field(default_factory=list)
    """What a person must look at."""
    _files: set[tuple[str, ...]] = field(default_factory=set)
    _folders: set[tuple[str, ...]] = field(default_factory=set)

    def parts(self, member: Member) -> tuple[str, ...]:
        """Return the folders and the name of a member."""
        name = member.name
        given = [part for part in name.split("/") if part not in ("", ".")] or [""]
        wanted = [UP if part == ".." else part or "_" for part in given]
        parts = tuple(map(_safe, wanted))
        if len("/".join(parts).encode()) > DEEPEST:
            parts = (*parts[:2], _digest("/".join(parts)), parts[-1])
        free, number = parts, 1
        while self._taken(free):
            number += 1
            free = self._numbered(parts, number)
        self._files.add(free)
        self._folders |= {free[:depth] for depth in range(1, len(free))}
        for remark in member.remarks:
            self._remark(joined(": ", (self.archive.name, remark)))
        if name.startswith("/") or list(free) != [normalize("NFC", part) for part in given]:
            safe = {"name": repr(name), "safe": repr("/".join(free))}
            said = DOUBT if ".." in given else REMARK
            where = self.doubts if ".." in given else self.remarks
            where.append(said.format(archive=self.archive.name, **safe))
        if not member.plain:
            self.doubts.append(
                Message(
                    "{archive}: {name} is not a file but a link or a device, and leads nowhere now",
                    archive=self.archive.name,
                    name=repr("/".join(free)),
                )
            )
        return free

    def unreadable(self, name: Path, error: Exception) -> None:
        """Note that a member cannot be read."""
        self.doubts.append(
            Message(
                "{archive}: {name} cannot be read ({error}), and is not graded. Download the "
                "archive again, or ask for the file.",
                archive=self.archive.name, name=repr(f"{name}"), error=error,
            )
        )  # fmt: skip

    def _remark(self, text: Text) -> None:
        if text not in self.remarks:
            self.remarks.append(text)

    def _taken(self, parts: tuple[str, ...]) -> bool:
        above = {parts[:depth] for depth in range(1, len(parts))}
        return parts in self._files or parts in self._folders or bool(above & self._files)

    def _numbered(self, parts: tuple[str, ...], number: int) -> tuple[str, ...]:
        """Return another name for one that occurs twice, or is both a file and a folder."""
        above = [depth for depth in range(1, len(parts)) if parts[:depth] in self._files]
        at = (above[0] if above else len(parts)) - 1
        stem, dot, suffix = parts[at].rpartition(".")
        name = f"{stem}~{number}{dot}{suffix}" if stem else f"{parts[at]}~{number}"
        return (*parts[:at], _safe(name), *parts[at + 1 :])


def _safe(part: str) -> str:
    """Return a name that every Linux file system allows, keeping the platform's part."""
    name = normalize("NFC", ODD.sub("_", part))
    if len(name.encode()) <= LONGEST:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > 20:
        stem, dot, suffix = name, "", ""
    end = f"~{_digest(part)}{dot}{suffix}"
    return stem.encode()[: LONGEST - len(end.encode())].decode(errors="ignore") + end


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
