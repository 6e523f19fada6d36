"""What is exported is an assignment of nbgrader: the real one takes it, and grades with it."""

import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest

from grader.exchange.transcript.nbgrader import nbgrader
from tests.support.own_course import OURS
from tests.support.small_course import SOLUTION, write

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module", autouse=True)
def programs():
    """nbgrader starts `alembic` by its name alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        yield


def run(folder, *command):
    """Run a command of nbgrader in a course, and return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *command],
        cwd=folder, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def attention(tmp_path_factory):
    """An nbgrader course with the assignment released."""
    folder = tmp_path_factory.mktemp("nbgrader")
    nbgrader(OURS, "attention", folder)
    run(folder, "generate_assignment", "attention")
    return folder


@pytest.fixture(scope="module")
def scores(attention):
    """The score of each student after autograding, cell by cell."""
    from nbgrader.api import Gradebook

    release = nbformat.read(attention / "release" / "attention" / "attention.ipynb", 4)
    source = nbformat.read(attention / "source" / "attention" / "attention.ipynb", 4)
    wrong = deepcopy(source)
    for cell in wrong.cells:
        cell.source = cell.source.replace(" / math.sqrt(Q.size(-1))", "")
    for student, book in (("solution", source), ("skeleton", release), ("wrong", wrong)):
        path = attention / "submitted" / student / "attention" / "attention.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(book, path)
    run(attention, "autograde", "attention")
    with Gradebook(f"sqlite:///{attention}/gradebook.db") as book:
        return {
            submission.student.id: {
                g.name: g.auto_score for n in submission.notebooks for g in n.grades
            }
            | {"all": (submission.score, submission.max_score)}
            for submission in book.assignment_submissions("attention")
        }


@pytest.mark.whole
def test_the_metadata_is_what_nbgraders_own_validator_takes(attention):
    from nbgrader.nbgraderformat import read

    for version in ("source", "release"):
        path = attention / version / "attention" / "attention.ipynb"
        with path.open() as file:
            book = read(file, 4)
        assert all(cell.metadata["nbgrader"]["schema_version"] == 3 for cell in book.cells)


@pytest.mark.whole
def test_the_solution_gets_everything(scores):
    assert scores["solution"]["all"] == (97, 97)


@pytest.mark.whole
def test_the_skeleton_gets_nothing(scores):
    assert scores["skeleton"]["all"] == (0, 97)


@pytest.mark.whole
def test_a_wrong_answer_fails_hidden_tests_of_its_own_question(scores):
    lost = {name for name, score in scores["wrong"].items() if name != "all" and not score}
    assert any(name.startswith("q1-hidden") for name in lost)
    assert not any(name.startswith(("q2-hidden", "q3-hidden")) for name in lost)


@pytest.mark.whole
def test_the_release_holds_no_solution_and_no_hidden_test(attention):
    (path,) = (attention / "release" / "attention").iterdir()
    text = path.read_text()
    assert not [w for w in ("softmax(scores", "reshape(B, T", "replay", "HIDDEN") if w in text]
    assert "YOUR CODE HERE" in text


@pytest.mark.whole
def test_students_can_change_their_answers_and_nothing_else(attention):
    book = nbformat.read(attention / "release" / "attention" / "attention.ipynb", 4)
    free = [c for c in book.cells if c.metadata.get("editable", True)]
    assert [c.metadata["nbgrader"]["grade_id"] for c in free] == ["q1", "q2", "q3", "q4"]
    assert not any(c.metadata["deletable"] for c in book.cells)


@pytest.mark.whole
def test_nbgrader_validate_passes_the_solution_and_not_the_skeleton(attention):
    for version, said in (("source", "Success!"), ("release", "VALIDATION FAILED")):
        path = attention / version / "attention" / "attention.ipynb"
        assert said in run(attention, "validate", str(path))


def test_a_region_outside_of_a_question_is_cut_out_too(tmp_path):
    odd = SOLUTION.replace(
        "import torch\n", "import torch\n# BEGIN SOLUTION\nsecret = 4711\n# END SOLUTION\n", 1
    )
    course, name = write(tmp_path / "course", solution=odd)
    nbgrader(course, name, tmp_path / "nb")
    run(tmp_path / "nb", "generate_assignment", name)
    assert "4711" not in (tmp_path / "nb" / "release" / name / f"{name}.ipynb").read_text()
