"""A student's own checks, run on their own machine, say what is wrong in their own lines."""

import pytest

from grader.cli.practice import practise
from grader.sandbox.guest.notebook.read import Unreadable
from tests.support.small_course import notebook

CHECKS = '''
def test_it_doubles(student):
    """Three becomes
    six."""
    assert student.double(3) == 6, "yours is not six"


def test_it_halves(student):
    """Six becomes three."""
    assert student.halve(6) == 3


run_checks(test_it_doubles, test_it_halves)'''
DOUBLES, HALVES = "Three becomes six.", "Six becomes three."


@pytest.fixture
def said(tmp_path):
    """Return a function: what is said on a notebook with these cells above the checks."""

    def said(*cells: str, checks: str = CHECKS) -> list[tuple[str, str | None]]:
        path = tmp_path / "mine.ipynb"
        path.write_bytes(notebook(*cells, checks))
        return [
            (str(what), None if problem is None else str(problem))
            for what, problem in practise(path)
        ]

    return said


def test_every_check_is_told_by_its_sentence(said):
    cell = "def double(x): return 2 * x\ndef halve(x): return x / 2"
    assert said(cell) == [(DOUBLES, ""), (HALVES, "")]


def test_what_is_missing_or_not_yet_written_is_told_apart(said):
    cell = "def double(x):\n    raise NotImplementedError"
    assert said(cell) == [(DOUBLES, "not implemented yet"), (HALVES, "`halve` is not defined")]


def test_the_words_of_a_check_are_shown_with_its_line(said):
    (_, problem), _ = said("def double(x): return x")
    assert problem.splitlines()[-1] == "AssertionError: yours is not six"
    assert 'File "code cell 2", line 5, in test_it_doubles' in problem


def test_an_error_is_shown_in_the_students_lines_alone(said):
    (_, problem), _ = said("def double(x):\n    return inner(x)", "def inner(x): return x.sum()")
    files = [line.strip() for line in problem.splitlines() if line.startswith("  File")]
    assert files == [
        'File "code cell 3", line 5, in test_it_doubles',
        'File "code cell 1", line 2, in double',
        'File "code cell 2", line 1, in inner',
    ]
    assert problem.endswith("AttributeError: 'int' object has no attribute 'sum'")


def test_an_exit_is_an_error_of_that_check_alone(said):
    first, second = said("def double(x): raise SystemExit\ndef halve(x): return x / 2")
    assert first[0] == DOUBLES and first[1].endswith("SystemExit: ")
    assert second == (HALVES, "")


def test_only_what_the_checks_depend_on_is_run(said):
    cells = (
        "raise RuntimeError('training')",
        "def double(x): return 2 * x\nhalve = lambda x: x / 2",
    )
    assert said(*cells) == [(DOUBLES, ""), (HALVES, "")]


def test_names_of_test_data_and_of_own_tests_are_no_checks(said):
    cells = "test_loader = 1 / 0", "def test_epoch(model, loader): return 1 / 0\ntest_acc = 0.5"
    solved = "def double(x): return 2 * x\ndef halve(x): return x / 2"
    assert said(*cells, solved) == [(DOUBLES, ""), (HALVES, "")]


def test_remarks_on_the_notebook_are_told_and_are_no_failure(said):
    solved = "device = 'cuda'\ndef double(x): return 2 * x\ndef halve(x): return x / 2"
    remark, *checks = said(solved)
    assert remark == ("code cell 1 asks for the device 'cuda': graded on the CPU", None)
    assert checks == [(DOUBLES, ""), (HALVES, "")]


def test_code_that_raises_is_told_before_the_checks_that_miss_it(said):
    remark, first, second = said(
        "scale = 1 / 0", "def double(x): return scale * x", "halve = double"
    )
    assert remark[0].startswith("code cell 1, line 1: ZeroDivisionError") and remark[1] is None
    assert first[1].endswith("NameError: name 'scale' is not defined")
    assert second[1].endswith("NameError: name 'scale' is not defined")


def test_a_notebook_without_checks_cannot_pass(said):
    ((sentence, problem),) = said("def double(x): return 2 * x", checks="")
    assert sentence == "The notebook has check cells."
    assert "get a fresh copy" in problem


def test_a_file_that_is_no_notebook_is_unreadable(tmp_path):
    (tmp_path / "mine.ipynb").write_bytes(b"PK\x03\x04")
    with pytest.raises(Unreadable, match="zip archive"):
        list(practise(tmp_path / "mine.ipynb"))
