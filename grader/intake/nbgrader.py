"""Nbgrader's folder `submitted`: submitted/kimm/attention/attention.ipynb.

Beside the notebook lies timestamp.txt, written by nbgrader on submission.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ..model.message import Message
from .platform import Claim, Files, IntakeError, changed
from .submission import open_unfollowed

FOLDER, STAMP = "submitted", "timestamp.txt"


class Nbgrader:
    """A folder per student, with a folder per assignment in it.

    Raises IntakeError if there are several assignments, and none is the one to be graded.
    """

    def __init__(self, files: Files, assignment: str) -> None:
        self._root = _root([parts for _, parts in files])
        inside = [self._inside(parts) for _, parts in files]
        names = {parts[1] for parts in inside if len(parts) > 2}
        wanted = {name for name in names if name.casefold() == assignment.casefold()}
        if len(names) > 1 and not wanted:
            raise IntakeError(
                Message(
                    "These are submissions of several assignments, {names}, and none is called "
                    "{assignment}: give the files of one of them.",
                    names=sorted(names),
                    assignment=assignment,
                )
            )
        self._assignments = wanted or names
        self._moments = {
            parts[:2]: _moment(file)
            for (file, _), parts in zip(files, inside, strict=True)
            if len(parts) == 3 and parts[2] == STAMP
        }

    def claims(self, file: Path, parts: tuple[str, ...]) -> list[Claim]:
        """Return the name of the student's folder."""
        student, assignment, *inside = (*self._inside(parts), "", "")
        if assignment not in self._assignments or not any(inside):
            return []
        moment = self._moments.get((student, assignment))
        below = "/".join(filter(None, inside))
        return [
            Claim(
                student, "", below, moment or changed(file), moment or 0, receipt=below == STAMP
            )
        ]  # fmt: skip

    def of_another(self, parts: tuple[str, ...]) -> bool:
        """Whether a file was submitted for another assignment, or is not a submission."""
        inside = self._inside(parts)
        return not inside or (len(inside) > 2 and inside[1] not in self._assignments)

    def _inside(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """Return the path within `submitted`; () for what is outside."""
        depth = len(self._root)
        return parts[depth:] if parts[:depth] == self._root else ()

    @property
    def stamped(self) -> bool:
        """Whether nbgrader has written into these folders."""
        return bool(self._moments)


def _root(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the path to `submitted`, if a folder above it was given.

    It is the outermost one, and nbgrader's own stamps are below it; a student may have such a
    folder as well.
    """
    if any(len(parts) == 3 and parts[2] == STAMP for parts in paths):
        return ()
    found = {parts[: parts.index(FOLDER) + 1] for parts in paths if FOLDER in parts[:-3]}
    above = (one for one in found if all(parts[: len(one) - 1] == one[:-1] for parts in paths))
    return min(above, key=len, default=())


def _moment(file: Path) -> float | None:
    """Read `2026-11-20 14:00:00.000000 UTC`."""
    try:
        with open(file, "rb", opener=open_unfollowed) as stamp:
            text = stamp.read(100).decode().strip().removesuffix("UTC")
        moment = datetime.fromisoformat(text.strip())
    except (OSError, ValueError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
