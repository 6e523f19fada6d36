"""Shares of a class have nothing in common, leave nobody out, and follow from the bytes alone."""

import hashlib

import pytest

from grader.judging.shard import WHOLE, Shard

DIGESTS = [hashlib.sha256(b"%d" % n).hexdigest() for n in range(1000)]
DIGESTS += ["refused: The file has 70 MB, and 50 are accepted."]


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_everything_is_in_exactly_one_shard(count):
    shards = [Shard(number, count) for number in range(1, count + 1)]
    assert {sum(shard.holds(digest) for shard in shards) for digest in DIGESTS} == {1}


def test_shards_are_of_about_the_same_size():
    sizes = [sum(map(Shard(number, 4).holds, DIGESTS)) for number in (1, 2, 3, 4)]
    assert min(sizes) > 200, "the chance is 0.0002"


def test_the_same_bytes_are_in_the_same_shard_on_every_machine():
    assert [Shard(n, 8).holds("ab" * 32) for n in range(1, 9)].index(True) == 2


def test_the_whole_is_one_shard():
    assert all(map(WHOLE.holds, DIGESTS))


def test_a_shard_is_read_as_it_is_written():
    assert Shard.read("2/8") == Shard(2, 8)


@pytest.mark.parametrize(
    "text", ["", "0/8", "9/8", "2", "2/", "a/b", "-1/2", "1/2/3", "1/0", "１/２"]
)
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(ValueError, match="is not a share of a class; the second of eight is 2/8"):
        Shard.read(text)
