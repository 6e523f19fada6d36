"""Text that a student may have written is harmless wherever it is shown."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.report.sanitize import LONGEST, clean


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
