"""Arguments and options that several commands share."""

import getpass
import os
from pathlib import Path

import click

from ..judging.shard import Shard
from ..model.language import DEFAULT, LANGUAGES
from ..model.message import said
from .terminal import voice

PATHS = click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH..."
)
ASSIGNMENT = click.option(
    "-a", "--assignment", "name", required=True, help="Name of the assignment, e.g. attention."
)
OUT = click.option(
    "-o", "--out", required=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the results; created if needed.",
)  # fmt: skip
ZIP = click.option(
    "-o", "--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="Zip file to write, e.g. attention.zip.",
)  # fmt: skip
NAMES = click.option(
    "--names", metavar="PLATFORM|PATTERN",
    help="LMS that named the files (canvas, moodle, blackboard, brightspace, gradescope, nbgrader, "
    'classroom50), or a pattern, e.g. "{name}-{id}-*.ipynb"; {id} contains no blank and no slash.',
)  # fmt: skip
JOBS = click.option(
    "-j", "--jobs", type=click.IntRange(1), default=lambda: len(os.sched_getaffinity(0)),
    show_default="one per core", help="Number of submissions to judge in parallel.",
)  # fmt: skip
LANGUAGE = click.option(
    "--lang", "language", type=click.Choice(LANGUAGES),
    help="Language of pages and terminal, remembered by the folder (at first: en).",
)  # fmt: skip
SPOKEN = click.option(
    "--lang", "language", type=click.Choice(LANGUAGES), default=DEFAULT, show_default=True,
    help="Language of what is said.",
)  # fmt: skip
UNSAFE = click.option(
    "--unsafe", is_flag=True,
    help="Grade without a sandbox if this machine has none; results are marked UNSANDBOXED.",
)  # fmt: skip


def _shard(_: click.Context, __: click.Parameter, text: str) -> Shard:
    try:
        return Shard.read(text)
    except ValueError as error:
        raise click.BadParameter(voice.say(said(error))) from None


SHARD = click.option(
    "--shard", metavar="I/N", default="1/1", callback=_shard,
    help="Judge only share I of N, by the sha256 of the files; see `grader merge`.",
)  # fmt: skip
CLUSTER = click.option(
    "--cluster", metavar="ADDRESS", default="",
    help="Judge on the workers of a dask scheduler, e.g. tcp://10.0.0.1:8786.",
)  # fmt: skip


def me() -> str:
    """Return the name of the user who runs this, by which decisions are kept; it may be unknown."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container, a user may have a number alone
        return ""
