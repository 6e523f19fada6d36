"""Every notebook as a student has it before them: in JupyterLab, with “Run All Cells”."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.course.assignment import Assignment
from tests.report.test_browser import CHROMIUM, FLAGS
from tests.support.jupyterlab import MILLISECONDS, JupyterLab, filled, run_all

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.whole,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}"),
]
SOURCE = (Path(__file__).parents[2] / "solutions" / "attention.py").read_text()
BEFORE = "    assert (merged - x).abs().max() < 1e-4"
HINT = "    # Hint: Which axis comes first?\n    # Hint: Bring it back by `transpose`.\n"
"""The author's, in a check of merge_heads."""
SUMMARY = "xpath=ancestor::details[1]/summary"
"""What a hint unfolds from."""
SLIPS = {
    " / math.sqrt(Q.size(-1))": "",
    "x.transpose(1, 2).reshape(B, T, H * d_head)": "x.reshape(B, T, H * d_head)",
}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The notebook of attention: unfilled, half filled in, wrong in two places, and right."""
    folder = tmp_path_factory.mktemp("books")
    source = folder / "attention.py"
    source.write_text(SOURCE.replace(BEFORE, HINT + BEFORE))
    assignment = Assignment.read(source)
    right = {cell.question: cell.source for cell in assignment.cells if cell.question}
    wrong = dict(right)
    for was, becomes in SLIPS.items():
        for question, answer in wrong.items():
            wrong[question] = answer.replace(was, becomes)
    half = dict(list(right.items())[:2])
    for name, answers in (("unfilled", {}), ("half", half), ("wrong", wrong), ("right", right)):
        (folder / f"{name}.ipynb").write_text(filled(assignment, answers))
    return folder


@pytest.fixture(scope="module")
def lab(books: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[JupyterLab, Any]]:
    """JupyterLab, and a browser."""
    with (
        JupyterLab(books, tmp_path_factory.mktemp("state")) as served,
        sync_api.sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield served, browser
        browser.close()


@pytest.fixture
def opened(lab: tuple[JupyterLab, Any], request: pytest.FixtureRequest) -> Iterator[Any]:
    """A notebook's page before anything has been run."""
    served, browser = lab
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(MILLISECONDS)
    page.goto(served.address(f"{request.param}.ipynb"))
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
    yield page
    page.close()


def below(said: list[str], question: int) -> str:
    """Return what the checks of a question say, the first being 0."""
    return [text for text in said if text.endswith("questions pass their checks.")][question]


@pytest.mark.parametrize("opened", ["unfilled"], indirect=True)
def test_a_fresh_notebook_opens_with_a_sentence_and_run_all_reaches_the_summary(opened):
    first = opened.locator(".jp-Cell").first
    first.locator("p", has_text="Write your code where you read").wait_for()
    machinery = opened.locator(".jp-CodeCell").first
    assert machinery.locator(".jp-InputPlaceholder").is_visible(), "it is folded"
    assert not machinery.locator(".cm-content").is_visible()
    said = run_all(opened)
    assert said[-1].endswith("0 of 4 questions, 0 of 19 checks pass.")
    assert "✓" not in said[-1] and said[-1].count("not filled in yet") == 19
    assert opened.locator("table[role=img]").count() == 0
    red = [text for text in said if "Error" in text and "NotImplementedError" not in text]
    assert not red, "only the plot, which needs an answer, says what is missing"


@pytest.mark.parametrize("opened", ["half"], indirect=True)
def test_a_half_filled_notebook_says_how_far_it_is_after_each_question(opened):
    said = run_all(opened)
    for question, held in enumerate((1, 2, 2, 2)):
        assert below(said, question).endswith(f" {held} of 4 questions pass their checks.")
    assert said[-1].endswith(" 2 of 4 questions, 9 of 19 checks pass.")


@pytest.mark.parametrize("opened", ["wrong"], indirect=True)
def test_a_wrong_notebook_is_drawn_where_numbers_differ_and_hints_unfold(opened):
    said = run_all(opened)
    assert "merged and x differ most at" in below(said, 2)
    assert said[-1].endswith(" 2 of 4 questions, 16 of 19 checks pass.")
    drawing = opened.get_by_role("img", name=re.compile("merged and x differ most"))
    assert drawing.is_visible() and drawing.locator("td").count() == 5 * 12
    hint = opened.get_by_text("Which axis comes first?")
    assert not hint.is_visible(), "it is folded"
    hint.locator(SUMMARY).click()
    assert hint.is_visible()
    second = opened.get_by_text("Bring it back by")
    assert not second.is_visible()
    second.locator(SUMMARY).click()
    assert second.is_visible()


@pytest.mark.parametrize("opened", ["right"], indirect=True)
def test_a_right_notebook_passes_everything_and_draws_its_plots(opened):
    said = run_all(opened)
    assert said[-1].endswith("4 of 4 questions, 19 of 19 checks pass.") and "✗" not in said[-1]
    assert opened.locator("table[role=img]").count() == 0
    assert opened.locator(".jp-RenderedImage img").count() >= 1
