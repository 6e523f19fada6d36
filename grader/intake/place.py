"""Where the members of an archive go; their names were chosen by others."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from ..model.message import Message, Text, joined
from .member import Member
from .submission import Refused

LONGEST = 255
"""Bytes of a name on Linux; 84 Hangul syllables and a suffix exceed it."""
DEEPEST = 2000
"""Bytes of a path; Linux allows 4096, including the results folder."""
ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\\]")
DRIVE = re.compile(r"[A-Za-z]:(?! )")


@dataclass
class Place:
    """Where the members of an archive go: no two to the same place, none outside of the folder."""

    archive: Path
    remarks: list[Text] = field(default_factory=list)
    _files: set[tuple[str, ...]] = field(default_factory=set)
    _folders: set[tuple[str, ...]] = field(default_factory=set)

    def parts(self, member: Member) -> tuple[str, ...]:
        """Return folders and name of a member. Raises Refused if they lead outside."""
        name = member.name
        wanted = [part for part in name.split("/") if part not in ("", ".")]
        away = name.startswith(("/", "\\")) or DRIVE.match(name) or not wanted
        away = away or ".." in re.split(r"[/\\]", name)
        if away or not member.plain:
            raise Refused(
                Message(
                    "{archive} holds {name}, which leads out of its folder or is not a file. Look "
                    "who has submitted that; nothing was unpacked.",
                    archive=self.archive,
                    name=repr(member.name),
                )
            )
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
        if list(free) != [unicodedata.normalize("NFC", part) for part in wanted]:
            self._remark(
                Message(
                    "{archive}: {name} is unpacked as {safe}",
                    archive=self.archive.name,
                    name=repr(name),
                    safe=repr("/".join(free)),
                )
            )
        return free

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
    name = unicodedata.normalize("NFC", ODD.sub("_", part))
    if len(name.encode()) <= LONGEST:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > 20:
        stem, dot, suffix = name, "", ""
    end = f"~{_digest(part)}{dot}{suffix}"
    return stem.encode()[: LONGEST - len(end.encode())].decode(errors="ignore") + end


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
