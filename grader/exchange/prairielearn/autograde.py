"""Grade one submission inside PrairieLearn's container.

    python -m grader.exchange.prairielearn.autograde FOLDER

FOLDER is the platform's /grade: tests/course/ (what question.py wrote), student/ and results/,
where results.json is written. data/data.json says what the question drew and what was typed, and
is not needed: nothing but a notebook is handed in. What is printed is for the course team.
"""

import argparse
from pathlib import Path

from ...files import replace_file
from ...model.result import Status
from ...model.standing import Standing
from ..container import judged
from .results import results


def main() -> None:
    """Grade what lies in the folder given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    run(parser.parse_args().folder.resolve())


def run(folder: Path) -> Standing:
    """Grade the submission in `folder` and write its results.json.

    Raises AssignmentError and SandboxError; then `run` has left a results.json.
    """
    assignment, standing = judged(folder / "tests" / "course", folder / "student", "student")
    text = results(standing, assignment.visibility)
    replace_file(folder / "results" / "results.json", text)
    judgement = standing.judgement
    print(f"{standing.score} of {judgement.max_score}; {', '.join(judgement.layers)}")
    for result in judgement.results:
        if result.status is Status.GRADER_ERROR:
            print(result.detail)
    return standing


if __name__ == "__main__":
    main()
