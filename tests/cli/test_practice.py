"""A student's own checks, run on their own machine, say what is wrong in their own lines."""

import pytest

from grader.cli.practice import Practice, practise
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

    def said(*cells: str, checks: str = CHECKS) -> list[tuple[str, str]]:
        path = tmp_path / "mine.ipynb"
        path.write_bytes(notebook(*cells, checks))
        practice = practise(path)
        remarks = [("!", f"{remark}") for remark in practice.remarks]
        return remarks + [
            (f"{one.sentence}", "blank" if one.blank else "\n".join([f"{one.problem}", *one.where]))
            for one in practice.tried
        ]

    return said


def test_every_check_is_told_by_its_sentence(said):
    cell = "def double(x): return 2 * x\ndef halve(x): return x / 2"
    assert said(cell) == [(DOUBLES, ""), (HALVES, "")]


def test_what_is_missing_or_not_yet_written_is_told_apart(said):
    cell = "def double(x):\n    raise NotImplementedError"
    assert said(cell) == [(DOUBLES, "blank"), (HALVES, "`halve` is not defined")]


def test_the_words_of_a_check_are_shown_or_else_what_it_compares(said):
    found = said("def double(x): return x\ndef halve(x): return x")
    assert found == [
        (DOUBLES, "yours is not six"), (HALVES, "assert student.halve(6) == 3")
    ]  # fmt: skip


def test_an_error_is_shown_in_the_students_lines_alone(said):
    (_, problem), _ = said("def double(x):\n    return inner(x)", "def inner(x): return x.sum()")
    assert problem.splitlines() == [
        "AttributeError: 'int' object has no attribute 'sum'",
        "code cell 1, line 2, in double: return inner(x)",
        "code cell 2, line 1, in inner: def inner(x): return x.sum()",
    ]


def test_an_exit_is_an_error_of_that_check_alone(said):
    first, second = said("def double(x): raise SystemExit\ndef halve(x): return x / 2")
    assert first[0] == DOUBLES and first[1].startswith("SystemExit: ")
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
    assert remark == ("!", "code cell 1 asks for the device 'cuda': graded on the CPU")
    assert checks == [(DOUBLES, ""), (HALVES, "")]


def test_code_that_raises_is_told_before_the_checks_that_miss_it(said):
    remark, first, second = said(
        "scale = 1 / 0", "def double(x): return scale * x", "halve = double"
    )
    assert remark[1].startswith("code cell 1, line 1: ZeroDivisionError")
    assert first[1].startswith("NameError: name 'scale' is not defined")
    assert second[1].startswith("NameError: name 'scale' is not defined")


def test_a_notebook_without_checks_cannot_pass(said):
    assert said("def double(x): return 2 * x", checks="") == []
    assert not Practice(()).passed


def test_a_file_that_is_no_notebook_is_unreadable(tmp_path):
    (tmp_path / "mine.ipynb").write_bytes(b"PK\x03\x04")
    with pytest.raises(Unreadable, match="zip archive"):
        practise(tmp_path / "mine.ipynb")


TABLES = (
    'QUESTIONS = {"double": ["test_it_doubles"], "halve": ["test_it_halves"]}\n'
    'HINTS = {"test_it_halves": ["How many halves?", "Count."]}'
)


def test_checks_have_their_questions_hints_and_the_blank_that_they_wait_for(tmp_path):
    path = tmp_path / "mine.ipynb"
    blank = "def double(x): raise NotImplementedError", "def halve(x): return double(x) / 4"
    path.write_bytes(notebook(*blank, TABLES, CHECKS))
    doubles, halves = practise(path).tried
    assert (doubles.question, doubles.blank) == ("double", "double")
    assert (halves.question, halves.blank) == ("halve", "double"), "which is not its own"
    path.write_bytes(notebook("double = halve = lambda x: x", TABLES, CHECKS))
    doubles, halves = practise(path).tried
    assert halves.hints == ("How many halves?", "Count.") and doubles.hints == ()


@pytest.mark.parametrize("odd", ["QUESTIONS = {1: 2}", "HINTS = {'a': f()}", "QUESTIONS = {**x}"])
def test_tables_that_a_student_has_changed_cost_only_the_headings(said, odd):
    solved = "def double(x): return 2 * x\ndef halve(x): return x / 2"
    assert said(odd, solved)[-2:] == [(DOUBLES, ""), (HALVES, "")]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('{"ko": {"Three becomes six.": "여섯"}}', {"Three becomes six.": "여섯"}),
        ('{"ko": {"a": 1, 2: "b", "c": "d"}, 3: {}}', {"c": "d"}),
        ('{"ko": ["a"]}', {}), ('{[1]: 2}', {}), ("[1]", {}),
    ],
)  # fmt: skip
def test_translations_are_read_as_far_as_a_student_has_left_them(tmp_path, table, words):
    path = tmp_path / "mine.ipynb"
    path.write_bytes(notebook(f"TRANSLATIONS = {table}", CHECKS))
    assert practise(path).translations.of("ko").words == words
