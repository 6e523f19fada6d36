"""A source notebook of nbgrader becomes an assignment that grades as it did there."""

import csv
import os
import subprocess
import sys
from copy import deepcopy

import nbformat
import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.assignment import Assignment
from grader.course.course import Course
from grader.course.settings import AssignmentError
from grader.exchange.nbgrader_import.convert import import_nbgrader
from tests.support import sources

WRONG = {
    "right": ("", ""),
    "wrong for negative numbers": ("return x * x", "return x * x.abs()"),
    "no root": (".sqrt()", ""),
    "an error": ("return x * x", "return undefined"),
    "no error where one is due": ('raise ValueError("negative")', "pass"),
}
"""Submissions by what is changed in the solution."""
POINTS = 7.5
TWICE = 2
"""We have whole points, so those of this notebook are times two."""


def grader(*arguments, code=0):
    done = CliRunner().invoke(main, [str(a) for a in arguments])
    assert done.exit_code == code, done.output
    return done.output


def taken(tmp_path, text):
    """Import a source notebook into a new course."""
    made = Course(tmp_path / "course")
    for name in ("solutions", "assignments", "autograder_tests"):
        (made.root / name).mkdir(parents=True)
    return made, import_nbgrader(sources.write(tmp_path / "tensors.ipynb", text), made)


def submissions(path):
    """Return what students hand in: the solution, and changes of it."""
    book = nbformat.read(path, 4)
    found = {}
    for name, (before, after) in WRONG.items():
        found[name] = deepcopy(book)
        for cell in found[name].cells:
            cell.source = cell.source.replace(before, after) if before else cell.source
    return found


def ours(tmp_path, made):
    """Return the score of each submission, and of the skeleton, as we grade."""
    grader("--course", made.root, "build", "tensors")
    folder = tmp_path / "class"
    folder.mkdir()
    for name, book in submissions(tmp_path / "tensors.ipynb").items():
        nbformat.write(book, folder / f"{name.replace(' ', '-')}_tensors.ipynb")
    (folder / "skeleton_tensors.ipynb").write_bytes(made.notebook("tensors").read_bytes())
    words = ("-a", "tensors", "-o", tmp_path / "out", "-j", "1")
    grader("--course", made.root, "grade", folder, *words)
    with (tmp_path / "out" / "grades.csv").open() as file:
        rows = {row["student"].replace("-", " "): row for row in csv.DictReader(file)}
    return {name: float(row["score"]) / TWICE for name, row in rows.items()}


def theirs(tmp_path):
    """Return the same as nbgrader itself grades: its automatic points."""
    from nbgrader.api import Gradebook

    root = tmp_path / "nbgrader"
    source = root / "source" / "tensors" / "tensors.ipynb"
    sources.write(source, sources.TENSORS)

    def run(*command):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *command, f"--course-dir={root}"],
            cwd=root, capture_output=True, text=True, timeout=240,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    run("generate_assignment", "tensors")
    release = nbformat.read(root / "release" / "tensors" / "tensors.ipynb", 4)
    for name, book in {**submissions(source), "skeleton": release}.items():
        path = root / "submitted" / name.replace(" ", "-") / "tensors" / "tensors.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(book, path)
    run("autograde", "tensors")
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        return {
            one.student.id.replace("-", " "): sum(
                grade.auto_score or 0 for notebook in one.notebooks for grade in notebook.grades
            )
            for one in book.assignment_submissions("tensors")
        }


SCORES = {
    "right": 7.5, "wrong for negative numbers": 5.5, "no root": 3, "an error": 1,
    "no error where one is due": 6.5, "skeleton": 0,
}  # fmt: skip


def test_it_grades_right_and_wrong_submissions(tmp_path, judged_here):
    made, imported = taken(tmp_path, sources.TENSORS)
    assert (imported.name, imported.maximum) == ("tensors", POINTS * TWICE)
    assert ours(tmp_path, made) == SCORES


@pytest.mark.whole
def test_so_does_nbgrader_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    assert theirs(tmp_path) == SCORES


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The course, and what the command has said."""
    folder = tmp_path_factory.mktemp("import")
    path = sources.write(folder / "source" / "ps1" / "tensors.ipynb", sources.TENSORS)
    (path.parent / "data.csv").touch()
    said = grader("import", "nbgrader", path, "-o", folder / "course")
    return Course(folder / "course"), " ".join(said.split())


def test_the_command_says_what_is_not_carried_with_its_cell(made):
    _, said = made
    for part in (
        "why (cell 10) is graded by hand: its points (4) are for a person to give",
        "why (cell 10): the model answer was left out",
        "plot (cell 11) is graded by hand: its points (2)",
        "report (cell 12) is graded by hand: its points (5)",
        "Beside the notebook: data.csv: no file but the notebook is in the sandbox",
        "All points are times 2",
        "solutions/tensors.py and 6 checks, 15 points",
        "nbgrader has no place for them",
    ):
        assert part in said, part


def test_a_cell_of_tests_is_a_check_that_has_all_of_its_points(made):
    course, _ = made
    text = (course.checks("tensors") / "test_square_tests.py").read_text()
    assert "@points(0)\ndef test_square_tests_1" in text
    assert "@points(4)\n@needs(test_square_tests_1)\ndef test_square_tests_2" in text
    assert text.count('"""Squares of numbers."""') >= 2 and "student.beside" not in text
    assert "of nbgrader" in text.split("\n")[0]


def test_students_get_the_tests_that_they_had_and_no_hidden_one(made):
    course, _ = made
    grader("--course", course.root, "build", "tensors")
    text = course.notebook("tensors").read_text()
    assert "The norm of (3, 4) is 5." in text and "near(square(x)" in text
    for secret in (
        "square(-x)",
        "torch.ones(4)",
        "x * x",
        "sum().sqrt()",
        "One point for each",
        "self.n",
    ):
        assert secret not in text
    assert "YOUR ANSWER HERE" in text and "Write a report." in text


def test_of_a_whole_answer_students_get_the_head_and_the_docstring(made):
    course, _ = made
    text = course.solution("tensors").read_text()
    head = 'def norm(x):\n    """Return the root of the sum of squares."""\n    # BEGIN SOLUTION\n'
    assert head in text


def test_title_and_questions_are_those_of_the_notebook(made):
    course, _ = made
    assignment = Assignment.read(course.solution("tensors"))
    assert assignment.title == "Tensors" and assignment.questions == ("square", "norm", "Counter")


def small(answer, tests, points=1):
    return (
        f"=== code\nimport torch\n=== code answer a\n{answer}\n=== code tests t {points}\n{tests}\n"
    )


DOUBLE = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ("### AUTOTEST double(3)", "t (cell 3; 1) is not carried over: nbgrader makes its tests"),
        ("assert 1 == 1", "t - 1 (cell 3) (1) is not carried over: it uses nothing"),
        ("assert double(1) == 3", "t - 1 (cell 3) (1) is not carried over: it fails on"),
        ("part = 0.5 * (double(1) == 2)\npart", "t (cell 3) ends in a value"),
        ("assert callable(double)", "t - 1 (cell 3) passes without an answer, and gives 1"),
    ],
)
def test_what_is_lost_or_weak_is_said_with_its_cell(tmp_path, tests, said):
    more = "=== code tests u 1\nassert double(4) == 8\n"
    _, imported = taken(tmp_path, small(DOUBLE, tests) + more)
    assert said in "\n".join(imported.notes)


def test_what_stands_at_the_end_of_a_test_judges_nothing(tmp_path):
    made, _ = taken(tmp_path, small(DOUBLE, "assert double(1) == 2\ndouble(1) == 3"))
    assert "assert double(1) == 3" not in (made.checks("tensors") / "test_t.py").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (small("### BEGIN SOLUTION\nx = 1", "assert x"), "cell 2:1: ### BEGIN SOLUTION has no end"),
        (
            small("### BEGIN SOLUTION\n### BEGIN SOLUTION\nx = 1", "assert x"),
            "cell 2:1: ### BEGIN SOLUTION stands inside of another",
        ),
        (
            small("x = 1", "### BEGIN HIDDEN TESTS\nassert x"),
            "cell 3:1: ### BEGIN HIDDEN TESTS has",
        ),
        (small("x = (", "assert x"), "cell 2:1: Python cannot read it"),
        (small("x = 1", "assert x ="), "cell 3:1: Python cannot read it"),
        ("=== code answer a\nx = 1\n=== code tests a 1\nassert x\n", "cell 2:1: the id a is there"),
        ("=== code answer a\nx = 1\n", "no test can be carried over: Tests are cells that are"),
        ("=== code\nx = 1\n", "no test can be carried over"),
    ],
)
def test_what_nbgrader_would_not_take_is_refused_with_cell_and_remedy(tmp_path, text, said):
    with pytest.raises(AssignmentError) as caught:
        taken(tmp_path, text)
    assert said in str(caught.value).replace(". Tests", ": Tests")


def test_ids_that_become_one_name_get_two(tmp_path):
    tests = "assert double(1) == 2"
    text = small(DOUBLE, tests) + "=== code tests a-b 1\nassert double(2) == 4\n"
    made, imported = taken(tmp_path, text + "=== code tests a_b 1\nassert double(3) == 6\n")
    assert imported.checks == 3
    names = sorted(path.name for path in made.checks("tensors").glob("*.py"))
    assert names == ["test_a_b.py", "test_a_b_2.py", "test_t.py"]
