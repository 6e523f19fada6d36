"""An archive with more files than are unpacked: nobody's folder of data crowds out a class.

Notebooks come first, then what lies in the fewest folders, and of each folder one file after the
other in turns: those of one student cost no other student a place.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..model.message import Text, counted
from .choice import listed
from .member import Member
from .walk import WORK


@dataclass(frozen=True)
class Excess:
    """What is unpacked of an archive, and what is not."""

    kept: list[Member]
    left: list[Member]

    @classmethod
    def of(cls, members: Sequence[Member], most: int) -> "Excess":
        """Keep at most `most` members, in their order."""
        if len(members) <= most:
            return cls([*members], [])
        seen: Counter[str] = Counter()
        ranks = []
        for number, member in enumerate(members):
            folder, _, name = member.name.rpartition("/")
            seen[folder] += 1
            kind = next((n for n, suffix in enumerate(WORK) if name.lower().endswith(suffix)), 2)
            ranks.append((kind > 0, folder.count("/"), seen[folder], kind, number))
        chosen = {number for *_, number in sorted(ranks)[:most]}
        kept = [member for number, member in enumerate(members) if number in chosen]
        left = [member for number, member in enumerate(members) if number not in chosen]
        return cls(kept, left)

    def doubts(self, archive: str) -> list[Text]:
        """Say which folders are not unpacked whole."""
        if not self.left:
            return []
        often = Counter(member.name.rpartition("/")[0] for member in self.left).most_common()
        folders = listed([repr(folder) for folder, _ in often])
        return [
            counted(
                "{archive} holds too many files: {n} is left out, in {folders}. If work is among "
                "them, unpack the archive yourself, and give its folder.",
                "{archive} holds too many files: {n} are left out, in {folders}. If work is among "
                "them, unpack the archive yourself, and give its folder.",
                n=len(self.left), archive=archive, folders=folders,
            )
        ]  # fmt: skip
