"""What Gradescope's "Export Submissions" says: folders, and one file that says whose they are."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

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
                f"A Gradescope export has one {METADATA}; here are {len(found)}. Take the zip of "
                "“Export Submissions”, or the folder that it unpacks to."
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
        people = [p for p in about.get(":submitters") or [] if isinstance(p, dict)]
        return [
            Claim(f"{known}", f"{p.get(':name') or ''}", below, moment, moment or 0)
            for p in people
            if (known := p.get(":sid") or p.get(":email"))
        ]


def _moment(said: object) -> float | None:
    """Return when Gradescope received it; YAML 1.1 means UTC if no zone is given."""
    if not isinstance(said, datetime):
        return None
    return (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()


def _metadata(path: Path) -> dict[str, Any]:
    """Read Gradescope's YAML: submissions by the name of their folder. Raises IntakeError."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, if installed
    if path.stat().st_size > MOST_METADATA_MB << 20:
        raise IntakeError(f"{path} has more than {MOST_METADATA_MB} MB.")
    try:
        about = yaml.load(path.read_bytes(), loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise IntakeError(f"{path} cannot be read: {error}") from None
    if not isinstance(about, dict):
        raise IntakeError(f"{path} does not list submissions.")
    return about
