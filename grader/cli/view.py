"""The command that opens a graded class for review."""

import sys
import webbrowser
from pathlib import Path

import click

from ..model.message import Message
from ..store.store import NAME, Store
from .options import FOLDER, me
from .system import needs_linux
from .terminal import console, refusal, tell, voice

NEEDED = Message("`grader view` needs starlette and uvicorn: pip install 'torch-grader[view]'")


@click.command()
@needs_linux
@FOLDER
@click.option(
    "--as", "who", metavar="NAME", default=me,
    help="Name by which your decisions are kept (default: your user name).",
)  # fmt: skip
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port (default: any that is free)."
)
@click.option(
    "--requests", "asked", metavar="FILE", default=None,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Requests for another look: a mailbox (mbox), or a form's table (CSV).",
)  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
@click.pass_obj
def view(
    root: Path, folder: Path, who: str, port: int, asked: Path | None, no_browser: bool
) -> None:
    """Review the class in OUT in a browser, and decide in place.

    Shows who needs a person, and each student's code beside its checks, drawings and output; the
    failing line is marked. Give points and a comment for a question or for the whole submission,
    for one student or for all who made the same mistake; undo; judge again. Decisions are those of
    `grader override`: they are stored at once, with your name, and survive regrading. Several
    people can review the same OUT at once; nobody's decision is overwritten unseen.

    Students' pages offer a mail to ask for another look (`grader grade --contact`). Save these
    mails as a mailbox and give it with --requests: each request stands beside its submission and
    question, and a decision there is the answer. A form's table needs a column id or file (the
    sha256 on the student's page), and may have question, check and others. What cannot be read or
    matched is listed as well; the file is read again when it changes.

    The page is open to one browser of this machine: the address works once. Ctrl-C ends it.

    \b
    Examples:
      grader view results
      grader view results --as "Kim Minjun" --no-browser
      grader view results --requests regrades.mbox
    """
    with Store(folder / NAME) as store:
        voice.speak(store.language)
        if not store.assignment:
            raise refusal(
                Message("Nothing is judged in {folder} yet: `grader grade`.", folder=folder)
            )
    try:
        from ..view.desk import Desk
        from ..view.serve import serve
    except ImportError:
        raise refusal(NEEDED) from None

    def announce(address: str) -> None:
        console.print(address, markup=False, highlight=False, soft_wrap=True)
        tell(Message("The address works once. Ctrl-C ends."))
        if not no_browser:
            webbrowser.open(address)

    serve(Desk(folder.absolute(), who, command(root), asked=asked), port, announce)
    tell(Message("Everything that you have decided is kept."))


def command(root: Path) -> list[str]:
    """Return how a command of the grader begins, for a process of its own."""
    return [sys.executable, "-P", "-m", "grader.cli.main", "--course", f"{root.absolute()}"]
