"""Write an assignment as a question of PrairieLearn, graded by us in a container.

    NAME/info.json                          image, entry point, time
    NAME/question.html                      where students upload their notebook, and read results
    NAME/clientFilesQuestion/NAME.ipynb     the notebook that they begin with
    NAME/tests/run, NAME/tests/course/…     what the container gets as /grade/tests

Students see clientFilesQuestion/ and what question.html renders, nothing else.
Sources: https://docs.prairielearn.com/externalGrading/ and https://docs.prairielearn.com/question/
"""

import html
import json
import math
import shlex
import uuid
from pathlib import Path

from ...course.assignment import Assignment
from ...course.build import build
from ...course.course import Course
from ...course.include import spelled_out
from ...files import replace_file
from ..course_files import course_files, refuse_unknown

TEMPLATES = Path(__file__).parents[2] / "templates" / "prairielearn"
LONGEST = 600
"""Seconds that PrairieLearn allows at most."""
START = 60
"""Seconds for the container, for torch, and for the checks themselves."""
LEFT = 15
"""Seconds that remain to report that the time was not enough."""


def prairielearn(course: Course, name: str, image: str, folder: Path) -> Path:
    """Write the folder of a question into `folder`, a course's questions/; return it.

    Its tests/ holds the solution, the hidden checks and the key of the draws. Raises
    AssignmentError and CourseError.
    """
    assignment = Assignment.read(course.solution(name))
    refuse_unknown(assignment, course.checks(name))
    target = folder / name
    for inside, path in course_files(course, name):
        whole = spelled_out(path).encode() if path == assignment.path else path.read_bytes()
        replace_file(target / "tests" / "course" / inside, whole)
    replace_file(target / "tests" / "run", (TEMPLATES / "run").read_bytes())
    (target / "tests" / "run").chmod(0o755)
    build(assignment.path, target / "clientFilesQuestion" / f"{name}.ipynb")
    replace_file(target / "info.json", json.dumps(info(assignment, image), indent=2) + "\n")
    page = (TEMPLATES / "question.html").read_text("utf-8")
    for word, text in {"TITLE": assignment.title, "NAME": name}.items():
        page = page.replace(word, html.escape(text))
    replace_file(target / "question.html", page)
    return target


def info(assignment: Assignment, image: str) -> dict[str, object]:
    """Return what info.json says."""
    seconds = min(LONGEST, START + math.ceil(assignment.limits.total))
    return {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"torch-grader/{assignment.name}")),
        "title": assignment.title,
        "topic": "PyTorch",
        "type": "v3",
        "singleVariant": True,
        "gradingMethod": "External",
        "externalGradingOptions": {
            "enabled": True,
            "image": image,
            "entrypoint": shlex.join(["/grade/tests/run", str(seconds - LEFT)]),
            "timeout": seconds,
            "enableNetworking": False,
        },
    }
