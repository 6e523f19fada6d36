"""Which of a student's files counts is never a matter of their order, and all others are named."""

from itertools import permutations
from pathlib import Path

import pytest

from grader.intake.choice import File, choose, likeness, listed
from grader.intake.deadline import Deadline
from grader.intake.platform import Claim
from tests.support.exports import BOOK
from tests.support.words import words


def made(where: Path, names: dict[str, str], **claim: object) -> list[File]:
    for name, text in names.items():
        (where / name).write_text(text)
    return [File(where / name, name, Claim("kim", inside=name, **claim)) for name in names]


KINDS = [
    ("x.ipynb", BOOK % "x"),
    ("x.ipynb.txt", BOOK % "x"),
    ("damaged.ipynb", "{"),
    ("utils.py", "x = 1"),
    ("report.pdf", "%PDF"),
]


def test_a_notebook_comes_before_what_reads_like_one_and_that_before_scripts(tmp_path):
    them = made(tmp_path, dict(KINDS), moment=5.0)
    for number in range(len(them) - 1):
        for order in permutations(them[number:]):
            choice = choose("kim", order, "attention")
            assert choice.file == them[number] and not choice.tied
            rest = sorted(file.shown for file in them[number + 1 :])
            said = ", ".join(rest)
            assert words(choice.remarks) == [
                f"another file of kim, {them[number].shown} counts (not a notebook): {said}"
            ]


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (Claim("k", attempt=2, moment=1), Claim("k", attempt=1, moment=9), "an earlier submission"),
        (Claim("k", inside="attention.ipynb", moment=1), Claim("k", moment=2), "another name"),
        (Claim("k", moment=2), Claim("k", moment=1, number=7), "older"),
        (Claim("k", number=10), Claim("k", number=9), "older"),
        (Claim("k", inside="x (2).ipynb"), Claim("k", inside="x (1).ipynb"), "an earlier copy"),
        (
            Claim("k", inside="x (1).ipynb", moment=2),
            Claim("k", inside="x.ipynb", moment=1),
            "older",
        ),
        (
            Claim("k", inside="attention-1.ipynb", moment=2),
            Claim("k", inside="attention.ipynb", moment=1),
            "older",
        ),
        (
            Claim("k", inside="Copy of attention - Kopie.ipynb", moment=2),
            Claim("k", inside="attention.ipynb", moment=1),
            "older",
        ),
        (Claim("k", inside="a"), Claim("k", receipt=True, moment=9), None),
    ],
)
@pytest.mark.parametrize("names", [("a.ipynb", "b.ipynb"), ("b.ipynb", "a.ipynb")])
def test_what_decides_is_said(tmp_path, one, other, why, names):
    them = [File(tmp_path / n, n, c) for n, c in zip(names, (one, other), strict=True)]
    choice = choose("kim", them, "attention")
    assert choice.file is them[0] and not choice.tied
    said = f"another file of kim, {names[0]} counts ({why}): {names[1]}"
    assert words(choice.remarks) == ([said] if why else [])


def test_where_nothing_decides_a_person_is_told_unless_the_files_are_equal(tmp_path):
    them = made(tmp_path, {"a.ipynb": BOOK % 1, "b.ipynb": BOOK % 2, "c.ipynb": BOOK % 1}, moment=1)
    choice = choose("kim", them, "attention")
    assert (choice.file, choice.tied) == (them[0], [them[1]])
    assert words(choice.remarks) == [
        "another file of kim, a.ipynb counts (as good): b.ipynb, c.ipynb"
    ]


def test_a_late_notebook_counts_only_if_nothing_came_in_time(tmp_path):
    them = made(tmp_path, {"a.ipynb": BOOK % 1}, moment=20) + made(
        tmp_path, {"b.pdf": ""}, moment=5
    )
    late = Deadline.read("1970-01-01 00:00:10 UTC")
    assert choose("kim", them, "attention").file is them[0]
    choice = choose("kim", them, "attention", late)
    assert choice.file is them[0], "a file that cannot be graded is no hand-in in time"
    them += made(tmp_path, {"c.ipynb": BOOK % 2}, moment=4)
    choice = choose("kim", them, "attention", late)
    assert choice.file is them[2] and words(choice.remarks)[0].endswith(
        "after the deadline: a.ipynb"
    )


def test_a_notebook_is_told_by_words_at_its_beginning_or_end(tmp_path, monkeypatch):
    monkeypatch.setattr("grader.intake.choice.LOOKED_AT", 100)
    for place, text in {"start": '{"nbformat": 4', "end": "x" * 900 + '"nbformat" : 4}'}.items():
        (tmp_path / place).write_text(text)
        assert likeness(tmp_path / place) == 3
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "start")
    assert likeness(tmp_path / "link.ipynb") == 2 and likeness(tmp_path / "gone.txt") == 0


def test_of_many_names_the_first_are_listed():
    assert listed(["a", "b"]) == "a, b"
    assert str(listed([*"abcdefg"])) == "a, b, c, d, e and 2 more"


def test_what_has_answers_in_it_comes_before_what_has_none(tmp_path):
    answers = '{"nbformat": 4, "cells": [{"source": ["def split_heads(x):\\n", "  return x"]}]}'
    texts = {"plots.ipynb": BOOK % "split_heads", "hw.ipynb": answers, "my.py": "class  Mask: 1"}
    them = made(tmp_path, texts, moment=1, number=1)
    for order in permutations(them):
        choice = choose("kim", order, "attention", None, ["split_heads", "Mask"])
        assert choice.file is them[1]
        assert words(choice.remarks) == [
            "another file of kim, hw.ipynb counts (not a notebook): my.py",
            "another file of kim, hw.ipynb counts (no answers in it): plots.ipynb",
        ]
    scripts = [them[0], them[2]]
    assert choose("kim", scripts, "attention", None, ["split_heads", "Mask"]).file is them[2]
    assert choose("kim", scripts, "attention").file is them[0]


@pytest.mark.parametrize(
    "text",
    [
        "from answers import (Mask, f)", "import answers as Mask", "Mask = torch.jit.script(_f)",
        "Mask: Callable[..., int] = lambda x: x", "class Mask(Module): ...",
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_answer_is_found_however_it_is_made_and_encoded(tmp_path, text, encoding):
    them = made(tmp_path, {"draft.ipynb": BOOK % "Mask == 1", "final.ipynb": ""}, moment=1)
    them[1].path.write_bytes((BOOK % text).encode(encoding))
    assert choose("kim", them, "attention", None, ["Mask"]).file is them[1]


def test_answers_that_only_another_file_has_are_told_unless_it_is_late(tmp_path):
    them = made(tmp_path, {"1.ipynb": BOOK % "def one(): 1"}, moment=5)
    them += made(tmp_path, {"2.ipynb": BOOK % "def two(): 2", "3.ipynb": "{}"}, moment=9)
    for order in permutations(them):
        choice = choose("kim", order, "attention", None, ["one", "two"])
        assert (choice.file, choice.more) == (them[1], [them[0]])
    in_time = Deadline.read("1970-01-01 00:00:07 UTC")
    assert choose("kim", them, "attention", in_time, ["one", "two"]).more == []
