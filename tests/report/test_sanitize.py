"""Text that a student may have written is harmless wherever it is shown."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.model.guidance import Example, Guidance, Row
from grader.model.judgement import Judgement
from grader.model.language import speaker
from grader.model.message import Message, lines
from grader.model.picture import Shapes
from grader.model.result import Result, Status
from grader.model.standing import Standing
from grader.model.translation import Translations
from grader.report.sanitize import LONGEST, clean, worded


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("tab\tand\nline √ 한글 👩‍🔬", "tab\tand\nline √ 한글 👩‍🔬"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;my title\x07shown", "shown"),
        ("\x1b]52;c;cGFzdGU=\x1b\\shown", "shown"),
        ("\x1b]8;;https://x.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]never closed", "never closed"),
        ("\x9b31mC1", "C1"),
        ("a\x00b\x08c\x7fd\x85e", "abcde"),
        ("windows\r\nprogress\rbar", "windows\nprogress\nbar"),
        ("lone \ud800 surrogate", "lone ⟨U+D800⟩ surrogate"),
        ("cod\u202egnp.exe\u202c", "cod⟨U+202E⟩gnp.exe⟨U+202C⟩"),
        ("a\u2066b\u2069", "a⟨U+2066⟩b⟨U+2069⟩"),
    ],
)
def test_clean_keeps_words_and_drops_control(dirty: str, cleaned: str) -> None:
    assert clean(dirty) == cleaned


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    cleaned = clean("first" + "x" * 1_000_000 + "last")
    assert cleaned.startswith("first") and cleaned.endswith("last")
    assert "characters left out" in cleaned
    assert len(cleaned) <= LONGEST


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=()) | st.sampled_from("\x1b[]0m;\x07\\\x9b\r\n")))
def test_clean_text_is_plain_and_cleaning_it_again_changes_nothing(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert clean(cleaned) == cleaned
    assert not any((ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 for c in cleaned)


def test_whatever_an_author_has_written_is_said_in_the_language_where_it_is_translated():
    words = {
        "Heads.": "헤드.",
        "Look there.": "거기를 보세요.",
        "the last h": "마지막 h",
        "T": "제목",
    }
    example = Example("f(x)", (Row("the last h", "1", "2", False), Row("x", "1", "1", True)))
    result = Result(
        "test_it", "f", Status.FAILED, 1, "Heads.", lines("Heads.", Message("{0}!", **{"0": "T"})),
        hypothesis="Heads.", notes=("Heads.",), picture=Shapes("the last h", (), (), ()),
        guidance=Guidance(("Look there.", "Else."), example),
    )  # fmt: skip
    judged = Judgement("it", "T", "ab", ("f",), (result,))
    standing = Standing("kim", "f.ipynb", judged, translations=Translations({"ko": words}))
    korean = worded(standing, speaker("ko")).judgement
    (said,) = korean.results
    assert korean.title == "제목" and said.sentence == said.hypothesis == "헤드."
    assert said.message == "헤드.\n제목!" and said.notes == ("헤드.",)
    assert said.picture.name == "마지막 h" and said.guidance.hints == ("거기를 보세요.", "Else.")
    assert [row.name for row in said.guidance.example.rows] == ["마지막 h", "x"]
    assert said.guidance.example.code == "f(x)"
    english = worded(standing, speaker("en")).judgement
    assert english.title == "T" and english.results[0].guidance == result.guidance
