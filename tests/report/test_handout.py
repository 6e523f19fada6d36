"""What is handed out on paper and as a script: the notebook, and nothing from elsewhere."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import sync_playwright

import grader.report
from grader.cli.main import main
from grader.course.assignment import Assignment
from grader.course.build import skeleton
from grader.course.course import Course
from grader.report.handout import mathml, page, script
from grader.sandbox.guest.notebook import read as notebook
from tests.course.test_build import SOURCE
from tests.support.own_course import EACH

COURSE = Course.find(Path(__file__).parent)
EVIL = r"""
# %% [markdown]
# <script>document.title = "owned"</script> <img src="https://example.org/a.png" onerror="alert(1)">
# ![a chart](https://example.org/chart.png) and [a link](javascript:alert(1)),
# $\text{<b onclick="alert(1)">}$ and $x < y & z$ and $\href{javascript:alert(1)}{x}$.

# %%
label = "</pre><script>alert(2)</script>"
"""


@pytest.fixture(params=EACH)
def assignment(request: pytest.FixtureRequest) -> Assignment:
    return Assignment.read(COURSE.solution(request.param))


@pytest.fixture
def evil(tmp_path: Path) -> Assignment:
    path = tmp_path / "evil.py"
    path.write_text(SOURCE + EVIL)
    return Assignment.read(path)


class Loads(HTMLParser):
    """Collects what a page would load, and what would run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag in {"script", "img", "iframe", "link", "object", "embed"}:
            self.found.append(tag)
        for name, value in attributes:
            if name.startswith("on") or name in {"src", "style"} or "javascript:" in (value or ""):
                self.found.append(f"{tag} {name}")


def words(html: str) -> str:
    """Return the text of a page, with single spaces."""
    parser, texts = HTMLParser(), []
    parser.handle_data = texts.append
    parser.feed(html)
    return " ".join("".join(texts).split())


def test_a_page_loads_nothing_and_runs_nothing(assignment):
    text = page(assignment)
    assert Loads(text).found == []
    assert "default-src 'none'" in text


def test_every_formula_of_this_course_is_drawn(assignment):
    text = page(assignment)
    assert text.count("<math ") > 10
    assert not re.findall(r"<code>[^<]*\\[^<]*</code>", text)
    assert "$" not in words(text).replace("$ ", "")


def test_a_page_has_every_question_and_check_and_no_solution(assignment):
    text = words(page(assignment))
    for cell in assignment.cells:
        assert cell.kind == "markdown" or all(
            f"def {check}(student)" in text for check in cell.checks
        )
        assert not cell.question or cell.question in text
    assert "raise NotImplementedError" in text
    assert "BEGIN SOLUTION" not in text
    assert "check_all" not in text


def test_what_an_author_writes_cannot_run_or_load(evil):
    text = page(evil)
    assert Loads(text).found == []
    assert "&lt;script&gt;" in text
    assert '<a href="https://example.org/chart.png">a chart</a>' in text


def test_a_browser_draws_formulas_and_asks_for_nothing(evil, tmp_path):
    (tmp_path / "page.html").write_text(page(evil))
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        view = browser.new_page()
        view.on("request", lambda request: asked.append(request.url))
        view.goto((tmp_path / "page.html").as_uri())
        (tmp_path / "good.html").write_text(page(Assignment.read(COURSE.solution("attention"))))
        assert view.title() == "Doubling"
        view.goto((tmp_path / "good.html").as_uri())
        heights = view.eval_on_selector_all("math", "all => all.map(m => m.clientHeight)")
        browser.close()
    assert asked == [(tmp_path / n).as_uri() for n in ("page.html", "good.html")]
    assert min(heights) > 5


@pytest.mark.parametrize(
    "tex",
    [
        r"\unknown{x}", "{", "x^", r"\text{<b>x</b>}", r"\text{a & b}", r"\style{color:red}{x}",
        r"\href{https://example.org}{x}", r"\text{<script>}", "",
    ],
)  # fmt: skip
def test_a_formula_that_cannot_be_drawn_stays_as_it_was_written(tex):
    found = mathml(tex, "inline")
    assert not tex or "<math" not in found
    assert Loads(found).found == []
    assert not tex or words(found) == " ".join(tex.split())


def test_formulas_of_several_lines_and_with_words_are_drawn():
    found = mathml(r"\begin{aligned} a &= b \\[4pt] c &= d \end{aligned}", "block")
    assert found.count("<mtr>") == 2
    assert "4pt" not in words(found)
    assert words(mathml(r"x \text{ from $-1$ to 1}", "inline")) == "x from −1 to 1"


def test_a_script_holds_the_cells_of_the_notebook(assignment):
    cells = notebook.read(json.dumps(skeleton(assignment)).encode())
    read = notebook.read(script(assignment).encode())
    assert [cell.source.strip() for cell in read] == [cell.source for cell in cells]


def test_a_script_runs(tmp_path):
    (tmp_path / "doubling.py").write_text(SOURCE)
    text = script(Assignment.read(tmp_path / "doubling.py"))
    solved = text.replace("    # your code here\n    raise NotImplementedError", "    return 2 * x")
    (tmp_path / "mine.py").write_text(solved)
    done = subprocess.run([sys.executable, tmp_path / "mine.py"], capture_output=True, text=True)
    assert done.stdout.endswith("2 of 2 checks pass.\n"), done.stderr


def test_the_command_writes_both(tmp_path):
    result = CliRunner().invoke(main, ["handout", "attention", "-o", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "attention.html",
        "attention.py",
    ]


def test_without_nbconvert_the_command_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "grader.report.handout")
    monkeypatch.delattr(grader.report, "handout")
    monkeypatch.setitem(sys.modules, "latex2mathml.converter", None)
    result = CliRunner().invoke(main, ["handout", "attention", "-o", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "torch-grader[author]" in result.output
