"""What is exported is an assignment of otter-grader: the real one takes it, and grades with it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from grader.exchange.transcript.otter import otter
from tests import classroom
from tests.support.own_course import OURS
from tests.support.small_course import CHECKS, SOLUTION, write

ROOT = Path(__file__).parents[3]


def run(*command, cwd):
    """Run a program of otter-grader and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def scores(dist, notebook, folder):
    """Return each question's score and maximum, as `otter run` gives them."""
    (archive,) = (dist / "autograder").glob("*.zip")
    folder.mkdir()
    run("otter", "run", str(notebook), "-a", str(archive), "-o", str(folder), cwd=folder)
    tests = json.loads((folder / "results.json").read_text())["tests"]
    return {test["name"]: (test["score"], test["max_score"]) for test in tests if "score" in test}


def dist(course, name, folder):
    """Export an assignment, and let otter assign make its two versions."""
    otter(course, name, folder)
    run("otter", "assign", "master.ipynb", "dist", cwd=folder)
    return folder / "dist"


@pytest.fixture(scope="module")
def attention(tmp_path_factory):
    return dist(OURS, "attention", tmp_path_factory.mktemp("otter"))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """An assignment with what is awkward: a region outside of a question, and odd signs."""
    odd = SOLUTION.replace('"""One becomes two."""', '"""One "becomes" {two}: a\\\\b %s √."""')
    odd = odd.replace(
        "# %%\nimport torch\n",
        "# %%\nimport torch\nONE = 1\n# BEGIN SOLUTION\nsecret = 4711\n# END SOLUTION\n",
    ).replace("student.double(torch.ones(1)).item() == 2", "student.double(ONE * near(1)) == 2")
    odd = odd.replace("def test_one_becomes", "def near(x):\n    return x\n\ndef test_one_becomes")
    hidden = CHECKS.replace("@points(3)\n", "@points(3)\n@needs(test_double_is_a_sum)\n")
    folder = tmp_path_factory.mktemp("small")
    return dist(write(folder / "course", hidden, odd)[0], "doubling", folder / "otter")


@pytest.mark.whole
def test_the_solution_gets_everything(attention, tmp_path):
    found = scores(attention, attention / "autograder" / "master.ipynb", tmp_path / "run")
    assert found == {"q1": (41, 41), "q2": (11, 11), "q3": (11, 11), "q4": (38, 38)}


@pytest.mark.whole
def test_the_skeleton_gets_nothing_and_reads_what_should_hold(small, tmp_path):
    found = scores(small, small / "student" / "master.ipynb", tmp_path / "run")
    assert found == {"q1": (0, 3), "q2": (0, 3)}
    tests = json.loads((tmp_path / "run" / "results.json").read_text())["tests"]
    assert 'One "becomes" {two}: a\\b %s √.' in tests[0]["output"]


@pytest.mark.whole
def test_a_wrong_answer_loses_what_it_should(attention, tmp_path):
    book = nbformat.reads(classroom.notebook(classroom.script_of("wrong/no_scale")), 4)
    book.metadata["otter"] = {"assignment_name": "attention"}  # otter run refuses any other
    path = tmp_path / "kim.ipynb"
    nbformat.write(book, path)
    found = scores(attention, path, tmp_path / "run")
    assert 0 < found["q1"][0] < 41
    assert [found[name][0] for name in ("q2", "q3")] == [11, 11]


def test_the_students_notebook_holds_no_solution_and_no_hidden_test(small):
    look_for(("2 * x", "x / 2", "4711", "replay"), small)


@pytest.mark.whole
def test_that_of_attention_does_not_either(attention):
    look_for(("softmax(scores", "reshape(B, T", "transcript", "replay"), attention)


def look_for(words, folder):
    """None of them is in the students' notebook, which is alone in its folder."""
    assert [path.name for path in (folder / "student").iterdir()] == ["master.ipynb"]
    text = (folder / "student" / "master.ipynb").read_text()
    assert [word for word in words if word in text] == []
    assert "raise NotImplementedError" in text


@pytest.mark.whole
def test_grader_check_works_in_the_students_notebook(attention, tmp_path):
    from nbclient import NotebookClient

    for version, words in (
        ("autograder", "q1</pre></strong> passed!"),
        ("student", "NotImplementedError"),
    ):
        book = nbformat.read(attention / version / "master.ipynb", 4)
        resources = {"metadata": {"path": str(attention / version)}}
        keep = [c for c in book.cells if not str(c.source).startswith(("# Save", "grader.export"))]
        book.cells = keep
        NotebookClient(book, allow_errors=True, timeout=200, resources=resources).execute()
        (check,) = (c for c in book.cells if c.cell_type == "code" and 'check("q1")' in c.source)
        assert words in json.dumps(check.outputs)


@pytest.mark.whole
def test_otter_check_runs_the_public_tests(small):
    tests = json.loads((small / "student" / "master.ipynb").read_text())["metadata"]["otter"]
    folder = small / "checks"
    folder.mkdir()
    (folder / "q1.py").write_text(tests["tests"]["q1"])
    notebook = str(small / "autograder" / "master.ipynb")
    said = run("otter", "check", notebook, "-q", "q1", "-t", str(folder), cwd=small)
    assert "All tests passed!" in said


@pytest.mark.whole
def test_a_check_brings_its_helpers_and_looks_up_the_rest(small, tmp_path):
    found = scores(small, small / "autograder" / "master.ipynb", tmp_path / "run")
    assert found == {"q1": (3, 3), "q2": (3, 3)}


def test_what_is_not_carried_is_said(tmp_path):
    said = "\n".join(otter(OURS, "lstm_mnist", tmp_path / "lstm").losses())
    carried_not = re.search(r"code of its own beside the student's: (.+)", said)[1]
    assert "test_a_step_returns_one_loss (1)" in carried_not
    assert re.search(r"train_step has no hidden check there; its \d+ points stand on", said)
    assert "torch.nn.LSTM" in said
    assert "read and change them" in said


def test_a_question_without_hidden_tests_keeps_its_points(tmp_path):
    beside = CHECKS.replace(
        'agree(student.double, lambda x: x + x, draw(3), takes=("x (n)",), returns=("twice (n)",))',
        "assert student.beside(lambda names: 1)() == 1",
    )
    course, name = write(tmp_path / "course", beside)
    carried = otter(course, name, tmp_path / "otter")
    double, halve = carried.questions
    assert (double.points, halve.points) == (2, 0)
    master = (tmp_path / "otter" / "master.ipynb").read_text()
    assert "points: 2\\n" in master


def test_the_same_course_gives_the_same_bytes(tmp_path):
    course, name = write(tmp_path / "course")
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        otter(course, name, folder)
    one, two = ({p.name: p.read_bytes() for p in folder.iterdir()} for folder in folders)
    assert one == two
    assert set(one) == {"master.ipynb", "replay.py", "transcript.txt", "requirements.txt"}


def test_the_packages_of_the_assignment_are_required(tmp_path):
    otter(OURS, "lstm_mnist", tmp_path)
    assert (tmp_path / "requirements.txt").read_text().split()[:2] == ["torch", "matplotlib"]
