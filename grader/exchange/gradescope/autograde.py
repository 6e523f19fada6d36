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
from pathlib import Path

from ...files import replace_file
from ...model.result import Status
from ...model.standing import Standing
from ...report.results_json import results_json
from ..container import judged


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
    metadata = read_metadata(folder / "submission_metadata.json")
    assignment, standing = judged(
        folder / "source" / "course", folder / "submission", student(metadata)
    )
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


if __name__ == "__main__":
    sys.exit(main())
