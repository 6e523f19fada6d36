"""Answers that are no tensors: what says the same is the same, and a difference is worded."""

import numpy as np
import pytest
import torch

from grader.checks import Failure, answer, recorded
from grader.compare.record import same


def said(have, due) -> str:
    """Return what a student reads of an answer; nothing where it is right."""
    try:
        answer(lambda: have, due=due, name="found")
    except Failure as failure:
        return str(failure)
    return ""


@pytest.mark.parametrize(
    ("have", "due"),
    [
        (3, 3),
        (3.0, 3),
        (torch.tensor(3), 3),
        ("abc", "abc"),
        ([1, 2], [1, 2]),
        ((1.0, 2), [1, 2]),
        (torch.tensor([1, 2]), [1, 2]),
        ([torch.tensor(1), 2], [1, 2]),
        (["a", "b"], ["a", "b"]),
        (("a", "b"), ["a", "b"]),
        ([], []),
        (torch.zeros(0), []),
        ([[1, 2], []], [[1, 2], []]),
        (((), [torch.tensor(1), 2.0]), [[], [1, 2]]),
        (torch.tensor([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        ([torch.tensor([1, 2]), torch.zeros(0)], [[1, 2], []]),
        ([["a", "b"], ["c"]], [["a", "b"], ["c"]]),
        ([[], []], [[], []]),
    ],
)
def test_what_says_the_same_is_the_same(have, due):
    assert said(have, due) == ""


@pytest.mark.parametrize(
    ("have", "due", "words"),
    [
        (None, 3, "is None: is a `return` missing?"),
        (3.5, 3, "is a number, and not a whole number"),
        (True, 1, "is of type bool, and not a whole number"),
        ("3", 3, "is a text, and not a whole number"),
        (["a"], "a", "is a list of texts, and not a text"),
        ("ab", ["a", "b"], "is a text, and not a list of texts"),
        ({"a"}, ["a"], "is of type set, and not a list of texts"),
        ([1, 2], ["a", "b"], "is a list of whole numbers, and not a list of texts"),
        ([[1], [2]], [1, 2], "a list of lists of whole numbers, and not a list of whole numbers"),
        (torch.ones(2, 2), [1, 1], "is a tensor of shape (2, 2), and not a list of whole numbers"),
        (5, 3, "is too large by 2"),
        ("cba", "abc", "has the right characters in another order: it is turned round"),
        ([2, 3, 1], [1, 2, 3], "has the right entries in another order."),
        (["a", "a", "b"], ["a", "b"], "has the right entries, but some of them more than once"),
        ("abd", "ab", "has 3 characters, not 2"),
        ([1, 2, 4], [1, 2, 3], "is wrong in 1 of its 3 entries, first at 2"),
        (
            [1, 2],
            [[1], [2]],
            "is a list of whole numbers, and not a list of lists of whole numbers",
        ),
        ([[1]], [["a"]], "is a list of lists of whole numbers, and not a list of lists of texts"),
        ([["a"], [1]], [[1], [2]], "is a list of lists, and not a list of lists of whole numbers"),
        ([[1, 2]], [[1], [2]], "has 1 lists, not 2"),
        ([[2], [1]], [[1], [2]], "has the right lists in another order: it is turned round"),
        (
            [[1], [2, 3, 9]],
            [[1], [2, 3]],
            "1 of its 2 lists, first at 1, which has 3 entries, not 2",
        ),
        ([[1], [4]], [[1], [2]], "first at 1, which is wrong in 1 of its 1 entries, first at 0"),
        ([[1]], [[]], "1 of its 1 lists, first at 0, which has 1 entries, not 0"),
    ],
)
def test_what_differs_is_said(have, due, words):
    assert words in said(have, due)


def test_nothing_that_is_due_is_said():
    assert "secret" not in said("public", "secret")


def test_an_answer_is_recorded_so_that_a_mistake_is_known_by_it():
    with recorded() as one:
        said("abc", "abd")
    with recorded() as equal:
        said("abc", "abd")
    with recorded() as other:
        said("abe", "abd")
    assert same(one, equal) and not same(one, other)
    with recorded() as together:
        said(["ab", "c"], ["x"])
    with recorded() as apart:
        said(["a", "bc"], ["x"])
    assert not same(together, apart)
    with recorded() as together:
        said([[1, 2], []], [[3]])
    with recorded() as apart:
        said([[1], [2]], [[3]])
    assert not same(together, apart)


def test_numbers_of_numpy_arrive_as_numbers_of_python():
    assert said(int(np.int64(3)), 3) == ""


@pytest.mark.parametrize("one", [torch.tensor(1), 1.5, None, {}, [1, 2], torch.ones(2)])
def test_whatever_stands_where_nothing_is_due_is_too_much(one):
    assert said([one], []) == "`found` has 1 entries, not 0."
    assert said([[one], []], [[], []]).endswith("first at 0, which has 1 entries, not 0.")
