"""Fingerprints: what two documents share is found wherever it stands."""

import numpy as np
import pytest

from grader.similarity.fingerprint import GRAM, WINDOW, Fingerprints


def prints(tokens: list[int]) -> Fingerprints:
    return Fingerprints.of(np.array(tokens, np.int64), np.arange(len(tokens)))


def noise(seed: int, size: int) -> list[int]:
    return np.random.default_rng(seed).integers(0, 2**32, size).tolist()


@pytest.mark.parametrize("seed", range(20))
def test_a_shared_run_of_the_guaranteed_length_is_found_wherever_it_stands(seed):
    shared = noise(1000 + seed, GRAM + WINDOW - 1)
    one = prints(noise(seed, 10 + seed) + shared + noise(seed + 50, 30))
    other = prints(noise(seed + 100, 40) + shared)
    assert one.lines.keys() & other.lines.keys()


def test_different_documents_share_nothing():
    assert not prints(noise(1, 3000)).lines.keys() & prints(noise(2, 3000)).lines.keys()


def test_a_fingerprint_stands_for_the_lines_of_its_tokens():
    (lines,) = prints(noise(3, GRAM)).lines.values()
    assert lines == set(range(GRAM))


def test_of_hashes_a_part_is_kept():
    kept = len(prints(noise(4, 5000)).lines)
    assert 0.4 < kept / 5000 < 0.6  # 2 / (WINDOW + 1), by theory


@pytest.mark.parametrize("size", [0, 1, GRAM - 1])
def test_what_is_too_short_has_none(size):
    assert not prints(noise(5, size)).lines


def test_what_is_everybodys_can_be_left_out():
    given, own = noise(6, 100), noise(7, 100)
    left = prints(given + own).without(set(prints(given).lines))
    assert left.lines.keys() & prints(own).lines.keys()
    assert not left.lines.keys() & prints(given).lines.keys()
