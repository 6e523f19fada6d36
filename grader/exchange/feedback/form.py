"""The form in which a platform takes feedback, and what every form has to say."""

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from ...intake.submission import open_unfollowed
from ...model.errors import GraderError
from ...model.message import Message
from ...model.standing import Standing
from ...store.entry import Entry

MOST_BYTES = 1 << 20
"""Of a file that a platform has put beside a submission."""


Files = Mapping[str, str | bytes]
"""Contents by their names within the zip or folder."""


class Elsewhere(GraderError):
    """This submission did not come from the platform, which has no place for its feedback."""


class Form(ABC):
    """One platform's form.

    A place is one submission there. Several students share one if they handed in together.
    """

    zipped = True
    """Whether the files go into a zip; otherwise into a folder."""
    next: Message
    """What to do with the `file`."""

    @abstractmethod
    def place(self, entry: Entry) -> str:
        """Return the place of what was handed in. Raises Elsewhere."""

    @abstractmethod
    def files(self, entry: Entry, standing: Standing, language: str) -> Files:
        """Return what goes back to the place of `entry`, by names. Raises Elsewhere."""

    def besides(self, language: str) -> Files:
        """Return what the zip needs besides."""
        return {}


def beside(path: Path) -> bytes | None:
    """Return what a small file says, without following a link; None if it is not one."""
    try:
        with open(path, "rb", opener=open_unfollowed) as file:
            if os.fstat(file.fileno()).st_size <= MOST_BYTES:
                return file.read(MOST_BYTES)
    except OSError:
        pass
    return None
