"""A generator is made from its seed beside the student's code; nothing else may be drawn from."""

import pytest
import torch

from grader.checks import Failure, recorded, seeded, uses_generator
from tests.support.subjects import PLACES, placed

SOURCE = """
import random
import numpy as np
import torch

def right(n, generator): return torch.rand(n, generator=generator)
def torchs(n, generator): return torch.rand(n)
def pythons(n, generator): return torch.tensor([random.random() for _ in range(n)])
def numpys(n, generator): return torch.tensor(np.random.rand(n))
def nothing(n, generator): return torch.zeros(n)
def seeds(n, generator): return torch.rand(n, generator=torch.Generator().manual_seed(0))
def entropy(n, generator): return torch.tensor([random.SystemRandom().random() for _ in range(n)])
"""
NAMES = ("right", "torchs", "pythons", "numpys", "nothing", "seeds", "entropy")


@pytest.fixture(params=PLACES)
def student(request, zygote):
    with placed(request.param, zygote, SOURCE, NAMES) as student:
        yield student


def test_a_seed_takes_the_place_of_the_generator(student):
    draw = seeded(student, "right")
    assert torch.equal(draw(5, 1), draw(5, 1)) and not torch.equal(draw(5, 1), draw(5, 2))
    assert draw.__name__ == "right"


def test_who_draws_from_the_generator_alone_passes(student):
    uses_generator(student, "right", 5)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("torchs", "that everybody shares"),
        ("pythons", "that everybody shares"),
        ("numpys", "that everybody shares"),
        ("nothing", "Another seed gives the same result"),
        ("seeds", "Another seed gives the same result"),
        ("entropy", "Equal seeds give different results"),
    ],
)
def test_who_does_not_is_told_what_is_wrong(student, name, words):
    with recorded() as numbers, pytest.raises(Failure, match=words):
        uses_generator(student, name, 5)
    assert len(numbers) == 1  # which tell a known mistake
