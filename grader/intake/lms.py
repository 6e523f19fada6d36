"""The platforms whose exports we read: one entry each, and how to recognize them.

canvas       kimminjun_LATE_4711_8899_attention.ipynb
moodle       Kim Minjun_4711_assignsubmission_file_/attention.ipynb, with or without folders
blackboard   Homework 1_kimm_attempt_2026-11-20-21-03-59_attention.ipynb
brightspace  70001-9911 - Kim Minjun - Nov 20, 2026 903 PM/attention.ipynb
gradescope   assignment_1_export/submission_42/attention.ipynb, and submission_metadata.yml
nbgrader     submitted/kimm/attention/attention.ipynb
classroom50  deep-attention_submissions_2026_…/deep-attention-kimm/attention.ipynb
PATTERN      your own, such as "{name}-{id}-*.ipynb": * is anything; {id} has neither blank nor /
"""

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..model import plugin
from ..model.message import Message
from .blackboard import Blackboard
from .canvas import Canvas
from .classroom import Classroom
from .gradescope import Gradescope
from .named import Named, Names, Pattern
from .nbgrader import Nbgrader
from .platform import Claim, Files, IntakeError, Platform

DAY = r"(?:[^\W\d]+ \d{1,2},? \d{4}|\d{1,2} [^\W\d]+,? \d{4})"
TIME = rf"(?:{DAY} \d{{3,4}}(?: [AP]M)?)"
"""As Brightspace writes it: without a colon, which Windows does not allow in names."""
TIMES = rf"(?P<time>{TIME}(?: - {TIME})*)"
CLOCK = re.compile(rf"({DAY}) (\d{{3,4}})( [AP]M)?", re.IGNORECASE)
DATES = ("%b %d, %Y", "%B %d, %Y", "%d %b, %Y", "%d %B, %Y", "%d %b %Y", "%d %B %Y")
GUESSES = ("{name}_{id}_*", "{name}-{id}-*", "{name} {id}.*", "{id}_*", "{id}-*")
"""Patterns to propose if a name fits no platform."""


@dataclass(frozen=True)
class Entry:
    """One platform."""

    reads: Callable[[Files, str], Platform]
    """Takes the files of an export and the name of the assignment; may raise IntakeError."""
    certain: bool
    """Whether only this platform makes such names, so that --names is not needed."""


def _brightspace_time(text: str) -> float | None:
    """Read `Nov 20, 2026 903 PM`, on this machine's clock; of several, the last valid one."""
    return max(filter(None, map(_time, CLOCK.finditer(text))), default=None)


def _time(found: re.Match[str]) -> float | None:
    said = f"{found[1]} {found[2].zfill(4)}{found[3] or ''}"
    for date in DATES:
        try:
            form = f"{date} {'%I%M %p' if found[3] else '%H%M'}"
            return datetime.strptime(said, form).timestamp()
        except ValueError:
            continue
    return None


CANVAS = Names(
    files=tuple(
        re.compile(pattern, re.DOTALL)
        for pattern in (
            r"(?P<late>LATE_)?anon_(?P<id>[0-9A-Za-z]{5})_(?P<number>\d+)_(?P<inside>.+)",
            r"(?P<name>[^/]*?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<number>\d+)_(?P<inside>.+)",
            r"(?P<name>[^/]*?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<inside>(?:text|link)\.html)",
        )
    )
)
MOODLE = Names(
    files=(
        re.compile(
            r"(?P<name>[^/]*?)_(?P<id>\d+)_assignsubmission_[a-z0-9]+_(?P<inside>.+)", re.DOTALL
        ),
    ),
    folders=(re.compile(r"(?P<name>[^/]*)_(?P<id>\d+)_assignsubmission_[a-z0-9]+_?"),),
)
BRIGHTSPACE = Names(
    files=(
        re.compile(
            rf"(?P<id>\d+)-\d+ - (?P<name>[^/]*?) ?- {TIMES} - (?P<inside>.+)",
            re.DOTALL | re.IGNORECASE,
        ),
    ),
    folders=(
        re.compile(rf"(?P<id>\d+)-\d+ - (?P<name>[^/]*) ?- (?P<time>{TIME})", re.IGNORECASE),
        re.compile(r"(?P<id>\d+)-\d+ - (?P<name>[^/]*) ?- [^/]*\d{4}[^/]*"),  # in other languages
    ),
    clock=_brightspace_time,
)
PLATFORMS = {
    "canvas": Entry(lambda files, _: Canvas(CANVAS, files), certain=False),
    "moodle": Entry(lambda files, _: Named(MOODLE, files), certain=True),
    "blackboard": Entry(lambda files, _: Blackboard(files), certain=True),
    "brightspace": Entry(lambda files, _: Named(BRIGHTSPACE, files), certain=True),
    "gradescope": Entry(lambda files, _: Gradescope(files), certain=True),
    "nbgrader": Entry(Nbgrader, certain=True),
    "classroom50": Entry(lambda files, _: Classroom(files), certain=False),
    "github": Entry(lambda files, _: Classroom(files), certain=False),
}


class Added:
    """A platform that another package reads."""

    def __init__(self, by: plugin.Plugin, files: Files, assignment: str) -> None:
        self._by, reads = by, by.load()
        with by.blamed():
            self._platform: Platform = reads(files, assignment)

    def claims(self, file: Path, parts: tuple[str, ...]) -> list[Claim]:
        """Return who submitted a file. Raises PluginError."""
        with self._by.blamed():
            found = self._platform.claims(file, parts)
            if not all(isinstance(claim, Claim) for claim in found):
                raise TypeError(f"claims() returned {found!r}")
        return found


def platform(names: str, files: Files, assignment: str) -> Platform:
    """Return the platform that reads these files. Raises IntakeError for unknown names.

    Raises PluginError for those of another package that cannot be used.
    """
    if entry := PLATFORMS.get(names):
        return entry.reads(files, assignment)
    if added := plugin.plugin(plugin.NAMES, names):
        return Added(added, files, assignment)
    beneath = PLATFORMS.get(recognised(files, assignment))
    try:
        return Pattern(names, beneath.reads(files, assignment) if beneath else None)
    except IntakeError as error:
        known = Message(
            "--names is {known}, or a pattern with {id} in it: {error}",
            known=[*PLATFORMS, *plugin.plugins(plugin.NAMES)], id="{id}", error=error,
        )  # fmt: skip
        raise IntakeError(known) from None


def recognised(files: Files, assignment: str, share: int = 2) -> str:
    """Return the platform that certainly named these files, or "".

    `share` is the part of them that must have its names: 2 for more than half.
    """
    for name, entry in PLATFORMS.items():
        if entry.certain:
            try:
                reader = entry.reads(files, assignment)
            except IntakeError:
                continue
            stamped = not isinstance(reader, Nbgrader) or reader.stamped
            if stamped and sum(bool(reader.claims(*one)) for one in files) * share > len(files):
                return name
    return ""


def proposal(file: Path, parts: tuple[str, ...], assignment: str) -> str:
    """Return a value of --names that a file name would fit, or ""."""
    files = [(file, parts)]
    for name, entry in PLATFORMS.items():
        if entry.certain or name == "canvas":
            with contextlib.suppress(IntakeError):
                if not isinstance(reader := entry.reads(files, assignment), Nbgrader) and (
                    reader.claims(file, parts)
                ):
                    return name
    return next((guess for guess in GUESSES if Pattern(guess).claims(file, parts)), "")
