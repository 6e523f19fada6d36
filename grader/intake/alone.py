"""Files that no platform has named: each is a submission, and its name says whose."""

import os
import re
from pathlib import Path

from .original import original
from .platform import Claim, Files, changed
from .submission import own_part, student_id

NO_HAND_IN = re.compile(
    r"(?:requirements.*\.txt|readme.*|license.*|index\.html)|"
    r".*\.(?:csv|tsv|xlsx|ods|ya?ml|toml|ini|cfg|lock|log|db|sqlite|sh|bat)",
    re.IGNORECASE,
)
"""Tables and settings that lie beside submissions; none is a submission by itself."""


class Alone:
    """Reads names such as `kim_12345_attention.ipynb`: the id is kim_12345."""

    def __init__(self, assignment: str, files: Files) -> None:
        self._assignment = assignment
        roots = {os.path.abspath(file.parents[len(parts) - 1]) for file, parts in files}
        self._above = os.path.commonpath(roots) if roots else ""

    def claims(self, file: Path, parts: tuple[str, ...]) -> list[Claim]:
        """Return the id in a file's name; the same id in another folder is another person."""
        if NO_HAND_IN.fullmatch(file.name):
            return []
        own = own_part(file, self._assignment)
        folder = os.path.relpath(file.parent, self._above).removeprefix(".")
        wanted, near = student_id(file, self._assignment), original(own)[0]
        also = near if near != own else ""
        return [Claim(own, folder, file.name, changed(file), wanted=wanted, also=also)]
