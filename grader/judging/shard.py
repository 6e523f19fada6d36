"""A share of a class: several machines judge one each, and `grader merge` merges the results."""

import hashlib
import re
from dataclasses import dataclass
from typing import Self

from ..model.message import Message


@dataclass(frozen=True)
class Shard:
    """One of `count` shares, which divide all bytes among them, whoever submits them and where."""

    number: int
    """From 1."""
    count: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Read "2/8", the second of eight. Raises ValueError."""
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text, re.ASCII)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise ValueError(
                Message(
                    "{text} is not a share of a class; the second of eight is 2/8.",
                    text=repr(text),
                )
            )
        return cls(int(found[1]), int(found[2]))

    def holds(self, digest: str) -> bool:
        """Whether bytes with this sha256 belong to it, or a file that was refused for a reason."""
        place = hashlib.sha256(digest.encode()).digest()  # a reason is not a number, but this is
        return int.from_bytes(place) % self.count == self.number - 1


WHOLE = Shard(1, 1)
