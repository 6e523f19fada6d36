"""What stands in every notebook: how each check went, where numbers differ, hints, progress."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch

from grader.course.build import machinery
from grader.course.words import WORDS
from grader.model.language import LANGUAGES, speaker

CELL = '''\
import torch


def test_a_matrix_is_due(student):
    """The third number of the second row is 5."""
    due = torch.zeros(2, 2, 3)
    due[0, 1, 2] = 5
    out = student.f()
    assert (out - due).abs().max() < 1e-4, "not 5"


def test_hidden_places_are_zero(student):
    """No hidden place has weight."""
    weights = student.f()
    assert (weights == 0).all()


def test_a_number_is_due(student):
    """It is one."""
    assert abs(float(student.f().sum()) - 1) < 1e-4


def test_it_differs(student):
    """It is not the same."""
    assert (student.f() - student.f()).abs().max() > 1e-4


def test_the_shape_is_due(student):
    """It is a matrix."""
    out = student.f()
    assert out.shape == (2, 3) and (out - torch.zeros(4, 5)).abs().max() < 1
'''


def module(path: Path) -> ModuleType:
    about = importlib.util.spec_from_file_location(path.stem, path)
    assert about and about.loader
    made = importlib.util.module_from_spec(about)
    about.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """A cell of public checks; pytest would word their asserts itself, if they stood here."""
    path = tmp_path_factory.mktemp("cell") / "public.py"
    path.write_text(CELL)
    return module(path)


@pytest.fixture
def checks(tmp_path: Path) -> ModuleType:
    """The folded cell, as a module."""
    path = tmp_path / "run_checks.py"
    path.write_text(machinery({}))
    made = module(path)
    made.QUESTIONS = {"f": ["test_a_matrix_is_due"], "g": ["test_a_number_is_due"], "h": ["test_x"]}
    return made


def problem(checks: ModuleType, check, answer: torch.Tensor) -> tuple[str, str]:
    checks.student = SimpleNamespace(f=lambda: answer)
    return checks._problem(check)


def squares(page: str) -> list[float]:
    return [float(level) for level in re.findall(r"rgba\(194, 65, 12, ([\d.]+)\)", page)]


def test_the_matrix_with_the_largest_difference_is_drawn_and_said(checks, cell):
    wrong = torch.zeros(2, 2, 3)
    wrong[0, 0, 0] = 2.5
    words, page = problem(checks, cell.test_a_matrix_is_due, wrong)
    assert words == "not 5\nout and due differ most at [0, 1, 2]: 0 and 5"
    assert squares(page) == [0.5, 0, 0, 0, 0, 1] and page.count("<tr>") == 2
    assert 'title="[0, 1, 2]: 5 apart"' in page and "<script" not in page


def test_places_that_must_be_equal_are_drawn_where_they_are_not(checks, cell):
    words, page = problem(checks, cell.test_hidden_places_are_zero, torch.tensor([0.0, 0.25, 0.5]))
    assert words.endswith("weights and 0 differ most at [2]: 0.5 and 0") and words != ""
    assert squares(page) == [0, 0.5, 1] and 'title="[2]: 0.5 apart"' in page


def test_numbers_that_are_none_are_as_far_apart_as_can_be(checks, cell):
    wrong = torch.full((2, 2, 3), float("nan"))
    _, page = problem(checks, cell.test_a_matrix_is_due, wrong)
    assert squares(page) == [1] * 6


def test_a_large_matrix_is_drawn_in_few_squares(checks, cell):
    wrong = torch.zeros(100, 35)
    wrong[99, 34] = 1
    _, page = problem(checks, cell.test_hidden_places_are_zero, wrong)
    found = squares(page)
    assert len(found) <= 16 * 16 and found[-1] == 1 and sum(found) == 1


@pytest.mark.parametrize("name", ["a_number_is_due", "it_differs", "the_shape_is_due"])
def test_what_is_compared_otherwise_is_not_drawn(checks, cell, name):
    words, page = problem(checks, getattr(cell, f"test_{name}"), torch.zeros(2, 3))
    assert words and not page and "differ" not in words


def test_what_the_student_wrote_does_not_run_again(checks, cell):
    calls = []
    checks.student = SimpleNamespace(f=lambda: calls.append(1) or torch.zeros(3))
    checks._problem(cell.test_it_differs)
    assert len(calls) == 2


def test_progress_has_a_square_for_each_question(checks, cell, capsys):
    checks.student = SimpleNamespace(f=lambda: torch.ones(1))
    checks.run_checks(cell.test_a_number_is_due)
    assert capsys.readouterr().out == "  ✓ It is one.\n1 of 3 questions pass their checks.\n"
    held, page = checks._progress()
    assert held == 1
    assert re.findall("title=\"(.)\".*?background-color: (#\\w+)", page) == [
        ("f", checks.GREY), ("g", checks.GREEN), ("h", checks.GREY)
    ]  # fmt: skip


def test_hints_unfold_one_by_one_and_are_text(checks):
    checks.HINTS = {"test_x": ["Print <it>.", "Look."]}
    page = checks._hints("test_x")
    assert re.sub(' style="[^"]*"', "", page) == (
        "<details><summary>Hint 1</summary><div>Print &lt;it&gt;."
        "<details><summary>Hint 2</summary><div>Look.</div></details></div></details>"
    )
    assert checks._hints("test_y") == ""


def test_what_is_not_filled_in_yet_is_grey_and_not_red(checks, cell):
    def unfilled():
        raise NotImplementedError

    checks.student = SimpleNamespace(f=unfilled)
    assert checks._problem(cell.test_a_number_is_due) == ("not filled in yet", "")
    assert checks.RED not in checks._progress()[1]
    checks.student = SimpleNamespace(f=lambda: torch.zeros(1))
    checks._problem(cell.test_a_number_is_due)
    assert checks._progress()[1].count(checks.RED) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_fills_in_the_same_values(language):
    say = speaker(language)
    for words in WORDS.values():
        assert sorted(re.findall(r"{\w+}", say(words))) == sorted(re.findall(r"{\w+}", f"{words}"))


def test_a_notebook_in_korean_says_all_in_korean(tmp_path, cell, capsys):
    path = tmp_path / "in_korean.py"
    path.write_text(machinery({"QUESTIONS": {"f": ["test_a_matrix_is_due"]}}, "ko"))
    checks = module(path)
    checks.student = SimpleNamespace(f=lambda: torch.zeros(2, 2, 3))
    checks.run_checks(cell.test_a_matrix_is_due)
    _, *ours, last = capsys.readouterr().out.splitlines()
    assert ours[0].strip() == "not 5", "which the author has written"
    assert re.search("[가-힣]", ours[1]) and re.search("[가-힣]", last)
    assert "differ" not in ours[1] and "questions" not in last
