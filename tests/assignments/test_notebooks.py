"""Every assignment of this course: what holds of its checks, its notebook and its exports."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from grader.checking.collect import run_session
from grader.course.assignment import Assignment
from grader.course.build import skeleton
from tests.support.kernel import run, said
from tests.support.own_course import OURS

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "solutions").glob("*.py"))
SECONDS = 60
"""In which a notebook must have run, without a network, on one core."""


@pytest.fixture(params=NAMES)
def assignment(request: pytest.FixtureRequest) -> Assignment:
    return Assignment.read(OURS.solution(request.param))


def test_the_hidden_checks_are_worth_100_points(assignment):
    points = []

    def work(session):
        points.extend(check.points for check in session.checks if not check.public)

    run_session(assignment, OURS.checks(assignment.name), work)
    assert sum(points) == 100 and all(points)


def execute(assignment: Assignment, *, solved: bool) -> tuple[list[str], str]:
    """Run a notebook in a real kernel, past its errors; return their names and what it printed."""
    solutions = {cell.question: cell.source for cell in assignment.cells if cell.question}
    book = nbformat.reads(json.dumps(skeleton(assignment)), as_version=4)
    for cell in book.cells:
        question = cell.metadata.get("grader", {}).get("question")
        if solved and question:
            cell.source = solutions[question]
    run(book, SECONDS)
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    errors = [output.ename for output in outputs if output.output_type == "error"]
    return errors, said(outputs)


@pytest.mark.whole
def test_the_skeleton_says_what_is_not_implemented_and_nothing_else(assignment):
    errors, text = execute(assignment, solved=False)
    assert {*errors} <= {"NotImplementedError"}
    assert "✓" not in text and text.count("✗") >= len(assignment.questions)


@pytest.mark.whole
def test_the_solved_notebook_runs_in_a_real_kernel_and_passes_its_checks(assignment):
    errors, text = execute(assignment, solved=True)
    checks = sum(len(cell.checks) for cell in assignment.cells)
    assert errors == [] and "✗" not in text
    assert text.count("✓") == 2 * checks  # below each question, and summed up


def test_a_mistake_has_a_sentence_without_a_full_stop(assignment):
    bank = (OURS.checks(assignment.name) / "mistakes.toml").read_text("utf-8")
    sentences = re.findall(r'^sentence = "(.+)"$', bank, re.MULTILINE)
    assert sentences and not [s for s in sentences if s.endswith(".")]
