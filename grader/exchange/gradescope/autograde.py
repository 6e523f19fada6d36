"""Grade one submission inside Gradescope's container.

    python -m grader.exchange.gradescope.autograde FOLDER

FOLDER is the platform's /autograder: in it lie source/ (what bundle.py packed), submission/
and submission_metadata.json; results/results.json is written. What is printed is for the team.
Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from ...checking.collect import run_session
from ...checking.session import Session
from ...course.assignment import Assignment
from ...course.course import Course
from ...files import replace_file
from ...intake.walk import walk
from ...judging.judge import judge
from ...model.judgement import Judgement
from ...model.limits import Limits
from ...model.message import Message, Text
from ...model.result import Status
from ...model.standing import Standing
from ...report.results_json import results_json
from ...sandbox.host.attempts import prove
from ...sandbox.host.zygote import Zygote

RESERVED_MB = 450
"""What the grader and its zygote take of the container's memory; the rest is the submission's."""
LEAST_MB = 128
MEMORY = ("memory.max", "memory/memory.limit_in_bytes")  # cgroup v2 and v1
SUFFIXES = (".ipynb", ".py")


def main() -> int:
    """Grade what lies in the folder given, or, with --rehearse, the solution itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--rehearse", action="store_true", help="grade the solution; fail below 100 %"
    )
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    if not arguments.rehearse:
        run(folder)
        return 0
    judgement = rehearse(folder).judgement
    return 0 if judgement.earned == judgement.max_score else 1


def run(folder: Path) -> Standing:
    """Grade the submission in `folder` and write its results.json.

    Raises AssignmentError and SandboxError; then run_autograder has left a results.json.
    """
    course = Course(folder / "source" / "course")
    assignment = Assignment.read(course.solution(course.names()[0]))
    assignment = replace(assignment, limits=within(assignment.limits, container_mb()))
    metadata = read_metadata(folder / "submission_metadata.json")
    path, problem = choose(folder / "submission", assignment.name)
    if problem:  # judge what is not a notebook, so that every check says why it was not run
        path = folder / "submission"
    found: list[Judgement] = []

    def work(session: Session) -> None:
        with Zygote(trains=assignment.trains) as zygote:
            zygote.proof = prove(zygote)
            session.zygote = zygote
            found.append(judge(path, session, zygote, course.key()))

    run_session(assignment, course.checks(assignment.name), work)
    judgement = replace(found[0], problem=problem or found[0].problem)
    standing = Standing(student(metadata), path.name, judgement)
    text = results_json(standing, assignment.visibility)
    replace_file(folder / "results" / "results.json", text)
    for line in remarks(standing, metadata):
        print(line)
    return standing


def rehearse(folder: Path) -> Standing:
    """Grade the solution as if it were a submission. Raises AssignmentError and SandboxError."""
    with tempfile.TemporaryDirectory() as name:
        stage = Path(name)
        stage.chmod(0o711)
        (stage / "source").symlink_to(folder / "source")
        (solution,) = (folder / "source/course/solutions").glob("*.py")
        (stage / "submission").mkdir()
        shutil.copy(solution, stage / "submission")
        return run(stage)


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


def read_metadata(path: Path) -> dict[str, object]:
    """Return what the platform says of the submission; {} where it says nothing readable."""
    try:
        metadata = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return metadata if isinstance(metadata, dict) else {}


def student(metadata: dict[str, object]) -> str:
    """Return the student, for the course team."""
    match metadata:
        case {"users": [{"email": str(email)}, *_]}:
            return email
    return "unknown"


def remarks(standing: Standing, metadata: dict[str, object]) -> list[str]:
    """Return what the course team should know, and the student need not."""
    judgement = standing.judgement
    most, layers = judgement.max_score, ", ".join(judgement.layers)
    lines = [f"{standing.student}: {standing.score} of {most}; {layers}"]
    match metadata:
        case {"assignment": {"total_points": str(total)}} if total != f"{most:.1f}":
            lines.append(
                f"The assignment has {total} points in Gradescope, and the checks are worth "
                f"{most}: set its autograder points to that."
            )
    lines += [r.detail for r in judgement.results if r.status is Status.GRADER_ERROR]
    return lines


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


if __name__ == "__main__":
    sys.exit(main())
