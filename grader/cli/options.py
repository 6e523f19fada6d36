"""Arguments and options that several commands share."""

import getpass
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from ..judging.scheduler import Scheduler
from ..judging.shard import Shard
from ..model.language import DEFAULT, LANGUAGES
from ..model.message import Message, said
from ..model.plugin import LANGUAGES as OTHERS
from ..model.plugin import plugins
from ..report.whose import Whose
from .system import cores
from .terminal import refusal, voice

Command = Callable[..., Any]

PATHS = click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH..."
)
ASSIGNMENT = click.option(
    "-a", "--assignment", "name", required=True, help="Name of the assignment, e.g. attention."
)
FOLDER = click.argument(
    "folder", metavar="OUT", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
"""What `grader grade -o` has filled."""
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
    "-j", "--jobs", type=click.IntRange(1), default=cores,
    show_default="one per core", help="Number of submissions to judge in parallel.",
)  # fmt: skip


class Spoken(click.Choice[str]):
    """A language of ours, or one of another package, which is looked for when it is asked for."""

    def convert(
        self, value: str, param: click.Parameter | None, context: click.Context | None
    ) -> str:
        """Return the language. Raises BadParameter for one that nobody has."""
        if value in LANGUAGES:
            return value
        with_others = (*LANGUAGES, *plugins(OTHERS))
        return click.Choice(with_others).convert(value, param, context)


LANGUAGE = click.option(
    "--lang", "language", type=Spoken(LANGUAGES),
    help="Language of pages and terminal, remembered by the folder (at first: en).",
)  # fmt: skip
PAGES = click.option(
    "--pages", type=click.Choice(list(map(str, Whose))),
    callback=lambda _, __, name: name and Whose(name),
    help="Students whose pages are written, remembered by the folder: all (at first), those who "
    "lack points, or none. `grader feedback` hands out pages in any case.",
)  # fmt: skip
SPOKEN = click.option(
    "--lang", "language", type=Spoken(LANGUAGES), default=DEFAULT, show_default=True,
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


def _file(name: str, what: str) -> Callable[[Command], Command]:
    path = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.option(name, metavar="FILE", type=path, help=what)


CLUSTER_OPTIONS = (
    click.option(
        "--cluster", metavar="ADDRESS", default="",
        help="Judge on the workers of a dask scheduler, e.g. tls://10.0.0.1:8786.",
    ),
    _file("--tls-ca-file", "With --cluster tls://…: certificates that the scheduler's is one of."),
    _file("--tls-cert", "With --cluster tls://…: the certificate to show to the scheduler."),
    _file("--tls-key", "With --cluster tls://…: the key of that certificate."),
    click.option(
        "--plain-tcp", is_flag=True,
        help="Let --cluster talk to another machine without TLS; only in a network of the course "
        "team alone, since who reaches the scheduler commands its workers.",
    ),
)  # fmt: skip


def on_cluster(command: Command) -> Command:
    """Give a command the options for a cluster, and with them its `cluster`, a Scheduler or None.

    The command raises CannotJudge for an address at which nothing may be said.
    """

    @wraps(command)
    def with_scheduler(
        *arguments: Any, cluster: str, tls_ca_file: Path | None, tls_cert: Path | None,
        tls_key: Path | None, plain_tcp: bool, **options: Any,
    ) -> Any:  # fmt: skip
        files = (tls_ca_file, tls_cert, tls_key)
        if not cluster and (plain_tcp or any(files)):
            raise refusal(Message("--tls-… and --plain-tcp go with --cluster ADDRESS."))
        scheduler = Scheduler(cluster, *files, plain_tcp) if cluster else None
        return command(*arguments, cluster=scheduler, **options)

    made: Command = with_scheduler
    for option in reversed(CLUSTER_OPTIONS):
        made = option(made)
    return made


def me() -> str:
    """Return the name of the user who runs this, by which decisions are kept; it may be unknown."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # in a container, a number alone; on Windows, no pwd
        return ""
