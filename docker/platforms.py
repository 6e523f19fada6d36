"""Single submissions, run in an image as the platforms run them."""

import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from canaries import ROOT
from expect import expect
from image import PLATFORM, Image

HOSTILE = ROOT / "tests/submissions/attention/hostile"
BOUNDS = {
    ROOT / "solutions/attention.py": (100, 100),
    ROOT / "assignments/attention.ipynb": (0, 0),
    ROOT / "LICENSE": (0, 0),  # no notebook
    HOSTILE / "memory_bomb.py": (1, 99),
    HOSTILE / "never_returns.py": (1, 99),
    HOSTILE / "reads_the_solution.py": (1, 99),
}
"""Files that are handed in, with the least and the most that they may earn."""


def autograded(image: Image, work: Path) -> str:
    """Run single submissions as Gradescope does, and hold their scores against bounds."""
    with ThreadPoolExecutor(4) as pool:  # of half a core each
        reports = pool.map(partial(autograde, image, work), BOUNDS)
    seen = []
    for (path, (least, most)), (report, seconds) in zip(BOUNDS.items(), reports, strict=True):
        expect(least <= report.get("score", -1) <= most, f"{path.name}: {report}")
        expect("user" in report["extra_data"]["layers"], f"{path.name} ran as the grader's user")
        seen.append(f"{path.name} {report['score']} in {seconds:.0f} s")
    return ", ".join(seen)


def autograde(image: Image, work: Path, path: Path) -> tuple[dict[str, Any], float]:
    """Hand in one file; return results.json and the seconds it took."""
    submission, results = work / path.name / "submission", work / path.name / "results"
    for folder in (submission, results):
        folder.mkdir(parents=True)
    shutil.copy(path, submission)
    mounts = [f"-v={at}:/autograder/{at.name}" for at in (submission, results)]
    start = time.monotonic()
    image.daemon.docker("run", *PLATFORM, *mounts, image.tag, "/autograder/run_autograder")
    report = json.loads((results / "results.json").read_text())
    return report, time.monotonic() - start


def externally_graded(image: Image, grader: Image, work: Path) -> str:
    """Run single submissions as PrairieLearn does, with the question that `grader export` writes.

    https://docs.prairielearn.com/externalGrading/: the container has /grade/tests and
    /grade/student, and leaves /grade/results/results.json. What earns nothing here costs no
    attempt there.
    """
    question = exported(grader, image.tag, work)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(partial(externally_grade, image, question, work), BOUNDS))
    seen = []
    for (path, (least, most)), result in zip(BOUNDS.items(), found, strict=True):
        expect(result["gradable"] is (most > 0), f"{path.name}: {result}")
        score = 100 * result.get("score", 0)
        expect(least <= score <= most, f"{path.name}: {result}")
        seen.append(f"{path.name} {score:.0f}")
    return ", ".join(seen)


def exported(grader: Image, tag: str, work: Path) -> Path:
    """Write the question with `grader export`; return its folder."""
    mounts = []
    for name, inside in (("questions", "/questions"), ("key", "/course/.grader")):
        (work / name).mkdir(parents=True)
        mounts.append(f"-v={work / name}:{inside}")
    order = ("export", "prairielearn", "attention", "--image", tag, "-o", "/questions")
    grader.run(*order, options=("--user=0:0", *mounts))
    return work / "questions" / "attention"


def externally_grade(image: Image, question: Path, work: Path, path: Path) -> dict[str, Any]:
    """Hand in one file; return results.json."""
    grade = work / path.name
    shutil.copytree(question / "tests", grade / "tests")
    (grade / "student").mkdir()
    shutil.copy(path, grade / "student")
    info = json.loads((question / "info.json").read_text())
    program, *arguments = info["externalGradingOptions"]["entrypoint"].split()
    how = (*PLATFORM, f"--entrypoint={program}", f"-v={grade}:/grade")
    image.daemon.docker("run", *how, image.tag, *arguments)
    result: dict[str, Any] = json.loads((grade / "results" / "results.json").read_text())
    return result
