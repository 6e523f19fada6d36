"""Who belongs together through others."""

from grader.similarity.disjoint import DisjointSets


def test_things_are_alone_until_they_are_joined():
    sets = DisjointSets[str]()
    assert sets.head("a") != sets.head("b")
    assert sets.join("a", "b") and sets.head("a") == sets.head("b")


def test_what_is_one_set_already_is_not_joined_again():
    sets = DisjointSets[int]()
    assert [sets.join(1, 2), sets.join(3, 4), sets.join(2, 3), sets.join(4, 1)] == [
        True, True, True, False,
    ]  # fmt: skip


def test_long_chains_have_one_head():
    sets = DisjointSets[int]()
    for number in range(5_000):
        sets.join(number + 1, number)
    assert len({sets.head(number) for number in range(5_001)}) == 1
