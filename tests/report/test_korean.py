"""Pages in Korean hold no English of ours, whatever they show."""

import re
from dataclasses import replace

import pytest

from grader.model.message import Message, counted
from grader.model.result import Status
from grader.report.pages import class_html, feedback_html
from grader.report.roll import Roll
from tests.support.catalogue import extracted, fields
from tests.support.standings import PICTURES, RESULTS, a_standing

KEPT = {
    *("split", "heads", "merge", "landlock", "seccomp", "weights", "loss", "out", "torch", "NaN"),
    *("shape", "traceback", "n_Q", "n_K", "path"),
}
"""Names, and words that Koreans use as they are."""


def english(html: str) -> set[str]:
    told = re.sub(r"<(style|script|code).*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL)
    return set(re.findall(r"[A-Za-z]{3,}", told)) - KEPT


def test_all_that_frames_a_page_is_korean():
    statuses = tuple(
        replace(
            result, status=status, picture=picture, message="", traceback="", sentence="ㄱ",
            check="ㄴ", error="",
        )
        for result, status, picture in zip(
            RESULTS * 2, Status, (*PICTURES, None, None), strict=False
        )
    )  # fmt: skip
    standing = a_standing("ㄷ", results=statuses, title="ㄹ", file="ㅁ", questions=("split_heads",))
    for html in (feedback_html(standing, "ko"), class_html(Roll.of([standing], "ko"), "ko")):
        assert '<html lang="ko">' in html
        assert not english(html)


def said() -> list[Message]:
    """Return every message of the code, with values that are no words."""
    found = []
    for one in extracted():
        one, many = (one, "") if isinstance(one, str) else one
        values = {name: "0" for name in fields(one) | fields(many)} | {"n": 3}
        found.append(counted(one, many, **values) if many else Message(one, **values))
    return found


@pytest.mark.parametrize("place", ["results", "notes"])
def test_whatever_is_said_on_a_page_is_said_in_korean(place):
    messages = tuple(said())
    shown = {"notes": messages, "results": tuple(replace(RESULTS[1], message=m) for m in messages)}
    html = feedback_html(a_standing("ㄷ", **{place: shown[place]}), "ko")
    text = re.sub(r"<[^>]*>", "", html)
    sentences = [f"{m}" for m in messages if re.search(r"[a-z]{4,} [a-z]{3,} [a-z]", f"{m}")]
    assert len(sentences) > 200 and not [one for one in sentences if one in text]


def test_what_was_tried_in_the_sandbox_is_said_in_the_language_of_the_page():
    layers = ("landlock 7", "11 of 12 attempts to break out stopped")
    tried = a_standing(layers=layers)
    assert "격리: landlock 7, 탈출 시도 12번 중 11번 막음" in feedback_html(tried, "ko")
    assert "Isolation: landlock 7, 11 of 12 attempts to break out stopped" in feedback_html(tried)
