"""When each request for another look was first seen: a decision after that is its answer.

A mail's own date can be anything, and a form's has no format that all forms share.
"""

from collections.abc import Collection

from .act import present
from .database import Database

PREFIX = "request "


def first_seen(store: Database, keys: Collection[str]) -> dict[str, float]:
    """Return when each of these was first seen, in seconds since 1970; of a new one, that is now.

    `keys` are digests of requests.
    """
    known = _known(store)
    if new := [key for key in keys if key not in known]:
        with store.transaction() as db:
            lines = ((PREFIX + key, f"{present()}") for key in new)
            db.executemany("INSERT OR IGNORE INTO settings VALUES (?, ?)", lines)
        known = _known(store)
    return {key: known[key] for key in keys}


def _known(store: Database) -> dict[str, float]:
    query = "SELECT name, value FROM settings WHERE name >= ? AND name < ?"
    rows = store.db.execute(query, (PREFIX, f"{PREFIX}g"))  # hexadecimal digits come before g
    return {name.removeprefix(PREFIX): float(value) for name, value in rows}
