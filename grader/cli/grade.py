"""`grader grade`: judge notebooks, and write pages and tables."""

import re
import sys
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import click

from ..course.assignment import Assignment
from ..course.course import Course
from ..intake.deadline import Deadline
from ..judging.job import Job
from ..judging.scheduler import Scheduler
from ..judging.shard import Shard
from ..model.language import DEFAULT
from ..model.late import require
from ..model.message import Message, joined, lines, said
from ..report.whose import Whose
from ..store.terms import ANONYMOUS, NONE, Terms
from .options import ASSIGNMENT, JOBS, LANGUAGE, NAMES, OUT, PAGES, PATHS, SHARD, UNSAFE, on_cluster
from .system import needs_linux
from .terminal import on_stderr, refusal, tell, voice


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


@click.command()
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
    questions = Assignment.read(solution).questions
    intake = terms.take_in(paths, name, out / "handed_in", questions)
    submissions = intake.submissions
    remarks += intake.remarks
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
