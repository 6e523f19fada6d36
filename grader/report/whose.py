"""Whose pages are written: in a class of 100,000, all are 200,000 files, which few people open."""

from enum import StrEnum

from ..model.message import Message
from .outcome import FULL


class Whose(StrEnum):
    """A choice of --pages. Whoever has none can be given them at any time, from the store."""

    ALL = "all"
    FAILED = "failed"
    NONE = "none"

    @property
    def setting(self) -> str:
        """What a store keeps of it; nothing where it is as if nobody had chosen."""
        return "" if self is Whose.ALL else self

    @property
    def said(self) -> Message | None:
        """Who has no pages, for the terminal."""
        return SAID.get(self)

    def have(self, outcome: str) -> bool:
        """Whether a student whose submission ended in this way has pages."""
        return self is Whose.ALL or (self is Whose.FAILED and outcome != FULL)


SAID = {
    Whose.FAILED: Message(
        "Students with full marks have no pages (--pages failed): --pages all writes them, and "
        "`grader feedback` hands them out in any case."
    ),
    Whose.NONE: Message(
        "Students have no pages (--pages none): --pages all writes them, and `grader feedback` "
        "hands them out in any case."
    ),
}
