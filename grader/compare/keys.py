"""Answers that are dicts: their values are compared key by key, whatever order they come in."""

from collections.abc import Iterable
from typing import Any

from ..model.message import Message, Text

MOST = 40
"""Characters of a key that are said; a student may have chosen any."""


def ordered(value: dict[Any, Any]) -> list[Any]:
    """Return the values of a dict in the order of its keys, not in that of their arrival."""
    return [value[key] for key in sorted(value, key=repr)]


def unlike(have: object, due: object) -> Text:
    """Say where one result is a dict and the other is not, or has other keys; empty if nowhere."""
    if isinstance(due, dict):
        if not isinstance(have, dict):
            return Message("the result is not a dict with {keys}", keys=_said(due))
        return key_difference(have, due) or _first(unlike(have[key], due[key]) for key in due)
    if isinstance(have, dict):
        return Message(
            "the result is a dict, which is not asked for, with {keys}", keys=_said(have)
        )
    if isinstance(have, list | tuple) and isinstance(due, list | tuple):
        return _first(map(unlike, have, due))
    return ""


def _first(found: Iterable[Text]) -> Text:
    return next((text for text in found if text), "")


def key_difference(have: Iterable[Any], due: Iterable[Any]) -> Text:
    """Name the keys that are missing and those that are not asked for; empty if there are none."""
    have, due = list(have), list(due)
    missing, more = [k for k in due if k not in have], [k for k in have if k not in due]
    if missing and more:
        return Message(
            "the dict that is returned lacks {keys}, and has more than is asked for: {others}",
            keys=_said(missing), others=_said(more),
        )  # fmt: skip
    if missing:
        return Message("the dict that is returned lacks {keys}", keys=_said(missing))
    if more:
        return Message(
            "the dict that is returned has more than is asked for: {keys}", keys=_said(more)
        )
    return ""


def _said(keys: Iterable[Any]) -> Text:
    return ", ".join(f"`{str(key)[:MOST]}`" for key in keys) or Message("no key")
