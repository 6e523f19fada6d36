"""When a submission is late, and by how many hours.

    2026-11-20 23:59                     on the clock of this machine; all of that minute is in time
    2026-11-20 23:59:30                  to the second
    2026-11-20                           all of that day
    2026-11-20 23:59 Europe/Berlin       on the clock there; +09:00, UTC and Z work as well

Elapsed time decides whether a submission is late. If the clock was changed since the deadline, the
hours are the elapsed ones or the difference of the two clock readings, whichever is less: due on
Saturday at 19:00 and submitted on Sunday at 18:30 is one day, even at the end of summer time.
"""

import math
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from ..model.message import Message

WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ] *(\d?\d:\d\d)(:\d\d)?)?(?:\s*(\S+))?")
OFFSET = re.compile(r"(?:UTC|GMT)?([+-]\d\d):?(\d\d)?")
LOCAL_TIME = Path("/etc/localtime")
"""A link to this machine's time zone, unless the environment names another."""


@dataclass(frozen=True)
class Deadline:
    """A moment; its whole minute, second or day is in time."""

    text: str
    """As the store keeps it: with its zone, so that it is the same moment on every machine."""
    start: float
    """When it begins, in seconds since 1970."""
    seconds: int
    """How long it lasts: 60, or 1 if seconds are given."""
    zone: tzinfo | None
    """None is the clock of this machine, if its zone has no name."""

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a deadline. Raises ValueError."""
        found = WRITTEN.fullmatch(text.strip())
        day, minute, second, where = found.groups() if found else ("", "", "", "")
        clock = f"{day} {(minute or '23:59').zfill(5)}{second or ''}"
        try:
            moment = datetime.fromisoformat(clock)
        except ValueError:
            raise ValueError(
                Message(
                    "{text} is not a deadline; one is such as 2026-11-20 23:59, with seconds "
                    "(23:59:30) or a time zone (23:59 Europe/Berlin, 23:59 +09:00) if you like.",
                    text=repr(text),
                )
            ) from None
        zone = _zone(where) if where else _here()
        # of an hour that occurs twice, the later one
        start = max(moment.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
        offset = f"{datetime.fromtimestamp(start).astimezone():%z}"
        said = where or getattr(zone, "key", offset)
        return cls(f"{clock} {said}", start, 1 if second else 60, zone)

    def is_late(self, moment: float) -> bool:
        """Whether a moment, in seconds since 1970, is after the deadline."""
        return moment >= self.start + self.seconds

    def hours_late(self, moment: float) -> float:
        """Return the hours after the deadline, rounded up to hundredths; 0 if in time."""
        if not self.is_late(moment):
            return 0.0
        elapsed = moment - self.start
        shown = (self._clock(moment) - self._clock(self.start)).total_seconds()
        counted = min(elapsed, shown) if shown > 0 else elapsed
        whole = max(counted // self.seconds, 1) * self.seconds  # as exact as the deadline
        return math.ceil(whole / 36) / 100

    def _clock(self, moment: float) -> datetime:
        """Return the reading of the clock there."""
        return datetime.fromtimestamp(moment, self.zone).replace(tzinfo=None)


def _zone(name: str) -> tzinfo:
    """Return the zone with this name or offset. Raises ValueError."""
    try:
        if found := OFFSET.fullmatch(name):
            hours, minutes = int(found[1]), int(f"{found[1][0]}{found[2] or '0'}")
            return timezone(timedelta(hours=hours, minutes=minutes))
        return UTC if name.upper() in ("Z", "UTC", "GMT") else ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError(
            Message(
                "there is no time zone {name}; one is such as Asia/Seoul, +09:00 or UTC.",
                name=repr(name),
            )
        ) from None


def _here() -> tzinfo | None:
    """Return this machine's zone, or None if it has no name."""
    name = (
        os.environ.get("TZ", "").removeprefix(":")
        or (os.path.realpath(LOCAL_TIME).rpartition("zoneinfo/")[2])
    )
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None
