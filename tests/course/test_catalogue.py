"""A catalogue that cannot be used is refused with its line, and with a remedy."""

from pathlib import Path

import pytest

from grader.course.catalogue import translations
from grader.course.settings import AssignmentError

GOOD = """\
msgid "It holds."
msgstr "성립합니다."

msgid "With {d} it is {2}."
msgstr "{2}: {d}."

#, fuzzy
msgid "It is six."
msgstr "다섯입니다({n})."

msgid "Not yet."
msgstr ""

#~ msgid "Long gone."
#~ msgstr "없어짐"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ko.po").write_text(GOOD, "utf-8")
    return tmp_path


def test_what_is_translated_and_sure_counts(folder):
    words = {"It holds.": "성립합니다.", "With {d} it is {2}.": "{2}: {d}."}
    assert translations(folder).languages == {"ko": words}
    assert translations(folder, only=["It holds."]).languages == {
        "ko": {"It holds.": "성립합니다."}
    }
    assert translations(folder, only=[]).languages == {}
    assert translations(folder / "nowhere").languages == {}


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ('msgstr "성립합니다."', "성립합니다.", 2, "not a catalogue"),
        ('msgstr "성립합니다."', 'msgstr "성립합니다."\nmsgid "It', 3, "quotation mark"),
        ('msgstr "성립합니다."', "msgstr 성립합니다.", 2, "quotation mark"),
        ('msgstr "성립합니다."', 'msgstr ""\n"성립합니다.', 3, "quotation mark"),
        ('msgstr "{2}: {d}."', 'msgstr "{3}: {d}."', 4, "{3}"),
        ('msgid "Not yet."\nmsgstr ""', 'msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"', 11, "plural"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(folder, old, new, line, what):
    path = folder / "ko.po"
    path.write_text(GOOD.replace(old, new), "utf-8")
    with pytest.raises(AssignmentError) as refused:
        translations(folder)
    assert what in str(refused.value) and f"ko.po:{line}" in str(refused.value)
    assert "grader translate" in refused.value.remedy or "msgid" in refused.value.remedy


def test_another_encoding_is_refused(folder):
    (folder / "ko.po").write_bytes(GOOD.encode("cp949"))
    with pytest.raises(AssignmentError, match="cannot be read"):
        translations(folder)
