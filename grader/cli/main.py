"""The command line: `grader --help`.

How it ends, and with which exit code, is in model/errors.py.
"""

import io
import re
import sys
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from .. import __version__
from ..course.assignment import Assignment
from ..course.course import Course
from ..intake.deadline import Deadline
from ..intake.intake import take_in
from ..judging.job import Job
from ..judging.scheduler import Scheduler
from ..judging.shard import Shard
from ..model.errors import ExitCode, FileError, GraderError
from ..model.language import DEFAULT
from ..model.late import require
from ..model.message import Message, counted, joined, lines, said, some
from ..report.whose import Whose
from ..store.terms import ANONYMOUS, NONE, Terms
from . import author as authoring
from .canvas import canvas
from .exchange import export, import_
from .feedback import feedback
from .options import (
    ASSIGNMENT,
    JOBS,
    LANGUAGE,
    NAMES,
    OUT,
    PAGES,
    PATHS,
    SHARD,
    SPOKEN,
    UNSAFE,
    on_cluster,
)
from .results import COMMANDS
from .run import INTERRUPTION
from .stream import patient
from .system import needs_linux
from .terminal import console, on_stderr, plain, progress, refusal, tell, voice
from .view import view


class Group(click.Group):
    """Commands that end with a sentence, a remedy and an exit code, whatever goes wrong."""

    def add_command(self, command: click.Command, name: str | None = None) -> None:
        """Add a command. Raises ValueError for a name that is taken."""
        if (name or command.name) in self.commands:
            raise ValueError(f"there are two commands {name or command.name}")
        super().add_command(command, name)

    def main(self, *arguments: Any, **settings: Any) -> Any:
        """Run the command to its end, whatever happens to its output."""
        with patient() as output:
            try:
                return super().main(*arguments, **settings)
            except SystemExit as end:
                if not (lost := output.lost()) or end.code:
                    raise
                error = Message("Error: the output cannot be written: {why}.", why=lost)
                click.echo(voice.say(error), err=True)
                sys.exit(ExitCode.FILE)
            finally:
                voice.speak(DEFAULT)

    def invoke(self, context: click.Context) -> object:
        """Run the command."""
        for stream in (sys.stdout, sys.stderr):  # LANG=C has no letters for most names
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(context)
        except (GraderError, OSError) as raised:
            error = FileError(raised) if isinstance(raised, OSError) else raised
            click.echo(voice.say(Message("Error: {error}", error=error)), err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:  # a second one, while results are being written
            click.echo(voice.say(INTERRUPTION), err=True)
            sys.exit(ExitCode.INTERRUPTED)


def _rule(_: click.Context, __: click.Parameter, rule: str | None) -> str | None:
    """Reject an invalid rule for late submissions before anything is judged."""
    if rule in ("", NONE):
        return ""
    if rule is not None:
        require(rule)
    return rule


def _deadline(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    """Read a deadline, and return it with its time zone."""
    try:
        return "" if text == NONE else text and Deadline.read(text).text
    except ValueError as error:
        raise click.BadParameter(voice.say(said(error))) from None


def _contact(_: click.Context, __: click.Parameter, address: str | None) -> str | None:
    """Reject what is not one plain address: it goes into a link of every page."""
    if address is None or address == NONE:
        return address and ""
    if not re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)*", address, re.ASCII):
        wrong = Message("{address} is not an address like ta@course.edu.", address=repr(address))
        raise click.BadParameter(voice.say(wrong))
    return address


def _roster(_: click.Context, __: click.Parameter, name: str | None) -> Path | str | None:
    """Return the file of the roster, or nothing to clear it."""
    if name is None or name == NONE:
        return name and ""
    if not Path(name).is_file():
        missing = Message("{file} is not a file.", file=name)
        raise click.BadParameter(voice.say(missing))
    return Path(name).absolute()


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
@PATHS
@ASSIGNMENT
@OUT
@NAMES
@click.option(
    "--roster", metavar="FILE", callback=_roster,
    help="CSV file with columns id and name, to list who is missing and who is unknown.",
)  # fmt: skip
@click.option(
    "--deadline", metavar='"YYYY-MM-DD HH:MM"', callback=_deadline,
    help="With --names: use each student's last file before this time, if there is one. Seconds "
    "and a time zone are optional (23:59:30 Europe/Berlin); 23:59 includes the whole minute.",
)  # fmt: skip
@click.option(
    "--late", metavar="FORMULA", callback=_rule,
    help='Score of a late submission, e.g. "score * (1 - 0.1 * days)".',
)  # fmt: skip
@click.option(
    "--anonymous/--with-names", default=None,
    help="Leave the names of the roster out of all pages and tables, or show them (the default).",
)  # fmt: skip
@click.option(
    "--contact", metavar="ADDRESS", callback=_contact,
    help="Students' pages offer a mail to this address, to ask for another look at a check; "
    "`grader view --requests` reads them.",
)  # fmt: skip
@PAGES
@LANGUAGE
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@JOBS
@SHARD
@on_cluster
@UNSAFE
@click.pass_obj
def grade(
    root: Path, paths: tuple[Path, ...], name: str, out: Path, names: str | None,
    roster: Path | str | None, deadline: str | None, late: str | None, anonymous: bool | None,
    contact: str | None, pages: Whose | None, language: str | None, as_json: bool, jobs: int,
    shard: Shard, cluster: Scheduler | None, unsafe: bool,
) -> None:  # fmt: skip
    """Grade notebooks: files, folders, or zips of a whole class.

    For each student, this writes OUT/ID/feedback.html and OUT/ID/results.json (in Gradescope's
    format); for the class, OUT/report.html and OUT/grades.csv. The id comes from the file name:
    kim_12345_attention.ipynb is kim_12345. For files named by an LMS, use --names.

    Run the same command again to grade what is new, after an interruption as well: only new files,
    checks that have changed and errors of the grader are judged. OUT remembers --names, --deadline,
    --late, --roster, --anonymous, --contact, --pages and --lang; "none" clears one.

    \b
    Examples:
      grader grade kim_attention.ipynb -a attention -o results
      grader grade canvas.zip -a attention --names canvas --deadline "2026-11-20 23:59" -o results

    Exit codes: 0 if everything was judged; 3 if a person should look, because a submission could
    not be judged or a different file counts than before; 4 if a file cannot be written.
    """
    from ..intake.roster import compare, listed
    from ..judging.batch import Batch
    from ..store.store import NAME, Store
    from .run import run

    course = Course.find(root)
    solution = course.solution(name)
    known = Terms.at(out / NAME)
    given = {
        "names": "" if names == NONE else names, "deadline": deadline, "late": late,
        "roster": None if roster is None else f"{roster}", "language": language,
        "anonymous": None if anonymous is None else ANONYMOUS * anonymous, "contact": contact,
        "pages": pages.setting if pages else None,
    }  # fmt: skip
    terms = known.given(**given)
    voice.speak(terms.language or DEFAULT)
    terms, remarks = terms.with_people()
    intake = take_in(
        paths, name, out / "handed_in", terms.names, terms.when, terms.groups,
        Assignment.read(solution).questions, terms.due.own,
    )  # fmt: skip
    submissions = intake.submissions
    remarks += intake.remarks
    if (people := terms.people) is not None:
        remarks += compare((s for s, _ in submissions), people)
        for student, one in listed((s for s, _ in submissions), people).items():
            intake.arrivals[student] = replace(intake.arrivals[student], name=people[one])
    if not submissions:
        nothing = Message("There is no file that can be graded.")
        raise refusal(lines(nothing, *remarks, *intake.doubts))
    job = Job(solution, course.checks(name), course.key(), unsafe=unsafe)
    with Store(out / NAME, make=True) as store, on_stderr() if as_json else nullcontext():
        batch = Batch.open(store, job, cluster)
        terms.keep(store)
        arrivals = intake.arrivals
        if known.due and not terms.due:  # it is forgotten, and with it who was late
            arrivals = {s: replace(came, hours_late=0.0) for s, came in arrivals.items()}
        found = batch.take_in(submissions, shard, arrivals)
        submissions.clear()  # the store has them; of 10,000, the paths alone take 6 MB
        arrivals.clear()
        to_do, same = batch.to_do(found.students)
        reasons = (
            Message("{n} {why}", n=n, why=why.value) for why, n in Counter(to_do.values()).items()
        )
        if asked := terms.remembered(given):
            tell(asked)
        for remark in (*terms.changes(known), *remarks, *found.remarks()):
            tell(remark, "yellow")
        for doubt in intake.doubts:
            tell(Message("A person should look: {doubt}", doubt=doubt), "red")
        plan = Message("{same} judged before; {new} to judge", same=same, new=len(to_do))
        tell(joined(": ", (plan, joined(", ", reasons))))
        code = run(
            batch, to_do, found.students, out, jobs, others=found.others, as_json=as_json,
            doubts=len(intake.doubts),
        )  # fmt: skip
        sys.exit(code)


@main.command()
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
    passed = all(one.passed for one in practice.tried)
    sys.exit(ExitCode.FINE if passed else ExitCode.DIFFERS)


@main.command()
@needs_linux
@PATHS
@ASSIGNMENT
@OUT
@NAMES
@click.option(
    "--archive", multiple=True, type=click.Path(exists=True, path_type=Path),
    help="Notebooks of earlier years to compare with; can be repeated.",
)  # fmt: skip
@SPOKEN
@click.pass_obj
def similarity(
    root: Path, paths: tuple[Path, ...], name: str, out: Path, names: str | None,
    archive: tuple[Path, ...], language: str,
) -> None:  # fmt: skip
    """Rank pairs of notebooks that share unusual code.

    A pair is evidence for a person, not a penalty. Names, comments, layout and the code of the
    skeleton do not count. Nothing is run, and scores do not change. OUT/similarity.html shows the
    pairs side by side.

    \b
    Example:
      grader similarity submissions/ -a attention -o results --archive last_year.zip

    Exit codes: 0 if all notebooks were compared, 3 if some cannot be read (they are listed).
    """
    from ..files import replace_file
    from ..similarity import similarity as alike
    from ..similarity.document import documents
    from ..similarity.group import groups
    from ..similarity.pair import compare

    voice.speak(language)
    course = Course.find(root)
    title = Assignment.read(course.solution(name)).title
    taken = take_in(paths, name, out / "handed_in", names or "")
    earlier = take_in(archive, name, out / "archive")
    submissions, archived = taken.submissions, earlier.submissions
    for line in (*taken.remarks, *taken.doubts, *earlier.doubts):
        tell(line, "yellow")
    with progress() as bar:
        parsing = voice.say(Message("reading notebooks"))
        task = bar.add_task(parsing, total=len(submissions) + len(archived), counts="")
        found, unread = documents(
            submissions, archived, course.notebook(name).read_bytes(),
            show=partial(bar.advance, task),
        )  # fmt: skip
    pairs = compare(found)
    page = alike.page(title, found, pairs, unread, language)
    replace_file(out / "similarity.html", page)
    replace_file(out / "similarity.csv", alike.table(pairs))
    for pair in pairs[:10]:
        said = f"{pair.score:4.0%}  {pair.one.student}  {pair.other.student}"
        console.print(Text(plain(said)))
    for group in groups(pairs):
        if (many := len(group.students)) > 2:
            them = some(group.students, alike.FEW)
            tell(Message("group of {n}: {names}", n=many, names=them))
    for student, reason in unread:
        skipped = Message("not compared: {student}: {reason}", student=student, reason=reason)
        tell(skipped, "yellow")
    tell(
        joined(", ", (
            counted("{n} notebook compared", "{n} notebooks compared", n=len(found)),
            counted("{n} pair to look at", "{n} pairs to look at", n=len(pairs)),
        ))
    )  # fmt: skip
    files = f"{out / 'similarity.html'}   {out / 'similarity.csv'}"
    tell(Message("Pairs: {files}", files=files))
    sys.exit(ExitCode.PERSON if unread else ExitCode.FINE)


@main.command()
@needs_linux
def doctor() -> None:
    """Check this machine's sandbox: list its layers, try to escape.

    Exit codes: 0 if submissions are contained, 1 if they are not.
    """
    from .doctor import examine

    sys.exit(ExitCode.FINE if examine(console) else ExitCode.DIFFERS)


for command in (view, *COMMANDS, *authoring.COMMANDS, feedback, canvas, export, import_):
    main.add_command(command)


if __name__ == "__main__":  # `grader view` runs commands where no script may be at hand
    main()
