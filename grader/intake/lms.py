"""How platforms name what they export: who has handed in a file, and when.

canvas       kimminjun_LATE_4711_8899_attention.ipynb
moodle       Kim Minjun_4711_assignsubmission_file_/attention.ipynb
gradescope   assignment_1_export/submission_42/attention.ipynb, and submission_metadata.yml
github       attention-submissions/attention-kimminjun/attention.ipynb, as `gh classroom clone`
             makes it
PATTERN      your own, such as "{name}-{id}-*.ipynb": * is anything; {id} has no blank, / or _
"""

import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import yaml

PATTERNS = {
    "canvas": ("{name}_LATE_{id}_*_*", "{name}_{id}_*_*"),
    "moodle": ("{name}_{id}_assignsubmission_file*/*",),
}
TOKENS = {"{id}": r"(?P<id>[^/_\s]+)", "{name}": r"(?P<name>[^/]+?)", "*": r"[^/]*"}
METADATA = "submission_metadata.yml"
MOST_METADATA_MB = 100


class IntakeError(Exception):
    """Nothing can be taken in as it was asked for; the message says why."""


class Platform(Protocol):
    """What a platform says of the files in its export."""

    def students(self, file: Path, parts: tuple[str, ...]) -> list[str]:
        """Return the ids of who has handed in a file: one, a group, or none."""

    def moment(self, file: Path) -> float | None:
        """Return when that was, in seconds since 1970, or None where nobody knows."""


class Named:
    """Names that follow a pattern; the time is that of the file."""

    def __init__(self, names: str) -> None:
        texts = PATTERNS.get(names, (names,))
        self._patterns = [(_pattern(text), 1 + text.count("/")) for text in texts]

    def students(self, file: Path, parts: tuple[str, ...]) -> list[str]:
        """Return the id in the name, or none where the name does not fit."""
        fits = (pattern.fullmatch("/".join(parts[-depth:])) for pattern, depth in self._patterns)
        return [fit["id"] for fit in fits if fit][:1]

    def moment(self, file: Path) -> float:
        """Return when the file was changed."""
        return os.lstat(file).st_mtime


class Gradescope:
    """An export of submissions, unpacked: a folder for each, and one file that says whose it is.

    Raises IntakeError where that file is missing, more than one, or unreadable.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        found = [file for file in files if file.name == METADATA]
        if len(found) != 1:
            raise IntakeError(
                f"A Gradescope export has one {METADATA}; here are {len(found)}. Take the zip of "
                "“Export Submissions”, or the folder that it unpacks to."
            )
        self._folder, self._about = found[0].parent, _metadata(found[0])

    def students(self, file: Path, parts: tuple[str, ...]) -> list[str]:
        """Return the student ids, or else the addresses, of everybody in the group."""
        people = self._submission(file).get(":submitters") or []
        return [f"{p[':sid'] or p[':email']}" for p in people if p.get(":sid") or p.get(":email")]

    def moment(self, file: Path) -> float | None:
        """Return when Gradescope took it."""
        match self._submission(file).get(":created_at"):
            case datetime() as moment:  # YAML 1.1: UTC, where no zone is given
                return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        return None

    def _submission(self, file: Path) -> dict[str, Any]:
        inside = file.relative_to(self._folder).parts if self._folder in file.parents else ()
        about = self._about.get(inside[0]) if len(inside) > 1 else None
        return about if isinstance(about, dict) else {}


class Clones:
    """Clones of the repositories of a GitHub Classroom assignment."""

    def students(self, file: Path, parts: tuple[str, ...]) -> list[str]:
        """Return the user's name: what the repository's name has beyond the assignment's."""
        for folder, repository in pairwise(file.absolute().parts[:-1]):
            slug, dash, rest = folder.rpartition("-submissions")
            if dash and not rest and repository.startswith(f"{slug}-"):
                return [repository.removeprefix(f"{slug}-")]
        return []

    def moment(self, file: Path) -> None:
        """Return None: the files of a clone have the time of the clone."""


def platform(names: str, files: Iterable[Path]) -> Platform:
    """Return what reads these files. Raises IntakeError for unknown names."""
    match names:
        case "gradescope":
            return Gradescope(files)
        case "github":
            return Clones()
    return Named(names)


def _pattern(text: str) -> re.Pattern[str]:
    """Return what a pattern of names matches. Raises IntakeError where it has no {id}."""
    if text.count("{id}") != 1 or text.count("{name}") > 1:
        raise IntakeError(
            "--names is canvas, moodle, gradescope, github, or a pattern with {id} in it, "
            f"not {text!r}"
        )
    parts = re.split(r"(\{id\}|\{name\}|\*)", text)
    regex = "".join(TOKENS[part] if part in TOKENS else re.escape(part) for part in parts)
    return re.compile(regex, re.IGNORECASE)


def _metadata(path: Path) -> dict[str, Any]:
    """Read Gradescope's YAML: submissions by the name of their folder. Raises IntakeError."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, if it is there
    if path.stat().st_size > MOST_METADATA_MB << 20:
        raise IntakeError(f"{path} has more than {MOST_METADATA_MB} MB.")
    try:
        about = yaml.load(path.read_bytes(), loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise IntakeError(f"{path} cannot be read: {error}") from None
    if not isinstance(about, dict):
        raise IntakeError(f"{path} does not list submissions.")
    return about
