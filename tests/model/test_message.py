"""What is said is a template with values, and stays one until it is shown."""

import json
import pickle
from dataclasses import asdict

import pytest

from grader.model.message import Message, counted, joined, lines, read, said, some

SHAPE = Message("`{name}` has shape {have}, not {due}", name="out", have=(2, 3), due="(3, 2)")
FOUND = Message("{call}: {found}.", call="f()", found=SHAPE)


def test_a_message_is_english_as_a_str():
    assert str(SHAPE) == "`out` has shape (2, 3), not (3, 2)"
    assert str(FOUND) == "f(): `out` has shape (2, 3), not (3, 2)."


def test_equal_messages_are_one():
    assert Message("{n} s", n=3) == Message("{n} s", n=3) != Message("{n} s", n=4)
    assert len({Message("a"), Message("a"), Message("b")}) == 2


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_number_decides_between_one_and_many(n):
    assert str(counted("{n} file", "{n} files", n=n)) == f"{n} file{'' if n == 1 else 's'}"


def test_words_of_others_are_put_in_as_they_are():
    theirs = "{name} {0} {x.__class__} {:>9} \\1 %s"
    assert str(Message("said: {name}", name=theirs)) == f"said: {theirs}"
    assert str(Message("{name:>99999999} {name.real} {other}", name=1)) == (
        "{name:>99999999} {name.real} {other}"
    )


def test_several_texts_are_one():
    assert joined(", ", ["a", "", "b"]) == "a, b" and joined(", ", []) == ""
    assert str(joined("; ", [SHAPE, "b"])) == f"{SHAPE}; b"
    assert lines("", SHAPE) is SHAPE and str(lines(SHAPE, "b")) == f"{SHAPE}\nb"
    assert str(some("abcd", 2)) == "a, b and 2 more" and some("ab", 2) == "a, b"
    assert str(Message("{names}", names=["a", SHAPE])) == f"a, {SHAPE}"


def test_an_error_says_the_message_that_it_was_raised_with():
    assert said(ValueError(SHAPE)) is SHAPE and str(ValueError(SHAPE)) == str(SHAPE)
    assert said(ValueError("theirs")) == "theirs" and said(ValueError()) == ""
    assert said(OSError(2, "gone")) == "[Errno 2] gone"


@pytest.mark.parametrize("text", [FOUND, counted("{n} a", "{n} b", n=2, x=FOUND), "theirs {n}"])
def test_a_text_survives_json_and_pickle(text):
    kept = json.loads(json.dumps(text, default=asdict))
    assert read(kept) == text and type(read(kept)) is type(text)
    assert pickle.loads(pickle.dumps(text)) == text


def test_further_values_are_filled_in():
    limit = Message("your code needs more than {n} MB")
    assert str(limit.format(n=3)) == "your code needs more than 3 MB" and "{n}" in str(limit)
