"""Commands that fetch submissions from Canvas, and send scores and feedback there."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text as Styled

from ..model.errors import ExitCode
from ..model.message import Message, Text, counted, said
from ..store.history import mark
from ..store.store import NAME as STORE
from ..store.store import Store
from .options import FOLDER, SPOKEN
from .terminal import console, plain, progress, refusal, tell, voice

if TYPE_CHECKING:
    from ..exchange.canvas.desk import Desk
    from ..exchange.canvas.plan import Plan, Row
    from ..exchange.canvas.push import Sent

NEEDED = Message("`grader canvas` needs canvasapi: pip install 'torch-grader[canvas]'")
PERSON = Message("A person should look: {doubt}")
WRITTEN = Message("the scores were sent to {place}")
INTERRUPTION = Message(
    "Interrupted. What Canvas has acknowledged is in the journal; the same command goes on."
)
ADDRESS = click.argument("address", metavar="ADDRESS")


@click.group()
def canvas() -> None:
    """Fetch submissions from Canvas; send scores and feedback there.

    ADDRESS is that of the assignment in the browser, such as
    https://canvas.example.edu/courses/12/assignments/345. The token is read from the environment
    variable CANVAS_TOKEN, and kept nowhere.
    """


@canvas.command()
@ADDRESS
@click.option(
    "-o", "--out", required=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the submissions and the roster; created if needed.",
)  # fmt: skip
@click.option(
    "--all-attempts", is_flag=True, help="Fetch all attempts (default: each student's last one)."
)
@SPOKEN
def fetch(address: str, out: Path, all_attempts: bool, language: str) -> None:
    """Fetch what is handed in at ADDRESS, and a roster with groups and due dates.

    OUT/handed_in gets the files, named as in Canvas's own download, with the times of their
    submission; OUT/roster.csv the columns id, name, group and due, the date that counts for each
    student. Files that are there already are not fetched again.

    \b
    Example:
      grader canvas fetch https://canvas.example.edu/courses/12/assignments/345 -o hw3
      grader grade hw3/handed_in -a attention --names canvas --roster hw3/roster.csv -o results

    Exit codes: 0 if everything was fetched; 3 if a person should look; 4 if Canvas does not answer.
    """
    voice.speak(language)
    desk = _desk(address)
    from ..exchange.canvas.fetch import HANDED_IN, ROSTER
    from ..exchange.canvas.fetch import fetch as bring

    with progress() as bar:
        task = bar.add_task(voice.say(Message("fetching")), total=None, counts="")
        found = bring(
            desk, out, all_attempts, lambda n, of: bar.update(task, completed=n, total=of)
        )
    for remark in found.remarks:
        tell(remark, "yellow")
    for doubt in found.doubts:
        tell(PERSON.format(doubt=doubt), "red")
    files = Message(
        "{new} files fetched, {same} were there; {n} students in the roster",
        new=found.new, same=found.same, n=found.students,
    )  # fmt: skip
    tell(files)
    tell(
        Message(
            "Next: grader grade {folder} --names canvas --roster {roster} -a NAME -o OUT",
            folder=out / HANDED_IN, roster=out / ROSTER,
        )
    )  # fmt: skip
    sys.exit(ExitCode.PERSON if found.doubts else ExitCode.FINE)


@canvas.command()
@FOLDER
@ADDRESS
@click.option("--send", is_flag=True, help="Send it; without this, only show what would be sent.")
def push(folder: Path, address: str, send: bool) -> None:
    """Show what would be sent from OUT to ADDRESS; with --send, send it.

    Each student gets the score, a comment with the remarks of `grader override`, and the feedback
    page as a file. A grade that somebody has given in Canvas stays, and is named. What Canvas has
    acknowledged is in OUT/canvas.jsonl: the same command goes on where it was, and sends nothing
    twice.

    \b
    Examples:
      grader canvas push results https://canvas.example.edu/courses/12/assignments/345
      grader canvas push results https://canvas.example.edu/courses/12/assignments/345 --send

    Exit codes: 0 if everybody is served; 3 if a person should look; 4 if Canvas does not answer.
    """
    with Store(folder / STORE) as store:
        voice.speak(store.language)
        desk = _desk(address)
        from ..exchange.canvas.journal import NAME, Journal
        from ..exchange.canvas.plan import Plan
        from ..exchange.canvas.push import Sent

        place = f"{desk.address}"
        plan = Plan(store, desk, Journal(folder / NAME, place))
        plan.make()
        _show(plan)
        sent, code = Sent(), ExitCode.FINE
        if send and plan.to_send:
            try:
                _send(plan, sent)
            except KeyboardInterrupt:
                tell(INTERRUPTION, "yellow")
                code = ExitCode.INTERRUPTED
            finally:
                for doubt in sent.doubts:
                    tell(PERSON.format(doubt=doubt), "red")
                if sent.students:
                    mark(store, WRITTEN.format(place=place))
                told = counted(
                    "{n} student has score and feedback in Canvas now.",
                    "{n} students have score and feedback in Canvas now.",
                    n=sent.students,
                )  # fmt: skip
                tell(told)
        elif plan.to_send:
            tell(Message("Nothing was sent: add --send."))
        person = sent.doubts or any(map(_is_for_a_person, plan.rows))
    sys.exit(code or (ExitCode.PERSON if person else ExitCode.FINE))


def _desk(address: str) -> "Desk":
    """Return the assignment in Canvas. Raises UsageError, NoToken, CanvasError and Unreachable."""
    try:
        from ..exchange.canvas.desk import Desk
    except ImportError:
        raise refusal(NEEDED) from None
    from ..exchange.canvas.address import Address
    from ..exchange.canvas.line import Line

    try:
        where = Address.read(address)
    except ValueError as error:
        raise refusal(said(error)) from None
    return Desk(where, Line(where.site, told=lambda text: tell(text, "dim")))


def _send(plan: "Plan", sent: "Sent") -> None:
    from ..exchange.canvas.push import push as give

    with progress() as bar:
        sending = voice.say(Message("sending"))
        task = bar.add_task(sending, total=len(plan.to_send), counts="")
        give(plan, sent, lambda: bar.update(task, advance=1))


def _show(plan: "Plan") -> None:
    """Print what is in Canvas, and what would be, as a table."""
    say = voice.say
    heads: tuple[Text, ...] = (
        Message("id"), Message("student"), Message("there"), Message("from here"), "",
    )  # fmt: skip
    table = Table(*(say(head) for head in heads), box=None, pad_edge=False)
    for row in plan.rows:
        table.add_row(*(Styled(plain(cell)) for cell in _cells(row)))
    console.print(table)
    if plan.scale != 1:
        tell(
            Message(
                "The assignment has {points} points in Canvas: ours count {scale} each.",
                points=f"{plan.desk.points:g}", scale=f"{plan.scale:g}",
            ),
            "yellow",
        )  # fmt: skip
    if any(row.fate.name == "KEPT" for row in plan.rows):
        tell(
            Message(
                "What somebody has graded in Canvas stays. To have ours there, delete that grade "
                "in Canvas, and give the same command again; to have theirs here: grader override."
            ),
            "yellow",
        )


def _cells(row: "Row") -> tuple[str, ...]:
    say = voice.say
    scores = ("—" if score is None else f"{score:g}" for score in (row.before, row.after))
    why = ": ".join(filter(None, (say(row.fate.value), say(row.why) if row.why else "")))
    return ", ".join(row.students), row.name, *scores, why


def _is_for_a_person(row: "Row") -> bool:
    return bool(row.why) or row.fate.name == "KEPT"
