"""One submission, judged inside a container in which a platform runs our autograder."""

from dataclasses import replace
from pathlib import Path

from ..checking.collect import run_session
from ..checking.session import Session
from ..course.assignment import Assignment
from ..course.course import Course
from ..intake.walk import walk
from ..judging.judge import judge
from ..model.judgement import Judgement
from ..model.limits import Limits
from ..model.message import Message, Text
from ..model.standing import Standing
from ..sandbox.host.attempts import prove
from ..sandbox.host.zygote import Zygote

RESERVED_MB = 450
"""What the grader and its zygote take of the container's memory; the rest is the submission's."""
LEAST_MB = 128
MEMORY = ("memory.max", "memory/memory.limit_in_bytes")  # cgroup v2 and v1
SUFFIXES = (".ipynb", ".py")


def judged(root: Path, submission: Path, student: str) -> tuple[Assignment, Standing]:
    """Judge what lies in the folder `submission` by the only assignment of the course in `root`.

    Raises AssignmentError and SandboxError.
    """
    course = Course(root)
    assignment = Assignment.read(course.solution(course.names()[0]))
    assignment = replace(assignment, limits=within(assignment.limits, container_mb()))
    path, problem = choose(submission, assignment.name)
    if problem:  # judge what is not a notebook, so that every check says why it was not run
        path = submission
    found: list[Judgement] = []

    def work(session: Session) -> None:
        with Zygote(trains=assignment.trains) as zygote:
            zygote.proof = prove(zygote)
            session.zygote = zygote
            found.append(judge(path, session, zygote, course.key()))

    run_session(assignment, course.checks(assignment.name), work)
    judgement = replace(found[0], problem=problem or found[0].problem)
    return assignment, Standing(student, path.name, judgement)


def choose(folder: Path, name: str) -> tuple[Path, Text]:
    """Return the file to grade or, if that is ambiguous, what the student should do."""
    expected = f"{name}.ipynb"
    found = [path for path, _ in walk([folder]).files] if folder.is_dir() else []
    for suffix in SUFFIXES:
        fitting = [path for path in found if path.suffix == suffix]
        named = [path for path in fitting if path.name == expected]
        if len(chosen := named if len(named) == 1 else fitting) == 1:
            return chosen[0], ""
        if fitting:
            several = Message(
                "Hand in one notebook, {expected}. You submitted {files}.",
                expected=expected,
                files=[path.name for path in fitting],
            )
            return folder / expected, several
    none = Message(
        "There is no notebook. Hand in {expected}; you submitted {files}.",
        expected=expected,
        files=[path.name for path in found] or Message("nothing"),
    )
    return folder / expected, none


def within(limits: Limits, container_mb: int | None) -> Limits:
    """Return limits that fit into the container, so that the worker meets its own first.

    Beyond the container's the kernel kills, which could as well hit the grader.
    """
    if container_mb is None:
        return limits
    most = max(LEAST_MB, container_mb - RESERVED_MB)
    return replace(limits, memory_mb=min(limits.memory_mb, most))


def container_mb(root: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Return the memory of this container in megabytes, or None if it is not limited."""
    for name in MEMORY:
        try:
            most = int((root / name).read_text()) >> 20
        except (OSError, ValueError):  # "max"
            continue
        return most if most < 1 << 30 else None  # v1 says "none" by a huge number
    return None
