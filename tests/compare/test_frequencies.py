"""Sampling is judged by an exact bound: right code passes, wrong chances fail, whichever way."""

import math

import pytest
import torch

from grader.checks import Failure, frequencies, recorded
from grader.compare.chances import ALPHA, Counts, evidence
from grader.compare.record import same

P = torch.tensor([0.5, 0.25, 0.15, 0.1], dtype=torch.float64)
LEVEL = P.sqrt() / P.sqrt().sum()


def drawn(p, n=10_000, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.multinomial(p, n, replacement=True, generator=generator)


def by_inversion(p, n=10_000, seed=0):
    u = torch.rand(n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.searchsorted(p.cumsum(0), u).clamp(max=len(p) - 1)


def said(have) -> str:
    try:
        frequencies(lambda: have, chances=P)
    except Failure as failure:
        return str(failure)
    return ""


def test_draws_with_the_right_chances_pass():
    assert not any(said(way(P, seed=seed)) for seed in range(50) for way in (drawn, by_inversion))


@pytest.mark.parametrize(
    ("have", "words"),
    [
        (torch.zeros(1000), "all give the same class"),
        (drawn(torch.full((4,), 0.25)), "all classes come equally often"),
        (drawn(LEVEL), "class 0 comes"),
        (drawn(P) + 1, "not a class in"),
        (drawn(P) - 1, "not a class in"),
        (drawn(P) + 0.5, "not a class in 10,000 of 10,000 draws"),
    ],
)
def test_other_chances_fail_and_it_is_said_how(have, words):
    assert words in said(have)


def test_a_class_without_a_chance_is_never_drawn():
    chances = torch.tensor([0.5, 0.5, 0.0])
    frequencies(lambda: torch.arange(1000) % 2, chances=chances)
    with pytest.raises(Failure, match="class 2, which has no chance"):
        frequencies(lambda: torch.tensor([0, 1, 2] + 500 * [0, 1]), chances=chances)


def test_the_bound_is_chernoffs_and_holds_for_few_draws():
    """A share a of n draws on one side of p has a chance of exp(-n·KL(a‖p)) at most."""
    p, n = 0.3, 12
    exact = [
        sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(most, n + 1))
        for most in range(n + 1)
    ]
    for most in range(4, n + 1):  # above p
        counts = torch.tensor([float(most), float(n - most)])
        found = float(evidence(counts, torch.tensor([p, 1 - p]))[0])
        assert exact[most] <= math.exp(-found) * (1 + 1e-12)
    assert ALPHA == 1e-9


def test_a_mistake_is_known_by_its_chances_whichever_way_it_draws():
    records = []
    for have in (drawn(LEVEL), by_inversion(LEVEL, seed=5), drawn(P)):
        with recorded() as record:
            said(have)
        records.append(record)
    one, other, right = records
    assert same(one, other) and not same(one, right)


def test_counts_do_not_widen_what_is_tolerated_elsewhere():
    x = torch.tensor([1 / 3], dtype=torch.float64)
    counts = Counts.of(drawn(P), 4)
    assert not same([x, counts], [x + 1e-5, counts])
