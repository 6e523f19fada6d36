"""What programs import from `grader`: grade files, and read what was graded. See docs/api.md."""

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from .course.assignment import Assignment
from .course.course import Course
from .judging.batch import Batch
from .judging.job import Job
from .model.language import DEFAULT, speaker
from .model.message import Text
from .model.standing import Standing
from .report.sanitize import shown
from .store.entry import Entry
from .store.store import NAME, Store
from .store.terms import Terms

StrPath = str | os.PathLike[str]


@dataclass(frozen=True)
class Check:
    """How one check ended, in the words that the student reads."""

    name: str
    question: str
    status: str
    """One of passed, failed, student_error, timed_out, out_of_memory, not_run, grader_error."""
    points: int
    """Earned."""
    max_points: int
    sentence: str
    """What is checked."""
    message: str = ""
    """What happened instead."""
    public: bool = False
    """Whether it stands in the notebook."""


@dataclass(frozen=True)
class Grade:
    """Where one student stands, with what people have decided and what lateness costs.

    Texts may come from a student. Control characters and terminal escapes are removed; escape them
    where they become HTML.
    """

    student: str
    """The id, from the file's name."""
    name: str
    """From the roster; empty if it is not known."""
    file: str
    score: float | None
    """None while a person should look."""
    max_score: int
    points: dict[str, float | None] = field(default_factory=dict)
    """Of each question, in the order of the notebook."""
    checks: tuple[Check, ...] = ()
    problem: str = ""
    """Why nothing could be graded, for instance that the file is not a notebook."""

    @classmethod
    def of(cls, standing: Standing, language: str = DEFAULT) -> Self:
        """Say in a language where a student stands."""
        said = shown(standing, speaker(language))
        return cls(
            said.student, said.name, said.file, standing.score, said.judgement.max_score,
            {question: standing.points(question) for question in said.questions},
            tuple(
                Check(r.check, r.question, r.status.value, r.earned, r.points, f"{r.sentence}",
                      f"{r.message}", r.public)
                for r in said.judgement.results
            ),
            f"{said.judgement.problem}",
        )  # fmt: skip


def grade(
    paths: StrPath | Iterable[StrPath],
    assignment: str,
    *,
    course: StrPath = ".",
    out: StrPath | None = None,
    names: str = "",
    jobs: int = 1,
    language: str = DEFAULT,
) -> Iterator[Grade]:
    """Grade files, folders or zips in the sandbox, and yield each Grade as soon as it is known.

    Identical files are judged once. Stop early by closing the iterator; what was judged is kept.

    Args:
        paths: As for `grader grade`.
        assignment: Its name in the course.
        course: The folder of the course, or one within it.
        out: Folder that keeps what is judged, so that only what is new or has changed is judged
            the next time, and which all commands understand; None keeps nothing. The deadline and
            roster that a command has given it, and `names`, hold here as well.
        names: The LMS that named the files, or a pattern; "" for what the folder remembers, or
            `kim_12345_attention.ipynb`.
        jobs: How many submissions are judged at the same time.
        language: Of the texts.

    Raises:
        GraderError: For a course, an assignment or files that cannot be used, and for a machine
            without a sandbox; the message has the remedy.

    Warns:
        UserWarning: For each file that is not graded, and all else that a person should know.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    place = Course.find(Path(course))
    solution = place.solution(assignment)
    with ExitStack() as until_done:
        kept = Path(out or until_done.enter_context(TemporaryDirectory(prefix="grader-")))
        terms, remarks = Terms.at(kept / NAME).given(names=names or None).with_people()
        questions = Assignment.read(solution).questions
        intake = terms.take_in(map(Path, given), assignment, kept / "handed_in", questions)
        job = Job(solution, place.checks(assignment), place.key())
        store = until_done.enter_context(Store(kept / NAME, make=True))
        batch = Batch.open(store, job)
        terms.keep(store)
        found = batch.take_in(intake.submissions, arrivals=intake.arrivals)
        _warn([*remarks, *intake.remarks, *intake.doubts, *found.remarks()], language)
        to_do, _ = batch.to_do(found.students)
        waiting = {entry.digest for student in to_do if (entry := store.entry(student))}
        left = set(found.students)
        before = (e for e in store.entries() if e.digest not in waiting)
        yield from _grades(store, before, left, language)
        for judgement in until_done.enter_context(closing(batch.judge(to_do, jobs))):
            yield from _grades(store, store.entries(judgement.sha256), left, language)
        yield from _grades(store, store.entries(), left, language)  # what could not even be read


def read(out: StrPath, *, language: str = DEFAULT) -> Iterator[Grade]:
    """Yield the Grade of every student in a folder of `grader grade -o`, by id.

    Nothing is judged. Raises GraderError where the folder holds no results.
    """
    with Store(Path(out) / NAME) as store:
        for standing in store.standings():
            yield Grade.of(standing, language)


def _grades(
    store: Store, entries: Iterable[Entry], left: set[str], language: str
) -> Iterator[Grade]:
    """Yield the Grades of those who are left to be told."""
    for entry in entries:
        if entry.student in left and (standing := store.standing(entry)):
            left.discard(entry.student)
            yield Grade.of(standing, language)


def _warn(remarks: Iterable[Text], language: str) -> None:
    say = speaker(language)
    for remark in remarks:
        warnings.warn(say(remark), UserWarning, stacklevel=3)
