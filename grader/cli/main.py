"""The command line: `grader --help`.

How it ends, and with which exit code, is in model/errors.py.
"""

import sys
from pathlib import Path

import click

from .. import __version__
from ..model.errors import ExitCode
from . import author, results
from .canvas import canvas
from .check import check
from .diff import diff
from .exchange import export, import_
from .feedback import feedback
from .grade import grade
from .gradebook import gradebook
from .group import Group
from .machines import merge
from .regrade import regrade
from .similarity import similarity
from .system import needs_linux
from .terminal import console
from .view import view


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="grader")
@click.option(
    "--course", "root", type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(), help="Folder of the course (default: found from the current folder upwards).",
)  # fmt: skip
@click.pass_context
def main(context: click.Context, root: Path) -> None:
    """Grade PyTorch notebooks in a sandbox, with feedback that teaches.

    \b
    Authors
      grader new NAME              create a small working assignment
      grader build                 build the students' notebooks from solutions/
      grader verify                test the checks: are they fair, do they catch mistakes?
      grader release NAME -o FILE  pack what students get

    \b
    Teaching assistants
      grader doctor                check this machine's sandbox
      grader grade PATH... -a attention -o results
      grader view results          look at code and checks, and decide
      grader override results decisions.csv
      grader regrade results --failures
      grader diff results          show whose score changed, and why
      grader gradebook results canvas.csv --column Attention -o upload.csv
      grader feedback results --for moodle -o feedback.zip
      grader canvas push results ADDRESS

    \b
    Students
      grader check attention.ipynb
    """
    context.obj = root


@main.command()
@needs_linux
def doctor() -> None:
    """Check this machine's sandbox: list its layers, try to escape.

    Exit codes: 0 if submissions are contained, 1 if they are not.
    """
    from .doctor import examine

    sys.exit(ExitCode.FINE if examine(console) else ExitCode.DIFFERS)


for command in (
    grade, merge, regrade, diff, gradebook, check, similarity, view, feedback, canvas, export,
    import_, *results.COMMANDS, *author.COMMANDS,
):  # fmt: skip
    main.add_command(command)


if __name__ == "__main__":  # `grader view` runs commands where no script may be at hand
    main()
