"""A check's version changes with whatever its verdict depends on, and with nothing else."""

from pathlib import Path

import pytest

from grader.course import versions
from grader.course.assignment import Assignment
from grader.course.versions import Versions
from tests.support.small_course import CHECKS, SOLUTION, write

HIDDEN = {"test_double_is_a_sum", "test_halves_make_a_whole"}
ALL = {*HIDDEN, "test_one_becomes_two"}


def read(folder: Path, key: bytes = b"a key") -> Versions:
    solution = folder / "solutions" / "doubling.py"
    return Versions.read(Assignment.read(solution), folder / "autograder_tests" / "doubling", key)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    write(tmp_path)
    (tmp_path / "autograder_tests" / "doubling" / "references.py").write_text("x = 1\n")
    return tmp_path


def changed(course: Path, file: str, old: str, new: str) -> set[str]:
    """Replace text in a file and return the checks that have a new version."""
    before = read(course)
    (path,) = course.glob(file)
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    after = read(course)
    assert (after.plan != before.plan) == (after != before)
    return {name for name in ALL if after.of(name) != before.of(name)}


TESTS = "autograder_tests/doubling/test_hidden_*.py"
SOLVED = "solutions/doubling.py"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (TESTS, "x + x", "2 * x", {"test_double_is_a_sum"}),
        (TESTS, "Two halves make", "A half twice makes", {"test_halves_make_a_whole"}),
        (TESTS, "@points(3)", "@points(4)", {"test_halves_make_a_whole"}),
        (TESTS, "import torch\n", "import torch\nSIZE = 3\n", HIDDEN),
        (TESTS, "    x = draw(3)", "    # for three\n\n    x = draw(3)", set()),
        ("autograder_tests/doubling/references.py", "x = 1", "x = 2", ALL),
        ("autograder_tests/doubling/references.py", "x = 1", "x  =  1  # one", set()),
        (SOLVED, "torch.ones(1)", "torch.ones(1, 1)", {"test_one_becomes_two"}),
        (SOLVED, "return 2 * x", "return x + x", ALL),
        (SOLVED, "seconds = 1.0", "seconds = 2.0", ALL),
        (SOLVED, "Twice and half.", "Half and twice.", set()),
    ],
)
def test_a_version_follows_what_a_check_depends_on(course, file, old, new, expected):
    assert changed(course, file, old, new) == expected


def test_a_new_title_changes_no_check_but_the_plan(course):
    before = read(course)
    assert changed(course, SOLVED, "Doubling and halving", "Halving and doubling") == set()
    assert read(course).plan != before.plan


def test_the_key_grader_and_torch_are_in_every_version(course, monkeypatch):
    before = read(course)
    others = [read(course, b"another key")]
    monkeypatch.setattr(versions, "__version__", "9.9")
    others.append(read(course))
    monkeypatch.setattr(versions, "torch_version", lambda: "9.9")
    others.append(read(course))
    everything = [before, *others]
    for name in ALL:
        assert len({one.of(name) for one in everything}) == 4


def test_other_right_answers_are_no_part_of_a_check(course):
    before = read(course)
    variants = course / "autograder_tests" / "doubling" / "variants"
    variants.mkdir()
    (variants / "test_of_another_style.py").write_text("double = None\n")
    assert read(course) == before


def test_a_check_that_comes_or_goes_changes_the_plan_alone(course):
    before = read(course)
    (path,) = course.glob(TESTS)
    path.write_text(path.read_text() + "\n\ndef test_new(student):\n    pass\n")
    after = read(course)
    assert after.plan != before.plan
    assert {name: after.of(name) for name in ALL} == {name: before.of(name) for name in ALL}


def test_checks_with_parameters_share_the_version_of_their_function(course):
    found = read(course)
    assert found.of("test_double_is_a_sum[2-3]") == found.of("test_double_is_a_sum")


def test_a_check_that_is_made_in_another_way_changes_with_everything(course):
    before = read(course).of("test_made")
    (path,) = course.glob(TESTS)
    path.write_text(path.read_text().replace("x + x", "2 * x"))
    assert read(course).of("test_made") != before


def test_a_file_that_is_no_python_is_left_to_the_judge(course):
    (path,) = course.glob(TESTS)
    path.write_text("def test_it(:\n")
    first = read(course)
    path.write_text("def test_it(student:\n")
    assert read(course).plan != first.plan


def test_one_name_in_two_files_changes_with_either(course):
    before = read(course).of("test_halves_make_a_whole")
    (path,) = course.glob(TESTS)
    path.with_name("test_more.py").write_text("def test_halves_make_a_whole(student): pass\n")
    assert read(course).of("test_halves_make_a_whole") != before
    assert CHECKS.count("def test_halves_make_a_whole") == 1 and "halve" in SOLUTION
