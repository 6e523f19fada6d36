"""Try the course's own solution before a class: once, until something changes.

A judge tries it at its start, in a worker like those of students, which costs what one submission
costs. That it passed is noted in the course's .grader/proven, under a digest of everything that
verdicts depend on and of the active layers; if it cannot be noted, every judge tries it again.
"""

import contextlib
import hashlib
from pathlib import Path

from ..checking.session import Session
from ..course.course import seed
from ..course.versions import Versions
from ..files import Unwritable, replace_file
from ..sandbox.host.attempts import prove
from ..sandbox.host.sandbox import SandboxError
from ..sandbox.host.warming import Warming
from ..sandbox.host.zygote import Zygote
from .job import TRIES, Job


def try_solution(session: Session, zygote: Zygote, job: Job) -> None:
    """Have a session refuse the checks that the solution fails in this zygote's workers.

    Raises AssignmentError where it cannot be run there at all, and SandboxError.
    """
    session.zygote = zygote
    versions = Versions.read(session.assignment, job.checks, job.key)
    walls = sorted(layer.value for layer in zygote.layers)
    proof = hashlib.sha256(repr((versions.plan, walls)).encode()).hexdigest()
    note = job.solution.parents[1] / ".grader" / "proven" / session.assignment.name
    if _read(note) == proof:
        return
    session.prove(zygote, seed(job.key, "the course's own solution"))
    if not session.refused:
        _write(note, proof)


def proven_zygote(session: Session, job: Job, warming: Warming | None) -> Zygote:
    """Start a zygote; try its layers and the solution in it, again if it is lost.

    Raises AssignmentError and SandboxError.
    """
    for left in reversed(range(TRIES)):
        zygote = Zygote(
            job.layers, unsafe=job.unsafe, trains=session.assignment.trains, warming=warming
        )
        warming = None
        try:
            zygote.proof = prove(zygote, unsafe=job.unsafe)
            try_solution(session, zygote, job)
            return zygote
        except BaseException as error:
            lost = isinstance(error, SandboxError) and not zygote.alive
            zygote.close()
            if not (left and lost):
                raise
    raise AssertionError("the last try returns or raises")


def _read(note: Path) -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return note.read_text("utf-8")
    return ""


def _write(note: Path, proof: str) -> None:
    """Note a proof, if the course keeps its key there and can be written."""
    if note.parents[1].is_dir():
        with contextlib.suppress(Unwritable):  # as in a container
            replace_file(note, proof)
