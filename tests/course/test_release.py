"""What students get holds no solution and no hidden check, wherever one might hide."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from grader.course import build
from grader.course.assignment import Assignment
from grader.course.course import Course
from grader.course.release import leaks, readme, release
from grader.course.settings import AssignmentError
from tests.support.own_course import EACH

COURSE = Course.find(Path(__file__).parent)


@pytest.fixture(params=EACH)
def assignment(request: pytest.FixtureRequest) -> Assignment:
    return Assignment.read(COURSE.solution(request.param))


def found(assignment: Assignment, notebook: dict) -> list[str]:
    return leaks(assignment, COURSE.checks(assignment.name), json.dumps(notebook).encode())


def answer(assignment: Assignment) -> str:
    """Return the cell of the last question, solution inside."""
    return [cell.source for cell in assignment.cells if cell.question][-1]


@pytest.mark.parametrize("name", EACH)
def test_every_assignment_of_this_course_can_be_released(tmp_path, name):
    release(COURSE, name, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == [f"{name}/{name}.ipynb", f"{name}/README.md"]
        assert archive.read(f"{name}/{name}.ipynb") == COURSE.notebook(name).read_bytes()


def test_the_solution_itself_is_found(assignment):
    code = [cell.source for cell in assignment.cells if cell.kind == "code"]
    cells = [{"cell_type": "code", "source": source} for source in code]
    assert len(found(assignment, {"cells": cells, "nbformat": 4})) > 20


@pytest.mark.parametrize("place", ["outputs", "metadata", "markdown"])
def test_an_answer_is_found_outside_of_code(assignment, place):
    notebook = build.skeleton(assignment)
    text = answer(assignment)
    if place == "outputs":
        code = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
        code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
    elif place == "metadata":
        notebook["metadata"]["backup"] = text
    else:
        notebook["cells"].append({"cell_type": "markdown", "source": text})
    assert found(assignment, notebook)


def test_an_answer_is_found_by_its_syntax_tree(assignment):
    """Lines are broken after each bracket, and after commas within, so that none is the same."""
    broken, depth = "", 0
    for letter in re.sub(r" +# .*", "", answer(assignment)):  # a broken comment would be code
        depth += (letter == "(") - (letter == ")")
        broken += letter + "\n" * (depth > 0 and letter in "(,")
    notebook = {"cells": [{"cell_type": "code", "source": broken}], "nbformat": 4}
    assert found(assignment, notebook)


def test_a_hidden_check_is_found(assignment):
    checks = next(COURSE.checks(assignment.name).glob("test_*.py")).read_text()
    cells = [{"cell_type": "code", "source": checks}]
    assert found(assignment, {"cells": cells, "nbformat": 4})


def test_a_notebook_without_answers_is_clean(assignment):
    assert found(assignment, build.skeleton(assignment)) == []


def test_a_builder_that_forgets_to_remove_solutions_is_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "without_solution", lambda source: source)
    course = Course(tmp_path)
    for name in ("solutions", "autograder_tests"):
        (tmp_path / name).symlink_to(COURSE.root / name)
    build.build(course.solution("attention"), course.notebook("attention"))
    with pytest.raises(AssignmentError, match=r"attention\.ipynb would give students"):
        release(course, "attention", tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_a_stale_notebook_is_not_released(tmp_path):
    course = Course(tmp_path)
    for name in ("solutions", "autograder_tests"):
        (tmp_path / name).symlink_to(COURSE.root / name)
    with pytest.raises(AssignmentError, match="stale or missing"):
        release(course, "attention", tmp_path / "a.zip")


def test_the_readme_says_what_to_install_and_which_data():
    text = readme(Assignment.read(COURSE.solution("lstm_mnist")))
    assert "python -m pip install torch matplotlib pooch scikit-learn tqdm" in text
    assert "## The data" in text
    assert "MNIST" in text
