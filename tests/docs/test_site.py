"""The site has every page in a place, as GitHub shows it, and whole notebooks with formulas."""

import re
from collections import Counter
from pathlib import Path

import click
import markdown
import pytest
from markdown_it import MarkdownIt

from docs.site import commands, notebook, pages
from grader.cli.main import main

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / "mkdocs.yml").read_text("utf-8")
DOCUMENTS = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("C*.md")])
ELEMENT = re.compile(r"<(li|table|tr|pre|h[1-6]|blockquote|img|strong)\b")


def test_every_page_has_one_place_in_the_navigation():
    nav = SETTINGS.partition("\nnav:\n")[2]
    placed = Counter(re.findall(r"(?m)[\w/]+\.md$", nav))
    ours = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    records = {page for page in ours if page.startswith("decisions/")} - {"decisions/README.md"}
    assert ours - records - placed.keys() == set(), "Name it below `nav:` in mkdocs.yml"
    assert [page for page, times in placed.items() if times > 1] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.relative_to(ROOT)}")
def test_a_page_has_the_same_parts_on_the_site_as_on_github(path):
    text = path.read_text("utf-8")
    there = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    here = markdown.markdown(text, extensions=["tables", "md_in_html", "pymdownx.superfences"])
    assert Counter(ELEMENT.findall(here)) == Counter(ELEMENT.findall(there))


def test_a_list_that_only_github_sees_is_found():
    text = "A line, then:\n- one\n- two\n"
    there, here = MarkdownIt("gfm-like", {"linkify": False}).render(text), markdown.markdown(text)
    assert ELEMENT.findall(there) != ELEMENT.findall(here)


@pytest.mark.parametrize(
    ("link", "place", "led"),
    [
        ("authors.md#settings", "tas.md", "authors.md#settings"),
        ("../authors.md", "start/ta.md", "../authors.md"),
        ("../CHANGELOG.md", "tas.md", "CHANGELOG.md"),
        ("docs/course.md", "CHANGELOG.md", "course.md"),
        ("../assignments/README.md", "course.md", "assignments/README.md"),
        ("rnn.ipynb", "assignments/gru.md", "rnn.md"),
        ("files/rnn.ipynb", "assignments/rnn.md", "files/rnn.ipynb"),
        ("../tests/proofs.py", "faq.md", f"{pages.REPOSITORY}/blob/main/tests/proofs.py"),
        ("../ci/", "start/ci.md", f"{pages.REPOSITORY}/tree/main/docs/ci"),
        ("https://example.org/a.md", "faq.md", "https://example.org/a.md"),
        ("gone.md", "faq.md", "gone.md"),
    ],
)
def test_a_link_leads_to_the_site_and_else_to_the_repository(link, place, led):
    assert pages.with_links(f"see [it]({link}).", place) == f"see [it]({led})."


def test_a_link_that_is_called_like_its_file_is_called_by_the_title_there():
    led = pages.with_links("[tas.md](tas.md#3-look), [so](tas.md), [docs](design.md)", "faq.md")
    title = (ROOT / "docs" / "tas.md").read_text("utf-8").partition("\n")[0].removeprefix("# ")
    assert led == f"[{title}](tas.md#3-look), [so](tas.md), [docs](design.md)"
    assert pages.with_links("[gone.md](gone.md)", "faq.md") == "[gone.md](gone.md)"


@pytest.mark.parametrize("stop", pages.STOPS, ids=lambda stop: stop.name)
def test_a_notebook_is_whole_with_its_checks_folded_and_all_formulas_drawn(stop):
    text = notebook.page(ROOT / "assignments" / f"{stop.name}.ipynb", stop)
    outside = re.sub(r"(?ms)^( *)```.*?^\1```", "", text)
    assert text.startswith(f"# {stop.title}\n")
    assert not re.search(r"(?m)^def test_", text)
    assert text.count('??? abstract "The checks of this question"') >= stop.questions
    page = markdown.markdown(outside, extensions=["tables", "docs.site.formulas"])
    assert outside.count("$") % 2 == 0 and "$" not in re.sub("<code>.*?</code>", "", page)
    assert page.count("<math") == len(re.findall(r"\$\$.+?\$\$|\$[^$]+\$", outside, re.DOTALL))


def test_a_formula_is_drawn_and_code_with_dollars_stays():
    page = markdown.markdown(
        "so $a_1*b*c$, `$HOME`, 5 $ and 6 $\n\n$$\nx^2\n\\tag{1}\n$$\n\n    echo $A $B\n",
        extensions=["docs.site.formulas"],
    )
    assert page.count("<math") == 2 - ("tag" in page)
    assert "<code>$HOME</code>, 5 $ and 6 $" in page and "echo $A $B" in page


def test_the_commands_have_all_of_their_help_and_examples_as_code():
    context = click.Context(main)
    for name in main.list_commands(context):
        ours, shown = main.get_command(context, name), commands.main.commands[name]
        assert (ours.help or "").replace("\b", "").split() == (shown.help or "").split()
        assert shown.params == ours.params
    assert "Examples:\n\n    grader grade " in commands.main.commands["grade"].help
