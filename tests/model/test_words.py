"""Every text of ours has a Korean counterpart, none is left over, and what others wrote stays."""

import ast
import re
import string
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from jinja2 import Environment, nodes

from grader.compare import compare, gradients
from grader.judging.batch import Why
from grader.model.result import Status
from grader.model.words import table, translator
from grader.report import results_json as results
from grader.report import sanitize as clean
from grader.report.pages import class_html, feedback_html
from grader.report.standing import Roll
from tests.support.reports import PICTURES, RESULTS, a_report

GRADER = Path(compare.__file__).parents[1]
SPEAKING = ("base", "class", "feedback", "picture", "words")
"""Templates that speak the course's language; the other pages are for authors."""


def in_templates() -> Iterator[str]:
    for name in SPEAKING:
        source = (GRADER / "templates" / f"{name}.html").read_text("utf-8")
        for call in Environment().parse(source).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "_":
                assert isinstance(call.args[0], nodes.Const)
                yield call.args[0].value


def in_code() -> Iterator[str]:
    for path in GRADER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(ast.Name("say"), [ast.Constant(str(text))]):
                    yield text
    yield from Why


WORDS = {*in_templates(), *in_code()}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_has_a_korean_counterpart_and_none_is_left_over():
    assert len(WORDS) > 80
    assert table("ko", "words").keys() == WORDS


@pytest.mark.parametrize("name", ["words", "messages"])
def test_a_translation_holds_the_same_values(name):
    for english, korean in table("ko", name).items():
        assert fields(english) == fields(korean), english
        prose = re.sub("{.*?}", "", english)
        assert re.search("[가-힣]", korean) or not re.search("[a-z]{3}", prose)


def test_no_template_says_anything_by_itself():
    for name in SPEAKING:
        source = (GRADER / "templates" / f"{name}.html").read_text("utf-8")
        source = re.sub(
            r"{% block (style|script|width) %}.*?{% endblock %}", "", source, flags=re.DOTALL
        )
        source = re.sub(r"{% (set|macro) style.*?{% end(set|macro) %}", "", source, flags=re.DOTALL)
        told = "".join(
            node.data for node in Environment().parse(source).find_all(nodes.TemplateData)
        )
        labels = re.findall(r'(?:aria-label|alt|placeholder)="([^"]+)', told)
        words = re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^<>]*>|&\w+;", " ", told))
        assert not (labels + words), f"{name}.html says {labels + words}"


def in_korean(text: str) -> str:
    return translator("ko")(text)


DUE = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
NAMED = compare.Named.read("out (B, T, d)")


def half_wrong(due: torch.Tensor) -> torch.Tensor:
    return torch.cat([due[:, :2], 9 * due[:, 2:]], dim=1)


DIFFERENCES = [
    compare.shape_difference(torch.zeros(4, 2, 3), DUE.shape, NAMED),
    compare.shape_difference(torch.zeros(4, 3, 2), DUE.shape, NAMED),
    compare.shape_difference(torch.zeros(2, 12), DUE.shape, NAMED),
    compare.shape_difference(torch.zeros(5), DUE.shape, NAMED),
    compare.shape_difference(torch.zeros(2), (2, 1), compare.Named("out")),
    *(
        compare.value_difference(change(DUE), DUE, NAMED, 1e-9)
        for change in (
            torch.Tensor.long, torch.zeros_like, lambda x: x / 0, lambda x: 2.5 * x,
            lambda x: x + 1, lambda x: x - 1, lambda x: x.flip(1), half_wrong,
            lambda x: x[..., torch.tensor([1, 0, 2])], lambda x: x.sin(),
            lambda x: half_wrong(x.flip(1)).flip(1),
            lambda x: torch.cat([x[:, :1], x[:, 1:].exp()], dim=1),
            lambda x: torch.cat([x[:, :1].exp(), x[:, 1:]], dim=1),
            lambda x: torch.cat([x[:, :1], x[:, 1:2].exp(), x[:, 2:]], dim=1),
        )
    ),
    compare.value_difference(DUE[:1, :3].mT, DUE[:1, :3], NAMED, 1e-9),
    compare.value_difference(torch.ones(1), torch.full((1,), 3.0), NAMED, 1e-9),
    gradients.lost_gradients([torch.zeros(2)], [torch.ones(2)], [compare.Named("Q")]),
    gradients.gradient_difference(half_wrong(DUE), DUE, NAMED, 1e-9),
    gradients.gradient_difference(
        torch.cat([0 * DUE[:, :2], DUE[:, 2:]], dim=1), DUE, NAMED, 1e-9
    ),
]  # fmt: skip


@pytest.mark.parametrize("found", DIFFERENCES)
@pytest.mark.parametrize(
    "message", ["{}", "f with `x` (B=2): {}.", "f with `x` (B=2): {}; it is right without `mask`."]
)
def test_a_comparison_is_told_in_korean_and_keeps_its_values(found, message):
    assert found
    korean = in_korean(message.format(found))
    prose = korean.replace(".data, torch", "").replace("numpy", "")
    prose = re.sub(r"`[^`]*`|\w+\(\.*?\)|\(.*?\)|dim|in-place|shape|f,", "", prose)
    english = set(re.findall(r"[a-z]{3,}", prose))
    assert not english, korean
    assert sorted(re.findall(r"\d+", korean)) == sorted(re.findall(r"\d+", message.format(found)))


@pytest.mark.parametrize(
    "text",
    [
        *(clean.OUR_FAULT, results.DECIDED, results.REMARK),
        "Not implemented yet.",
        "your code computed for more than 1.5 s",
        "Cannot be judged until this holds: 가.",
        "Hypothesis: 가. That gives exactly your numbers.",
    ],
)
def test_what_the_grader_says_itself_is_korean(text):
    assert not re.search("[A-Za-z]{2,}", in_korean(text))


@pytest.mark.parametrize(
    "text",
    [
        "A key that the mask hides still has weight.",
        "With d = 8, the scores are 2.83 (√8) × what they should be.",
        "The model with dropout: it fails.",
        "Your code raised an error: {title} {0} %s",
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x5 and 7x2)",
        "",
    ],
)
def test_what_authors_and_students_write_stays(text):
    assert in_korean(text) == text
    assert in_korean(f"{text}\nNot implemented yet.") == f"{text}\n아직 구현되지 않았습니다."


@pytest.mark.parametrize("piece", ["a: ", "`x` is ", "wrong in 1 of its 1 entries, ", "; ", "a, "])
def test_a_hostile_line_is_not_searched_for_long(piece):
    start = time.process_time()
    in_korean(piece * 2_000)
    in_korean((piece * 500)[:500])
    assert time.process_time() - start < 5


def test_pages_in_korean_hold_no_english_of_ours():
    statuses = tuple(
        replace(result, status=status, picture=picture, message="", sentence="ㄱ", check="ㄴ")
        for result, status, picture in zip(
            RESULTS * 2, Status, (*PICTURES, None, None), strict=False
        )
    )
    report = a_report("ㄷ", results=statuses, title="ㄹ", file="ㅁ", questions=("split_heads",))
    for html in (feedback_html(report, "ko"), class_html(Roll.of([report]), "ko")):
        assert '<html lang="ko">' in html
        told = re.sub(r"<(style|script|code).*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL)
        ours = set(re.findall(r"[A-Za-z]{3,}", told)) - KEPT
        assert not ours


KEPT = {
    *("split", "heads", "merge", "landlock", "seccomp", "weights", "loss", "out", "torch", "NaN"),
    *("shape", "traceback", "n_Q", "n_K"),
}
"""Names, and words that Koreans use as they are."""
