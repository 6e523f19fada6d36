"""What a request is about comes back from a mail as it was written into it, whatever mails do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.model.language import LANGUAGES, speaker
from grader.model.request import FIELDS, LONGEST, WRITE, About

ABOUT = About("kim", "split_heads", "test_values[float64]", "ab" * 32, "0.1.0")


def test_what_is_written_is_read():
    assert About.read(f"Hello!\n\n{ABOUT.lines()}\n") == (ABOUT, "Hello!")


def test_lines_that_a_mail_program_quotes_breaks_or_ends_otherwise_are_read():
    quoted = "\n".join(f"> > {line}" for line in ABOUT.lines().split("\n"))
    broken = ABOUT.lines().replace("grader-file: ", "grader-file:\r\n> ")
    for text in (quoted, broken, ABOUT.lines().replace("\n", "\r\n")):
        assert About.read(f"Why?\n{text}") == (ABOUT, "Why?")


def test_words_of_a_student_are_no_lines_of_ours():
    words = "Question: why?\nfile: mine\ngrader-points: 40"
    assert About.read(words) == (About(), words)


def test_the_last_line_of_a_kind_counts():
    """An answer stands above what it answers, and what is about this mail stands below."""
    text = f"{About('lee').lines()}\n{ABOUT.lines()}"
    assert About.read(text) == (ABOUT, "")


def test_an_empty_line_does_not_take_the_next_one_for_its_value():
    found, _ = About.read("grader-student:\ngrader-question: q\n")
    assert (found.student, found.question) == ("", "q")


def test_a_digest_that_is_none_is_left_out():
    assert About.read("grader-file: ../../etc/passwd")[0].file == ""


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries({name: st.text() for name in FIELDS if name != "file"}), st.text())
def test_no_value_adds_a_line_of_another_kind(values, words):
    found, _ = About.read(f"{words}\n{About(**values, file='cd' * 32).lines()}")
    assert found.file == "cd" * 32
    assert all(len(getattr(found, name)) <= LONGEST for name in FIELDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentence_that_our_mail_begins_with_is_no_word_of_the_students(language):
    ours = speaker(language)(WRITE)
    broken = ours.replace(" ", "\n> ", 3)
    for mail in (f"{ours}\nMine is right.", f"> {broken}\n\nMine is right."):
        _, words = About.read(f"{mail}\n\n{About('kim').lines()}")
        assert words.lstrip("> \n") == "Mine is right."
