"""The class at earlier moments: after each command, and when scores were written out.

Nothing in the store is overwritten, so a few numbers are enough to go back.
"""

import json
from copy import copy
from dataclasses import asdict

from ..model.message import Text, read
from .store import Moment, Store

MOMENT = 'submission, judgement, "override", late'


def mark(store: Store, published: Text = "") -> None:
    """Remember this moment: a command is done or, with its words, has `published` scores."""
    now = store.now()
    if not now.judgement or (not published and _latest(store) == now):
        return
    with store.transaction() as db:
        db.execute(
            'INSERT INTO marks (submission, judgement, "override", late, published)'
            " VALUES (?, ?, ?, ?, ?)",
            (*now, json.dumps(published, default=asdict) if published else ""),
        )


def base(store: Store) -> tuple[Store, Text]:
    """Return the class as it was when scores were last written out, and by which command.

    If they never were: as it was before the last command that changed anything, and no words.
    """
    row = store.db.execute(
        f"SELECT {MOMENT}, published FROM marks WHERE published != '' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    if row:
        return at(store, Moment(*row[:4])), read(json.loads(row[4]))
    now = store.now()
    earlier = store.db.execute(
        f"SELECT {MOMENT} FROM marks WHERE ({MOMENT}) != (?, ?, ?, ?) ORDER BY id DESC LIMIT 1", now
    ).fetchone()
    return at(store, Moment(*earlier) if earlier else now), ""


def at(store: Store, moment: Moment) -> Store:
    """Return a read-only view of the store at a moment."""
    past = copy(store)
    past.until = moment
    return past


def _latest(store: Store) -> Moment | None:
    row = store.db.execute(f"SELECT {MOMENT} FROM marks ORDER BY id DESC LIMIT 1").fetchone()
    return Moment(*row) if row else None
