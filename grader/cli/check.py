"""`grader check`: what students run at home."""

import sys
from pathlib import Path

import click

from ..model.errors import ExitCode
from .options import SPOKEN
from .terminal import console, refusal, voice


@click.command()
@click.argument("notebook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--hints", type=click.IntRange(0), default=0, metavar="N",
    help="Show the first N hints of each check that fails.",
)  # fmt: skip
@SPOKEN
def check(notebook: Path, hints: int, language: str) -> None:
    """Run the public checks in your NOTEBOOK, without a sandbox. For students, on any system.

    Question by question, each cause once, and what to do next.

    \b
    Examples:
      grader check attention.ipynb
      grader check attention.ipynb --hints 1

    Exit codes: 0 if all checks passed, 1 if some did not.
    """
    from ..sandbox.guest.notebook.read import Unreadable
    from ..sandbox.host.reply import text
    from .practice import practise
    from .practised import show

    voice.speak(language)
    try:
        practice = practise(notebook)
    except Unreadable as error:
        raise refusal(text(error.args[0])) from None
    show(practice, console, voice.say, hints)
    sys.exit(ExitCode.FINE if practice.passed else ExitCode.DIFFERS)
