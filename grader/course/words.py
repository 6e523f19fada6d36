"""What the folded cell of a notebook says, by the names that it has there; see `build`."""

from ..model.message import Message

WORDS = {
    "TITLE": Message("Run this cell once: it brings what checks your answers"),
    "UNFILLED": Message("not filled in yet"),
    "UNSEEN": Message("run its cell first, further up"),
    "LINE": Message("{name}, line {number}: {text}"),
    "DIFFER": Message("{one} and {other} differ most at {place}: {x} and {y}"),
    "APART": Message("{place}: {number} apart"),
    "HINT": Message("Hint {number}"),
    "BELOW": Message("{held} of {all} questions pass their checks."),
    "IN_ALL": Message("{held} of {all} questions, {passed} of {checks} checks pass."),
}
"""Templates, which the cell fills in with str.format."""
