"""The command that merges what several machines have judged."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from ..model.errors import ExitCode
from ..model.message import Message, Text, counted, joined, some
from ..report.whose import Whose
from ..store.history import mark
from ..store.store import NAME, Store
from .options import PAGES
from .terminal import console, refusal, tell, voice

FEW = 10
"""Names in a list whose length is said beside it."""


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.argument(
    "shards", metavar="SHARD_OUT...", nargs=-1, required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)  # fmt: skip
@PAGES
def merge(out: Path, shards: tuple[Path, ...], pages: Whose | None) -> None:
    """Merge the results of shards into OUT.

    Each SHARD_OUT is a folder of `grader grade --shard I/N -o SHARD_OUT`.

    Fails, and changes nothing, if shards contradict each other: a different assignment, checks, key
    or versions, two submissions of one student, or two verdicts on the same bytes. Earlier results
    in OUT stay in its history. Merging again changes nothing. Which pages the shards have does not
    matter.

    \b
    Example:
      grader merge results shard_1 shard_2 --pages all

    Exit codes: 0 if everybody was judged; 2 if the shards cannot be merged; 3 if a shard is missing
    or incomplete, shards had different sandboxes, or a person should look.
    """
    from ..report.export import Export
    from ..store.merge import Merge
    from .summary import Summary

    if out.resolve() in [path.resolve() for path in shards]:
        raise refusal(
            Message("{folder} is one of the shards; choose a folder of its own.", folder=out)
        )
    with ExitStack() as stack:
        stores = [stack.enter_context(Store(path / NAME)) for path in shards]
        voice.speak(stores[0].language)
        merged = Merge(stores)
        store = stack.enter_context(Store(out / NAME, make=True))
        new = merged.into(store)
        if pages:
            store.set("pages", pages.setting)
        mark(store)
        voice.speak(store.language)
        export = Export(store, out)
        export.write()
        summary = Summary(export.roll())
        summary.show(console)
        layers = merged.layers()
        left = [entry.student for entry in store.entries() if entry.record is None]
    tell(
        counted(
            "{new} judgements are new, of {n} submission.",
            "{new} judgements are new, of {n} submissions.",
            n=summary.count,
            new=new,
        )
    )
    if left:
        shown = [*left[:FEW], *["…"] * (len(left) > FEW)]
        tell(
            Message(
                "{count} are not judged, is a shard missing? {students}",
                count=len(left),
                students=shown,
            ),
            "yellow",
        )
    if len(layers) > 1:
        tell(
            Message(
                "not all were judged behind the same layers: {layers}. Those that are too weak for "
                "you: `grader regrade` on another machine, and merge again.",
                layers=_said(layers),
            ),
            "yellow",
        )
    if export.whose.said:
        tell(export.whose.said, "yellow")
    tell(Message("Class: {files}", files=f"{out / 'report.html'}   {out / 'grades.csv'}"))
    person = left or summary.people or len(layers) > 1
    sys.exit(ExitCode.PERSON if person else ExitCode.FINE)


def _said(layers: Mapping[tuple[str, ...], Sequence[Path]]) -> Text:
    """Name shards and the layers around their submissions."""
    said = (joined(": ", (some(where, FEW), ", ".join(of))) for of, where in layers.items())
    return joined("; ", said)
