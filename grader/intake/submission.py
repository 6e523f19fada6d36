"""A submission: its bytes, but not what they mean.

The trusted side only reads and hashes; parsing raised six kinds of exception in trials, so it is
done in the worker. A submission is never executed here, and links are not followed.
"""

import errno
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ..model.errors import GraderError
from ..model.message import Message
from .identity import FILLERS, LONGEST
from .original import original, stem

MAX_MB = 50
"""Larger files are refused unread; most of such a size is pictures and videos in outputs."""
NO_FILE = (errno.ELOOP, errno.EISDIR, errno.ENXIO, errno.ENODEV)
"""Errors from opening a link, a folder, a socket or a device without a driver; see open(2)."""

UNREADABLE = "unreadable"
"""Where the links lead that stand for members of an archive which cannot be read."""
NO_REGULAR_FILE = Message("The submission is not a regular file; hand in the notebook file itself.")


class Refused(GraderError):
    """A file cannot be graded; the message tells the student what to do."""


@dataclass(frozen=True)
class Submission:
    """One file, whoever handed it in."""

    path: Path
    data: bytes
    sha256: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a regular file of at most MAX_MB megabytes.

        Raises Refused for what the student can fix, and OSError for what only we can: a failing
        disk, a missing file, or one that we may not read.
        """
        try:
            with open(path, "rb", opener=open_unfollowed) as file:
                about = os.fstat(file.fileno())
                if not stat.S_ISREG(about.st_mode):
                    raise Refused(NO_REGULAR_FILE)
                if about.st_size > MAX_MB << 20:
                    raise Refused(
                        Message(
                            "The file has {size} MB, and {most} are accepted. Clear the outputs "
                            "(in Jupyter: Edit, Clear All Outputs), save it and submit it again.",
                            size=about.st_size >> 20,
                            most=MAX_MB,
                        )
                    )
                data = file.read(MAX_MB << 20)
        except OSError as error:
            if error.errno not in NO_FILE:
                raise
            raise Refused(_link(path) if path.is_symlink() else NO_REGULAR_FILE) from None
        return cls(path, data, hashlib.sha256(data).hexdigest())


def _link(path: Path) -> Message:
    """Say what a link stands for."""
    if os.readlink(path) == UNREADABLE:
        return Message(
            "The file has arrived damaged or with a password, so that nobody can open it. The "
            "course team has been told; if they ask you to, submit it again, without a password."
        )
    return Message("The submission is a link; hand in the notebook file itself.")


def student_id(path: Path, assignment: str) -> str:
    """Derive an id from a file name: `lastname_12345_attention.ipynb` gives `lastname_12345`.

    Letters of any script, digits, `_` and `-` stay; anything else, such as `/`, `..` and controls,
    becomes `_`. A name without any of them becomes a hash of its bytes.
    """
    name = "".join(c for c in own_part(path, assignment) if c not in FILLERS)
    name = re.sub(r"[^\w-]+", "_", name).strip("_-")[:LONGEST]
    return name or hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]


def own_part(path: Path, assignment: str) -> str:
    """Return what remains of a file's name without the assignment's name and suffixes.

    A mark of a copy goes as well if it follows that name: what precedes it is somebody's id.
    """
    named = re.compile(rf"[\s_-]*{re.escape(assignment)}$", re.IGNORECASE)
    name = stem(path.name)
    bare = original(name)[0]
    own = named.sub("", bare)
    return own if own != bare and own else name


def open_unfollowed(path: str, flags: int) -> int:
    """Open without following links and without waiting for the other end of a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
