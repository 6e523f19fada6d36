"""docs/reference.md has every name that authors import, and its examples do what they show."""

import ast
import doctest
import re
from pathlib import Path

import pytest
import torch
from torch import nn

from docs import reference
from grader import checks
from grader.checking.plugin import double, solution

ROOT = Path(__file__).parents[2]
DOCUMENTED = {
    title: text for name in checks.__all__ for title, text in reference.documented(name).items()
}
FIRST = [next(iter(reference.documented(name).items())) for name in checks.__all__]


class Plain(doctest.OutputChecker):
    """Compares what is printed; an exception may be called by its name alone."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return super().check_output(want, re.sub(r"^(?:\w+\.)+(?=\w+: )", "", got), optionflags)


def failures(title: str, text: str) -> int:
    names = {name: getattr(checks, name) for name in checks.__all__}
    names |= {"torch": torch, "nn": nn, "draw": checks.Draw(b"an example")}
    names |= {"student": solution(ROOT / "solutions" / "attention.py")}
    example = doctest.DocTestParser().get_doctest(text, names, title, None, None)
    with double():
        return doctest.DocTestRunner(Plain(), verbose=False).run(example).failed


@pytest.mark.parametrize(("title", "text"), FIRST, ids=checks.__all__)
def test_an_example_runs_and_prints_what_it_shows(title, text):
    assert ">>> " in text, f"{title} has no example"
    assert failures(title, text) == 0


def test_an_example_that_prints_something_else_is_found(capsys):
    assert failures("wrong", ">>> draw(2).shape\ntorch.Size([3])\n") == 1
    assert failures("raises", ">>> raise Failure('so')\nTraceback (most recent call last):\n"
                    "    ...\nFailure: not so\n") == 1  # fmt: skip


@pytest.mark.parametrize(("title", "text"), DOCUMENTED.items(), ids=DOCUMENTED)
def test_every_argument_is_documented_and_so_is_what_is_returned(title, text):
    name, _, given = title.partition("(")
    arguments = set(re.findall(r"(?:^|, )\*{0,2}([^\W\d]\w*)", given.rstrip(")")))
    listed = set(re.findall(r"^    \*{0,2}(\w+): ", text, re.MULTILINE))
    if name not in ("Disagreement", "Remark"):  # as Failure; as any warning
        assert arguments <= listed
    assert text.partition("\n")[0].endswith((".", ":"))


def test_the_page_has_every_name_and_no_other():
    titles = re.findall(r"^## `(\w+)", reference.PAGE.read_text("utf-8"), re.MULTILINE)
    assert titles == sorted(checks.__all__, key=str.lower)


def test_the_page_is_up_to_date():
    assert reference.PAGE.read_text("utf-8") == reference.page(), "Run `make reference`"


def test_authors_are_told_of_it():
    assert "(reference.md)" in (ROOT / "docs" / "authors.md").read_text("utf-8")


def test_what_authors_import_is_defined_elsewhere():
    body = ast.parse(Path(checks.__file__).read_text("utf-8")).body
    assert all(isinstance(line, ast.Expr | ast.ImportFrom | ast.Assign) for line in body)
    imported = [a.name for line in body if isinstance(line, ast.ImportFrom) for a in line.names]
    assert sorted(imported) == sorted(checks.__all__)
