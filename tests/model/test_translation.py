"""An author's sentence is translated wherever it stands, alone or within a message."""

import pytest

from grader.model.language import speaker
from grader.model.message import Message, counted, lines
from grader.model.translation import LONGEST, NONE, Template, Translation, Translations

WORDS = {
    "The sum is 1.": "합은 1입니다.",
    "the queries": "쿼리",
    "With d = {d}, they sum to {2} over {name}.": "d = {d}, {name} 방향의 합 {2}.",
    "{name} is {2}": "{name}: {2}",
}
KOREAN = Translation(WORDS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The sum is 1.", "합은 1입니다."),
        ("With d = 8, they sum to 2.83 (√8) over the queries.", "d = 8, 쿼리 방향의 합 2.83 (√8)."),
        ("With d = 8, they sum to 2.83 over .", "d = 8,  방향의 합 2.83."),
        ("With d = 8, they sum to 2.83 over", "With d = 8, they sum to 2.83 over"),
        ("What nobody has translated.", "What nobody has translated."),
        ("`x` is the queries", "`x`: 쿼리"),
        ("is", "is"),
        ("", ""),
    ],
)
def test_a_sentence_is_found_as_it_is_written_or_by_its_template(text, said):
    assert KOREAN(text) == said


def test_a_sentence_within_messages_is_found_at_any_depth():
    inner = Message("{one}, or {other}", one="The sum is 1.", other="the queries")
    whole = lines("The sum is 1.", Message("Hypothesis: {sentence}.", sentence=inner))
    assert f"{KOREAN(whole)}" == "합은 1입니다.\nHypothesis: 합은 1입니다., or 쿼리."


def test_a_message_of_ours_stays_one_with_its_numbers():
    message = counted("{n} check waits for {it}", "{n} checks wait for {it}", n=2, it="the queries")
    said = KOREAN(message)
    assert isinstance(said, Message) and dict(said.values) == {"n": 2, "it": "쿼리"}
    assert f"{said}" == "2 checks wait for 쿼리"


def test_values_are_put_in_once_whatever_stands_in_them():
    found = KOREAN("With d = {name}, they sum to {d} over {2}.")
    assert found == "d = {name}, {2} 방향의 합 {d}."


def test_a_text_is_walked_through_once_whatever_a_student_has_made_it_of():
    template = Template.of("a{1}a{2}a{3}a{4}a{5}b")
    assert template.values("a" * LONGEST + "b") is not None
    assert template.values("a" * LONGEST) is None
    assert Template.of("with {1} with").values("with") is None


def test_no_template_is_sought_in_what_no_author_has_written():
    long = "With d = 8, they sum to 2 over " + "x" * LONGEST + "."
    assert KOREAN(long) == long


def test_what_a_student_repeats_is_not_sought_in_itself():
    deep = Translation({"{a}, {b}": "{b}; {a}"})
    assert deep(", ".join("x" * 660)) == ", ".join("x" * 659) + "; x"


def test_translations_are_read_as_they_were_written_and_joined():
    both = Translations({"ko": WORDS}) | Translations(
        {"ko": {"the queries": "질의"}, "fr": {"a": "b"}}
    )
    assert Translations.read(both.written()).languages == both.languages
    assert both.of("ko")("the queries") == "질의" and both.of("fr")("a") == "b"
    assert both.of("ko")("The sum is 1.") == "합은 1입니다."
    assert both.of("de")("the queries") == "the queries"
    assert Translations.read(NONE.written()) is NONE and NONE.written() == ""


def test_whoever_says_knows_the_language():
    assert speaker("ko").language == "ko" and speaker("ko")("as it is") == "as it is"
