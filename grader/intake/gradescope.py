"""What Gradescope's "Export Submissions" says: folders, and one file that says whose they are."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..model.message import Message
from .platform import Claim, Files, IntakeError

METADATA = "submission_metadata.yml"
MOST_METADATA_MB = 100


class Gradescope:
    """An export, unpacked.

    Of several metadata files, the outermost counts, because a student may submit another. Raises
    IntakeError if it is missing or unreadable.
    """

    def __init__(self, files: Files) -> None:
        found = sorted(
            (len(parts), file) for file, parts in files if parts[-1] == METADATA and len(parts) < 4
        )
        if not found or [depth for depth, _ in found].count(found[0][0]) > 1:
            raise IntakeError(
                Message(
                    "A Gradescope export has one {file}; here are {count}. Take the zip of “Export "
                    "Submissions”, or the folder that it unpacks to.",
                    file=METADATA,
                    count=len(found),
                )
            )
        path = found[0][1]
        self._folder, self._about = path.parent, _metadata(path)

    def claims(self, file: Path, parts: tuple[str, ...]) -> list[Claim]:
        """Return the student id, or else the address, of each member of the group."""
        inside = file.relative_to(self._folder).parts if self._folder in file.parents else ()
        about = self._about.get(inside[0]) if len(inside) > 1 else None
        if not isinstance(about, dict):
            return []
        moment = _moment(about.get(":created_at"))
        below = "/".join(inside[1:])
        listed = about.get(":submitters")
        people = [p for p in (listed if isinstance(listed, list) else []) if isinstance(p, dict)]
        return [
            Claim(known, _text(p, ":name"), below, moment, moment or 0)
            for p in people
            if (known := _text(p, ":sid") or _text(p, ":email"))
        ]


def _text(person: dict[str, Any], key: str) -> str:
    """Return what is said of a person, or "" for nothing, as YAML writes it."""
    text = f"{person.get(key) or ''}"
    return "" if text.casefold() in ("~", "null") else text


def _moment(said: object) -> float | None:
    """Return when Gradescope received it; YAML 1.1 means UTC if no zone is given."""
    try:
        moment = datetime.fromisoformat(re.sub(r"\s+(?=[Z+-])", "", f"{said}"))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _metadata(path: Path) -> dict[str, Any]:
    """Read Gradescope's YAML: submissions by the name of their folder. Raises IntakeError."""
    import yaml  # here, as importing it takes 0.02 s

    # of text alone: an id 0042 is not a number in base 8; in C ten times as fast, if installed
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    if path.stat().st_size > MOST_METADATA_MB << 20:
        raise IntakeError(Message("{file} has more than {n} MB.", file=path, n=MOST_METADATA_MB))
    try:
        about = yaml.load(path.read_bytes(), loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        unread = Message("{file} cannot be read: {error}", file=path, error=error)
        raise IntakeError(unread) from None
    if not isinstance(about, dict):
        raise IntakeError(Message("{file} does not list submissions.", file=path))
    return about
