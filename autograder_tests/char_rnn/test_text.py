"""Hidden checks of vocabulary, encode, decode and one_hot: text and numbers."""

from functools import partial

import torch

from grader.checks import (
    agree,
    answer,
    call,
    equal,
    needs,
    points,
    pure,
    question,
    refuses,
)

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SIGNS = "ABZ äß가 09.,-\n\t"


def text(draw, length, letters=LETTERS):
    """Draw a text in which letters occur more than once, but for the first and the last one."""
    order = torch.randperm(len(letters), generator=draw._generator).tolist()
    first, last, *few = (letters[i] for i in order[: length // 2])
    return first + "".join(few[i] for i in draw.integers(0, len(few), length).tolist()) + last


# ── vocabulary ───────────────────────────────────────────────────────────────────────────────────


@question("vocabulary")
@points(4)
def test_every_character_is_listed_once(student, draw):
    """Every character that occurs is in the list, once, and no other one."""
    given = text(draw, 12)

    def vocabulary(given):
        found = student.vocabulary(given)
        as_list = isinstance(found, list | tuple) and all(isinstance(c, str) for c in found)
        return sorted(found) if as_list else found  # their order is the next check's business

    answer(vocabulary, given, due=sorted({*given}), name="vocabulary")


@question("vocabulary")
@points(1)
@needs(test_every_character_is_listed_once)
def test_the_vocabulary_is_sorted(student, draw):
    """The characters are sorted, as Python sorts them."""
    for length in (12, 20, 150):
        given = text(draw, length)
        answer(student.vocabulary, given, due=sorted({*given}), name="vocabulary")


@question("vocabulary")
@points(1)
@needs(test_the_vocabulary_is_sorted)
def test_whatever_occurs_is_a_character(student, draw):
    """Capitals, blanks, digits, signs and line breaks are characters; an empty text has none."""
    for given in (text(draw, 20, SIGNS), ""):
        answer(student.vocabulary, given, due=sorted({*given}), name="vocabulary")


# ── encode and decode ────────────────────────────────────────────────────────────────────────────


def written(draw, length=9):
    """Draw a vocabulary in any order, a text, and the numbers of its characters."""
    chars = [LETTERS[i] for i in torch.randperm(26, generator=draw._generator)[:7]]
    ids = draw.integers(0, len(chars), length)
    return chars, "".join(chars[i] for i in ids.tolist()), ids


@question("encode")
@points(2)
def test_a_character_becomes_its_place_in_the_vocabulary(student, draw):
    """A text becomes the places of its characters, one after the other."""
    for length in (9, 1, 150):
        chars, given, ids = written(draw, length)
        answer(student.encode, given, chars, due=ids.tolist(), name="encoded")


@question("encode")
@points(1)
@needs(test_a_character_becomes_its_place_in_the_vocabulary)
def test_an_unknown_character_is_refused(student, draw):
    """A character that is not in the vocabulary raises a KeyError or a ValueError."""
    chars, given, _ = written(draw)
    otherwise = "A text with an unknown character is encoded, as if it had a number."
    refuses(
        student, "encode", given + "ö", chars,
        errors=["KeyError", "ValueError"], otherwise=otherwise,
    )  # fmt: skip


@question("decode")
@points(2)
def test_numbers_become_text_again(student, draw):
    """Numbers become a text: the characters that stand in these places."""
    for length in (9, 1, 150):
        chars, due, ids = written(draw, length)
        answer(student.decode, ids, chars, due=due, name="decoded")


@question("decode")
@points(1)
@needs(test_numbers_become_text_again)
def test_no_numbers_are_an_empty_text(student, draw):
    """No number gives no character: an empty text."""
    chars, _, ids = written(draw, 0)
    answer(student.decode, ids, chars, due="", name="decoded")


# ── one_hot ──────────────────────────────────────────────────────────────────────────────────────

ONE_HOT = "one-hot (…, V)"
TAKES = ("ids (…)", "V")
agree = partial(agree, takes=TAKES, returns=(ONE_HOT,))


def marked(ids, V):
    """Mark each number by a comparison with all of them."""
    return (ids.unsqueeze(-1) == torch.arange(V)).double()


def require(student, ids, V, otherwise):
    """Require the right marks, in whatever dtype."""
    (found,) = call(student.one_hot, ids, V, takes=TAKES, shapes={ONE_HOT: (*ids.shape, V)})
    equal(found, marked(ids, V), otherwise, ONE_HOT)


@question("one_hot")
@points(4)
def test_each_number_is_marked_in_its_place(student, draw):
    """Each number of a text gets a row: 1 in its place, 0 elsewhere."""
    require(student, draw.integers(0, 5, 9), 5, "For a text")


@question("one_hot")
@points(2)
@needs(test_each_number_is_marked_in_its_place)
def test_numbers_may_have_any_axes(student, draw):
    """A single number, a batch of texts: the vocabulary becomes one more axis, the last."""
    for shape in ((), (2, 3), (2, 1, 4), (1,), (70,), (70, 2)):
        require(student, draw.integers(0, 5, *shape), 5, f"For ids {shape}")


@question("one_hot")
@points(1)
@needs(test_each_number_is_marked_in_its_place)
def test_a_rare_character_has_a_place(student, draw):
    """There are V places, also where the last characters do not occur, or V is large."""
    require(student, draw.integers(0, 3, 6), 8, "Where the last ones do not occur")
    require(student, draw.integers(0, 150, 9), 150, "Of 150 characters")


@question("one_hot")
@points(1)
@needs(test_each_number_is_marked_in_its_place)
def test_marks_are_floating_point_numbers(student, draw):
    """The marks are floating-point numbers, and the ids stay as they are."""
    ids = draw.integers(0, 5, 9)
    with torch.no_grad():
        agree(student.one_hot, marked, ids, 5)
    pure(lambda ids: student.one_hot(ids, 5), ids, takes=TAKES)
