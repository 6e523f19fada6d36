"""Which submissions look like copies of one another: evidence for a person, never a penalty.

    parse in the sandbox → fingerprints → leave out the skeleton's → rank pairs → groups

Common code weighs little: a shared fingerprint counts log((N + 1) / n) if n of N documents have it.
"""

from collections.abc import Sequence

from ..csv_table import written
from ..model.language import DEFAULT
from ..model.message import Text
from ..report.page import template
from .document import Document
from .group import groups, in_turns
from .pair import Pair

MOST_LISTED = 1_000
"""Pairs in the page's table."""
MOST_SHOWN = 100
"""Pairs shown side by side."""
FEW = 30
"""Students of a group who are named without unfolding it."""


def table(pairs: Sequence[Pair]) -> str:
    """Return a CSV: score, shared fingerprints, and the two students."""
    rows = [(f"{p.score:.3f}", p.shared, p.one.student, p.other.student) for p in pairs]
    return written([("score", "shared", "one", "other"), *rows])


def page(
    title: str, documents: Sequence[Document], pairs: Sequence[Pair],
    unread: list[tuple[str, Text]], language: str = DEFAULT,
) -> str:  # fmt: skip
    """Return groups, the pairs that connect them, and some of these side by side, as a page."""
    found = groups(pairs)
    connecting = in_turns(found)
    return template("similarity.html", language).render(
        title=title, count=len(documents), pairs=len(pairs), connecting=len(connecting),
        listed=connecting[:MOST_LISTED], shown=connecting[:MOST_SHOWN], few=FEW,
        groups=[group.students for group in found if len(group.students) > 2], unread=unread,
    )  # fmt: skip
