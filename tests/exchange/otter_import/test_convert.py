"""A master notebook of otter-grader becomes an assignment that grades as it did there."""

import csv
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.assignment import Assignment
from grader.course.course import Course, CourseError
from grader.course.settings import AssignmentError
from grader.exchange.otter_import.convert import import_otter
from grader.exchange.transcript.otter import otter as export
from tests.support import masters
from tests.support.small_course import NAME, notebook, write


def grader(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def course(folder):
    for name in ("solutions", "assignments", "autograder_tests"):
        (folder / name).mkdir(parents=True)
    return Course(folder)


def taken(tmp_path, text):
    """Import a master into a new course."""
    made = course(tmp_path / "course")
    return made, import_otter(masters.write(tmp_path / "master.ipynb", text), made)


def master(answer, tests, plain="", config=""):
    """Write a master with one question."""
    cells = "".join(f"=== code{mark}\n{source}\n" for mark, source in tests)
    return f"""
=== raw
# ASSIGNMENT CONFIG
name: small
{config}
=== code
import torch
{plain}
=== raw
# BEGIN QUESTION
name: q1
=== raw
# BEGIN SOLUTION
=== code
{answer}
=== raw
# END SOLUTION
=== raw
# BEGIN TESTS
{cells}=== raw
# END TESTS
=== raw
# END QUESTION
"""


def scores(made, name, folder):
    """Build the notebook, and grade the solution and the skeleton in the sandbox."""
    built = grader("--course", made.root, "build", name)
    assert built.exit_code == 0, built.output
    cells = Assignment.read(made.solution(name)).cells
    folder.mkdir()
    (folder / f"solution_{name}.ipynb").write_bytes(
        notebook(*(cell.source for cell in cells if cell.kind == "code"))
    )
    (folder / f"skeleton_{name}.ipynb").write_bytes(made.notebook(name).read_bytes())
    out = folder / "out"
    done = grader("--course", made.root, "grade", *folder.glob("*.ipynb"), "-a", name, "-o", out)
    assert done.exit_code == 3, done.output  # the skeleton is for a person
    with (out / "grades.csv").open() as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def otter(folder, path):
    """Let otter-grader itself assign a master and grade both versions; return their scores."""
    run = partial_run(folder)
    run("assign", str(path), str(folder / "dist"))
    (archive,) = (folder / "dist" / "autograder").glob("*.zip")
    totals = []
    for version in ("autograder", "student"):
        out = folder / version
        out.mkdir()
        run("run", str(folder / "dist" / version / path.name), "-a", str(archive), "-o", str(out))
        tests = json.loads((out / "results.json").read_text())["tests"]
        totals.append(sum(test.get("score", 0) for test in tests))
    return totals


def partial_run(folder):
    def run(*command):
        done = subprocess.run(
            [sys.executable, "-m", "otter", *command],
            cwd=folder, capture_output=True, text=True, timeout=200,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    return run


@pytest.mark.parametrize(
    ("text", "name", "points"),
    [(masters.SIMPLE, "first_steps", 8), (masters.FUNCTIONS, "layers", 6)],
    ids=["doctests", "functions"],
)
def test_the_solution_gets_everything_and_the_skeleton_nothing(
    tmp_path, judged_here, text, name, points
):
    text = text.replace("files:\n    - data.csv\n", "")
    made, imported = taken(tmp_path, text)
    assert (imported.name, imported.maximum) == (name, points)
    rows = scores(made, name, tmp_path / "class")
    assert [(rows[who]["score"], rows[who]["max"]) for who in ("solution", "skeleton")] == [
        (str(points), str(points)), ("0", str(points)),
    ]  # fmt: skip
    assert rows["solution"]["failed"] == rows["solution"]["student_error"] == "0"


@pytest.mark.whole
@pytest.mark.parametrize(
    ("text", "points"), [(masters.SIMPLE, 4), (masters.FUNCTIONS, 6)], ids=["doctests", "functions"]
)
def test_so_it_is_in_otter_grader_itself(tmp_path, text, points):
    path = masters.write(tmp_path / "master.ipynb", text.replace("files:\n    - data.csv\n", ""))
    assert otter(tmp_path, path) == [points, 0]


def test_a_wrong_answer_loses_the_points_of_its_tests(tmp_path, judged_here):
    made, imported = taken(tmp_path, masters.SIMPLE)
    wrong = "def square(x): return 16 if x == 4 else 3 * x\nside = 5\narea = 25"
    path = tmp_path / f"kim_{imported.name}.ipynb"
    path.write_bytes(notebook("import torch", wrong))
    done = grader("--course", made.root, "grade", path, "-a", imported.name, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    with (tmp_path / "out" / "grades.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert [row[name] for name in ("square", "side", "area")] == ["4", "1", "1"]


def test_the_command_says_what_is_not_carried(tmp_path):
    path = masters.write(tmp_path / "master.ipynb", masters.FUNCTIONS)
    done = grader("import", "otter", path, "-o", tmp_path / "course")
    assert done.exit_code == 0, done.output
    for said in (
        "q3 is graded by hand",
        "q3: the model answer in words was left out",
        "q2 - 1 runs beside the student's code, which could cheat it: Unsendable",
        "q2 - 2 runs beside the student's code, which could cheat it: StudentError",
        "files: no file but the notebook is in the sandbox",
        "solutions/layers.py and 4 checks, 6 points",
        "`grader verify` will ask for known mistakes",
    ):
        assert said in done.output
    again = grader("import", "otter", path, "-o", tmp_path / "course")
    assert again.exit_code == 2
    assert "layers is there already" in again.output


def test_a_check_judges_across_the_border_where_it_can(tmp_path):
    made, _ = taken(tmp_path, masters.SIMPLE)
    text = (made.checks("first_steps") / "test_q1.py").read_text()
    assert "student.beside" not in text
    asked = "    square = student.square\n    assert square(torch.tensor(3.0)) == 9, "
    assert f"{asked}'this does not hold: square(torch.tensor(3.0)) == 9'\n" in text


def test_the_public_tests_are_in_the_notebook_and_the_hidden_ones_are_not(tmp_path):
    made, _ = taken(tmp_path, masters.SIMPLE)
    text = made.solution("first_steps").read_text()
    assert "Three squared is" in text
    assert "square(-2)" not in text


def test_points_of_all_or_nothing_are_on_the_last_check(tmp_path):
    made, _ = taken(tmp_path, masters.FUNCTIONS)
    text = (made.checks("layers") / "test_q1.py").read_text()
    assert "@points(0)\ndef test_q1_1" in text
    assert "@points(4)\n@needs(test_q1_1)\ndef test_q1_2" in text


def test_a_value_is_asked_for_in_a_cell_of_its_own(tmp_path):
    made, _ = taken(tmp_path, masters.SIMPLE)
    assignment = Assignment.read(made.solution("first_steps"))
    assert assignment.questions == ("square", "side", "area")
    assert assignment.values == ("side", "area")


NEEDS_A_HELPER = master(
    "def double(x):\n    return 2 * x # SOLUTION",
    [("", "assert near(double(ONE), 2)")],
    plain="ONE = 1.0\n\ndef near(a, b):\n    return abs(a - b) < 1e-6\n\nprint('not me')",
)


def test_a_check_brings_what_it_needs_of_other_cells(tmp_path):
    made, imported = taken(tmp_path, NEEDS_A_HELPER)
    text = (made.checks("small") / "test_q1.py").read_text()
    assert "def near(a, b)" in text
    assert "not me" not in text
    assert imported.notes == []


@pytest.mark.parametrize(
    ("output", "test", "said"),
    [
        ("", "assert 1 == 1", "q1 - 1 (0.5) is not carried over: it uses nothing"),
        (" -> 2", "for i in [1]:\n    print(double(i))", "it compares what is printed"),
        ("", "assert double(1) == 3", "it fails on the master's own solution: AssertionError"),
        ("", "assert callable(double)", "q1 - 1 passes without an answer, and gives 0.5"),
    ],
)
def test_what_is_lost_or_weak_is_said(tmp_path, output, test, said):
    tests = [(output, test), ("", "assert double(1) == 2")]
    _, imported = taken(tmp_path, master("def double(x):\n    return 2 * x # SOLUTION", tests))
    assert said in "\n".join(imported.notes)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("a, double = 1, abs # SOLUTION", "double is assigned together with another answer"),
        (
            "def double(x):\n    if x: # SOLUTION\n        pass\n    return 2 * x",
            "without its solution this cell is not valid Python",
        ),
    ],
)
def test_an_answer_that_cannot_be_cut_names_its_cell(tmp_path, answer, said):
    with pytest.raises(AssignmentError, match=said) as caught:
        taken(tmp_path, master(answer, [("", "assert double(a if 'a' in dir() else 1)")]))
    assert "master.ipynb, cell 5" in str(caught.value)


def test_a_master_without_a_test_that_counts_is_refused(tmp_path):
    with pytest.raises(AssignmentError, match="no test can be carried over"):
        taken(tmp_path, master("x = 1 # SOLUTION", [("", "assert True")]))


def test_nothing_is_written_where_the_name_is_taken(tmp_path):
    made, _ = taken(tmp_path, masters.SIMPLE)
    before = made.solution("first_steps").read_bytes()
    with pytest.raises(CourseError, match="is there already"):
        import_otter(tmp_path / "master.ipynb", made)
    assert made.solution("first_steps").read_bytes() == before


def test_what_was_exported_comes_back(tmp_path):
    there, name = write(tmp_path / "there")
    export(there, name, tmp_path / "out")
    back = course(tmp_path / "back")
    imported = import_otter(tmp_path / "out" / "master.ipynb", back)
    assignment = Assignment.read(back.solution(NAME))
    assert assignment.questions == ("double", "halve")
    assert (imported.checks, imported.maximum) == (1, 1)  # transcripts are the other tool's
    assert sum("is not carried over" in note for note in imported.notes) == 2
