"""`grader regrade`: judge submissions of a graded class again."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from ..course.course import Course
from ..judging.job import Job
from ..model.errors import ExitCode
from ..model.message import Message
from ..model.result import Result, Status
from ..store.entry import Entry
from ..store.store import NAME, Store
from .options import FOLDER, JOBS, LANGUAGE, UNSAFE
from .system import needs_linux
from .terminal import refusal, tell, voice


@click.command()
@needs_linux
@FOLDER
@click.option(
    "-q",
    "--question",
    "questions",
    multiple=True,
    help="Only checks of this question; can be repeated.",
)
@click.option(
    "-s", "--student", "students", multiple=True, help="Only this student, by id; can be repeated."
)
@click.option("--failures", is_flag=True, help="Only checks that did not pass.")
@click.option("--faults", is_flag=True, help="Only checks that ended in an error of the grader.")
@LANGUAGE
@JOBS
@UNSAFE
@click.pass_obj
def regrade(
    root: Path, folder: Path, questions: tuple[str, ...], students: tuple[str, ...],
    failures: bool, faults: bool, language: str | None, jobs: int, unsafe: bool,
) -> None:  # fmt: skip
    """Judge submissions in OUT again, from their original files.

    By default, all checks of all submissions; options narrow this down, and combine. Other results
    are kept, unless their check has changed or depends on one that is judged again. Manual grades
    are kept. Identical submissions share a judgement, so they are regraded together.

    \b
    Examples:
      grader regrade results --failures
      grader regrade results -s kim_12345 -q split_heads

    Exit codes: 0 if everything was judged; 2 if a file has changed or is missing; 3 if a submission
    could not be judged.
    """
    from ..judging.batch import Batch, digest
    from .run import run

    with Store(folder / NAME) as store:
        course, name = Course.find(root), store.assignment
        job = Job(course.solution(name), course.checks(name), course.key(), unsafe=unsafe)
        batch = Batch.open(store, job)
        if language:
            store.language = language
        voice.speak(store.language)
        no_question = Message("There is no question {name}; there are {known}.")
        _refuse_unknown(no_question, questions, batch.assignment.questions)
        no_student = Message("There is no student {name}; there are {known}.")
        _refuse_unknown(no_student, students, [entry.student for entry in store.entries()])

        def again(result: Result) -> bool:
            passed = result.status is Status.PASSED
            ours = result.status is Status.GRADER_ERROR
            asked = not questions or result.question in questions
            return asked and not (failures and passed) and not (faults and not ours)

        def wanted(entry: Entry) -> bool:
            before = store.latest(entry.digest)
            mine = not students or entry.student in students
            return mine and before is not None and any(map(again, before.judgement.results))

        to_do: dict[str, str] = {}
        for entry in filter(wanted, store.entries()):
            if digest(entry.path) != entry.digest:
                raise refusal(
                    Message(
                        "{file} has changed or is gone since it was judged; put it back, or grade "
                        "it with `grader grade`.",
                        file=entry.path,
                    )
                )
            to_do[entry.digest] = entry.student
        again_now = Message("{n} to judge again", n=len(to_do))
        tell(again_now if to_do else Message("Nothing to judge again."))
        same = {entry.student for entry in store.entries() if entry.digest in to_do}
        sys.exit(run(batch, to_do.values(), same, folder, jobs, again) if to_do else ExitCode.FINE)


def _refuse_unknown(what: Message, names: Iterable[str], known: Sequence[str]) -> None:
    """Raise UsageError, which says `what` is not there, for a name not among the known ones."""
    for name in names:
        if name not in known:
            shown = [*known[:10], *["…"] * (len(known) > 10)]
            raise refusal(what.format(name=repr(name), known=shown))
