"""Which of several conventions some code follows is found by its numbers."""

import torch

from grader.checks import Draw, convention, recorded

KNOWN = {
    "keeps": lambda x, z: z * x,
    "renews": lambda x, z: (1 - z) * x,
    "both": lambda x, z: (z * x, (1 - z) * x),
}


def given():
    draw = Draw(b"convention")
    return draw(3, 4), draw(3, 4).sigmoid()


def test_the_convention_of_the_code_is_found():
    assert convention(lambda x, z: x - z * x, KNOWN, *given()) == "renews"
    assert convention(lambda x, z: [z * x, x - z * x], KNOWN, *given()) == "both"


def test_code_in_float32_is_recognised():
    assert convention(lambda x, z: (1 - z.float()) * x.float(), KNOWN, *given()) == "renews"


def test_what_follows_none_is_judged_by_the_first():
    assert convention(lambda x, z: x + z, KNOWN, *given()) == "keeps"
    assert convention(lambda x, z: torch.zeros(3, 7), KNOWN, *given()) == "keeps"


def test_the_search_leaves_no_numbers():
    with recorded() as numbers:
        convention(lambda x, z: x - z * x, KNOWN, *given())
    assert numbers == []
