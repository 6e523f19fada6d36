"""The pages to start with do what they say: an author, a student, a TA and CI, in one folder."""

import re
from pathlib import Path

import pytest

from tests.support.followed import followed

DOCS = Path(__file__).parents[2] / "docs"
VERIFIED = re.compile(r"(?m)^\$ grader verify\n.*\n")
"""The tutorial's test runs it, and takes three times as long as all else on these pages."""
ANSWER = (
    'raise NotImplementedError"',
    'return (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + eps)"',
)
"""What the student has written, in the file's JSON."""


@pytest.mark.whole
def test_the_four_pages_do_what_they_say(tmp_path):
    def do(page: str) -> None:
        followed(VERIFIED.sub("", (DOCS / "start" / page).read_text("utf-8")), tmp_path)

    do("author.md")
    skeleton = (tmp_path / "assignments" / "norms.ipynb").read_text("utf-8")
    (tmp_path / "norms.ipynb").write_text(skeleton.replace(*ANSWER, 1), "utf-8")
    do("student.md")
    solution = (tmp_path / "solutions" / "norms.py").read_text("utf-8")
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "kim_norms.py").write_text(solution.replace("correction=0, ", ""))
    (tmp_path / "downloads" / "lee_norms.py").write_text(solution)
    (tmp_path / "canvas.csv").write_text("ID,Student,Norms (1)\nkim,Kim,\nlee,Lee,\n")
    do("ta.md")
    do("ci.md")
    assert (tmp_path / "upload.csv").read_text() == "ID,Student,Norms (1)\nkim,Kim,11\nlee,Lee,20\n"


@pytest.mark.parametrize("page", ["author.md", "ci.md"])
def test_what_verify_prints_is_what_it_prints_in_the_tutorial(page):
    (shown,) = VERIFIED.findall((DOCS / "start" / page).read_text("utf-8"))
    assert shown in (DOCS / "tutorial.md").read_text("utf-8")
