"""How a class stood at earlier moments: when a command had done all of its work, and when scores
left the folder. Nothing in the store is overwritten, so a few numbers are enough to go back there.
"""

from copy import copy

from .store import Moment, Store

MOMENT = 'submission, judgement, "override", late'


def mark(store: Store, published: str = "") -> None:
    """Remember how the class stands: it is done or, with the words of a command, `published`."""
    now = store.now()
    if not now.judgement or (not published and _latest(store) == now):
        return
    with store.transaction() as db:
        db.execute(
            'INSERT INTO marks (submission, judgement, "override", late, published)'
            " VALUES (?, ?, ?, ?, ?)",
            (*now, published),
        )


def base(store: Store) -> tuple[Store, str]:
    """Return the class as it was when scores left the folder last, and by which command.

    While none have, as it was before the last command that changed anything, and no words.
    """
    row = store.db.execute(
        f"SELECT {MOMENT}, published FROM marks WHERE published != '' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    if row:
        return at(store, Moment(*row[:4])), row[4]
    now = store.now()
    earlier = store.db.execute(
        f"SELECT {MOMENT} FROM marks WHERE ({MOMENT}) != (?, ?, ?, ?) ORDER BY id DESC LIMIT 1", now
    ).fetchone()
    return at(store, Moment(*earlier) if earlier else now), ""


def at(store: Store, moment: Moment) -> Store:
    """Return the store as it was at a moment, for reading."""
    past = copy(store)
    past.until = moment
    return past


def _latest(store: Store) -> Moment | None:
    row = store.db.execute(f"SELECT {MOMENT} FROM marks ORDER BY id DESC LIMIT 1").fetchone()
    return Moment(*row) if row else None
