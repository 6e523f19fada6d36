"""Answers that are dicts: their values are compared key by key, whatever order they come in."""

from collections.abc import Iterable
from typing import Any

MOST = 40
"""Characters of a key that are said; a student may have chosen any."""


def ordered(value: dict[Any, Any]) -> list[Any]:
    """Return the values of a dict in the order of its keys, not in that of their arrival."""
    return [value[key] for key in sorted(value, key=repr)]


def unlike(have: object, due: object) -> str:
    """Say where one result is a dict and the other is not, or has other keys; empty if nowhere."""
    if isinstance(due, dict):
        if not isinstance(have, dict):
            return f"the result is not a dict with {_said(due)}"
        below = (unlike(have[key], due[key]) for key in due)
        return key_difference(have, due) or next(filter(None, below), "")
    if isinstance(have, dict):
        return f"the result is a dict, which is not asked for, with {_said(have)}"
    if isinstance(have, list | tuple) and isinstance(due, list | tuple):
        return next(filter(None, map(unlike, have, due)), "")
    return ""


def key_difference(have: Iterable[Any], due: Iterable[Any]) -> str:
    """Name the keys that are missing and those that are not asked for; empty if there are none."""
    have, due = list(have), list(due)
    missing, more = [k for k in due if k not in have], [k for k in have if k not in due]
    said = [f"lacks {_said(missing)}"] if missing else []
    said += [f"has more than is asked for: {_said(more)}"] if more else []
    return f"the dict that is returned {', and '.join(said)}" if said else ""


def _said(keys: Iterable[Any]) -> str:
    return ", ".join(f"`{str(key)[:MOST]}`" for key in keys) or "no key"
