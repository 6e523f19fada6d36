"""`grader diff`: whose score has changed, and why."""

import sys
from pathlib import Path

import click

from ..model.errors import ExitCode
from ..model.message import Message
from ..store.store import NAME, Store
from .terminal import console, plain, tell, voice

STORE = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("before", type=STORE)
@click.argument("after", type=STORE, required=False)
def diff(before: Path, after: Path | None) -> None:
    """Show whose score changed from BEFORE to AFTER, and why.

    BEFORE and AFTER are folders of `grader grade`, or backups. With BEFORE alone: what has changed
    since scores were last written by `grader gradebook`, `grader feedback` or `grader results` or,
    if they never were, what the last command changed. Also lists students whose submission is a
    different file or time.

    \b
    Examples:
      grader diff results
      grader diff monday.sqlite results

    Exit codes: 0 if nothing changed, 1 if something did.
    """
    from ..store.diff import between, since

    with Store(_file(before)) as old:
        voice.speak(old.language)
        if after is None:
            moves, published = since(old)
            if published:
                tell(Message("Since {moment}:", moment=published))
        else:
            with Store(_file(after)) as new:
                moves = list(between(old, new))
    for move in moves:
        was, now = ("—" if score is None else score for score in (move.before, move.after))
        console.print(f"{plain(move.student)}: {was} → {now}", markup=False, highlight=False)
        for reason in move.reasons:
            said_of_it = f"    {plain(voice.say(reason))}"
            console.print(said_of_it, markup=False, highlight=False, soft_wrap=True)
    moved = sum(move.before != move.after for move in moves)
    if not moves:
        tell(Message("No score moved."))
    elif len(moves) > moved:
        others = len(moves) - moved
        tell(Message("{moved} moved, and {others} handed in otherwise", moved=moved, others=others))
    else:
        tell(Message("{moved} moved", moved=moved))
    sys.exit(ExitCode.DIFFERS if moves else ExitCode.FINE)


def _file(path: Path) -> Path:
    """Return the store in a folder, or the store itself."""
    return path / NAME if path.is_dir() else path
