"""Code that assignments share is written once, and stands in full wherever it is included."""

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.checking.solution import Program
from grader.cli.main import main
from grader.course.assignment import Assignment
from grader.course.build import skeleton
from grader.course.course import Course
from grader.course.include import sources, spelled_out
from grader.course.settings import AssignmentError
from grader.course.versions import Versions
from grader.exchange.gradescope.bundle import gradescope
from grader.judging.bundle import JobBundle
from grader.judging.job import Job
from grader.verify.finding import digest

HEAD = "# /// script\n# [tool.grader]\n# ///\n\n"
FIRST = (
    HEAD
    + '''\
# %%
import math, operator
import torch

FACTOR = 2  # what "twice" means

# %% question="double"
def double(x):
    """Return twice x."""
    # BEGIN SOLUTION
    return operator.mul(FACTOR, x)
    # END SOLUTION

# %% tags=["check"]
def test_one_becomes_two(student):
    """One becomes two."""
    assert student.double(1) == 2, "one becomes something else"

# %% question="Root"
@torch.no_grad()
def Root(x):
    # BEGIN SOLUTION
    return math.sqrt(x)
    # END SOLUTION

# %%
print(double(Root(4)))
'''
)
SECOND = (
    HEAD
    + '''\
# %%
import torch

# %% tags=["include"]
from first import double

# %% question="quadruple"
def quadruple(x):
    """Return four times x."""
    # BEGIN SOLUTION
    return double(double(x))
    # END SOLUTION
'''
)
THIRD = (
    HEAD
    + """\
# %% tags=["include"]
from second import quadruple

# %% tags=["include"]
from first import double, Root

# %% question="octuple"
def octuple(x):
    # BEGIN SOLUTION
    return double(quadruple(x))
    # END SOLUTION
"""
)
GIVEN = '''\
# You wrote this in first.ipynb.
import operator
FACTOR = 2  # what "twice" means


def double(x):
    """Return twice x."""
    return operator.mul(FACTOR, x)'''


@pytest.fixture
def course(tmp_path: Path) -> Course:
    course = Course(tmp_path / "course")
    (course.root / "solutions").mkdir(parents=True)
    for name, text in (("first", FIRST), ("second", SECOND), ("third", THIRD)):
        course.checks(name).mkdir(parents=True)
        (course.root / "solutions" / f"{name}.py").write_text(text)
    return course


def given(course: Course, name: str) -> list[str]:
    cells = Assignment.read(course.solution(name)).cells
    return [cell.source for cell in cells if cell.given]


def test_what_a_definition_needs_stands_there_with_its_solution_and_nothing_else(course):
    assert given(course, "second") == [GIVEN]


def test_the_notebook_is_whole_and_its_questions_are_its_own(course):
    assignment = Assignment.read(course.solution("second"))
    sources = ["".join(cell["source"]) for cell in skeleton(assignment)["cells"]]
    assert GIVEN in sources and not any("from first" in source for source in sources)
    assert assignment.questions == ("quadruple",)
    assert not any("test_one_becomes_two" in source for source in sources)


def test_what_is_included_includes_in_turn_and_nothing_stands_twice(course):
    quadruple, root = given(course, "third")
    assert quadruple.startswith("# You wrote this in second.ipynb.\nimport operator\nFACTOR = 2")
    assert quadruple.count("def double") == quadruple.count("def quadruple") == 1
    assert root == (
        "# You wrote this in first.ipynb.\nimport math\nimport torch\n\n\n"
        "@torch.no_grad()\ndef Root(x):\n    return math.sqrt(x)"
    )


def test_the_solution_runs(course):
    assert Program(Assignment.read(course.solution("third"))).run().octuple(1) == 8


MISTAKES = {
    # name: (what is written in second.py, line, what is wrong, remedy)
    "no such file": ("from frist import double", 9, "no frist.py", "Perhaps first is meant"),
    "no such name": ("from first import duoble", 9, "does not define duoble", "Perhaps double"),
    "an import": ("from first import operator", 9, "not define operator", "There are FACTOR"),
    "code": ("x = 1\nfrom first import double", 9, "holds imports", "from NAME import A, B"),
    "a module": ("import first", 9, "holds imports", "from NAME import A, B"),
    "a package": ("from .first import double", 9, "holds imports", "from NAME import A, B"),
    "a star": ("\nfrom first import *", 10, "one by one", "from NAME import A, B"),
    "an alias": ("from first import double as twice", 9, "as they are", "from NAME import A, B"),
    "itself": ("from second import quadruple", 9, "second.py itself", "what both need"),
    "each other": ("from third import octuple", 9, "third.py itself includes", "what both need"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_include_that_cannot_be_is_named_with_file_line_and_remedy(mistake, course):
    wrong, line, what, remedy = MISTAKES[mistake]
    path = course.solution("second")
    path.write_text(SECOND.replace("from first import double", wrong))
    with pytest.raises(AssignmentError) as error:
        Assignment.read(path)
    where = course.solution("third") if mistake == "each other" else path
    assert str(error.value).startswith(f"{where}:{6 if where != path else line}: ")
    assert (what if where == path else "second.py itself includes") in str(error.value)
    assert remedy in str(error.value)


def test_a_question_cannot_be_given(course):
    path = course.solution("third")
    path.write_text(THIRD.replace("octuple", "Root"))
    with pytest.raises(AssignmentError, match=r"third\.py:11: Root is already the name of"):
        Assignment.read(path)


def test_an_error_in_what_is_included_points_at_its_mark(course):
    first = course.solution("first")
    first.write_text(FIRST.replace("FACTOR = 2", "FACTOR = missing"))
    with pytest.raises(AssignmentError, match=r"second\.py:8: .*missing"):
        Program(Assignment.read(course.solution("second"))).run()


def test_a_change_of_what_is_included_changes_every_digest(course):
    def digests():
        assignment, checks = Assignment.read(course.solution("third")), course.checks("third")
        job = Job(assignment.path, checks, b"a key")
        return (
            Versions.read(assignment, checks, b"a key").plan,
            digest(course, "third", 3),
            JobBundle.pack(job).digest,
        )

    before, first = digests(), course.solution("first")
    first.write_text(FIRST.replace("FACTOR = 2", "FACTOR = 3"))
    assert not {*before} & {*digests()}


def test_the_files_that_are_included_are_known_without_reading_notebooks(course):
    assert sources(course.solution("first")) == []
    assert [path.stem for path in sources(course.solution("third"))] == ["first", "second"]


def test_a_judge_elsewhere_reads_the_same(course, tmp_path):
    job = Job(course.solution("third"), course.checks("third"), b"a key")
    there = JobBundle.pack(job).unpack(tmp_path / "there")
    here, there = Assignment.read(job.solution), Assignment.read(there.solution)
    assert here.cells == there.cells


def test_gradescope_gets_one_file_with_all_of_it(course, tmp_path):
    gradescope(course, "third", tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        packed = [n for n in archive.namelist() if n.startswith("course/solutions/")]
        assert packed == ["course/solutions/third.py"]
        archive.extractall(tmp_path / "there")
    there = Assignment.read(tmp_path / "there" / packed[0])
    here = Assignment.read(course.solution("third"))
    assert [cell.source for cell in there.cells] == [cell.source for cell in here.cells]


def test_a_solution_that_includes_nothing_is_spelled_out_already(course):
    assert spelled_out(course.solution("first")) == FIRST


def test_the_release_says_whose_solution_it_gives_away(course, tmp_path):
    def grader(*words):
        return CliRunner().invoke(main, ["--course", str(course.root), *words])

    for name in ("first", "second"):
        assert grader("build", name).exit_code == 0
    target = tmp_path / "a.zip"
    assert "gives that away" not in grader("release", "first", "-o", str(target)).output
    said = grader("release", "second", "-o", str(target))
    assert said.exit_code == 0 and "what students wrote in first, it gives that away" in said.output
    with zipfile.ZipFile(target) as archive:
        notebook = json.loads(archive.read("second/second.ipynb"))
    assert GIVEN in ["".join(cell["source"]) for cell in notebook["cells"]]
