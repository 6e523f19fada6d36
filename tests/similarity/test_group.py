"""Whom pairs connect, and which pairs show it."""

from grader.similarity.document import Document
from grader.similarity.fingerprint import Fingerprints
from grader.similarity.group import groups, in_turns
from grader.similarity.pair import Pair


def pair(names: str, score: float) -> Pair:
    one, other = (Document(name, "", Fingerprints({})) for name in names)
    return Pair(one, other, score, 9)


def names(pairs: list[Pair]) -> list[str]:
    return [pair.one.student + pair.other.student for pair in pairs]


PAIRS = [
    pair("xy", 1.0), pair("ab", 0.9), pair("bc", 0.8), pair("ac", 0.7), pair("pq", 0.6),
    pair("cd", 0.5),
]  # fmt: skip


def test_groups_are_what_pairs_connect_the_largest_first():
    assert [g.students for g in groups(PAIRS)] == [list("abcd"), ["p", "q"], ["x", "y"]]


def test_a_group_is_shown_by_the_closest_pairs_that_connect_it():
    assert [names(group.pairs) for group in groups(PAIRS)] == [["ab", "bc", "cd"], ["pq"], ["xy"]]


def test_of_every_group_a_pair_is_shown_before_a_second_of_any():
    assert names(in_turns(groups(PAIRS))) == ["ab", "pq", "xy", "bc", "cd"]


def test_two_groups_become_one_by_a_single_pair():
    joined = groups([*PAIRS, pair("ax", 0.5)])
    assert [g.students for g in joined] == [list("abcdxy"), ["p", "q"]]
    assert names(joined[0].pairs) == ["xy", "ab", "bc", "cd", "ax"]


def test_without_pairs_there_is_nobody_to_show():
    assert groups([]) == [] and in_turns([]) == []
