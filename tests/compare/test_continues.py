"""Reading in two parts is reading at once, if the state is carried on."""

import pytest
import torch

from grader.checks import Draw, Failure, continues, recorded

RETURNS = ("out (B, T, H)", "h_n (B, H)")


def running_sum(x, h):
    out = x.cumsum(1) + h.unsqueeze(1)
    return out, out[:, -1]


def forgets(x, h):
    out = x.cumsum(1)
    return out, out[:, -1]


def returns_the_first(x, h):
    out = x.cumsum(1) + h.unsqueeze(1)
    return out, out[:, 0]


def in_single(x, h):
    return running_sum(x.float(), h.float())


@pytest.fixture
def given():
    draw = Draw(b"two parts")
    return draw(2, 5, 3), draw(2, 3)


@pytest.mark.parametrize("function", [running_sum, in_single])
def test_a_state_that_is_carried_on_passes(given, function):
    continues(function, *given, at=2, returns=RETURNS)


@pytest.mark.parametrize("function", [forgets, returns_the_first])
def test_a_state_that_is_lost_is_found_where_the_second_part_begins(given, function):
    with pytest.raises(Failure, match=r"two parts of 2 and 3 steps.*`out`.*wrong from 2 on"):
        continues(function, *given, at=2, returns=RETURNS)


def test_its_numbers_are_kept_for_hypotheses(given):
    with recorded() as numbers:
        continues(running_sum, *given, at=2, returns=RETURNS)
    assert [tuple(n.shape) for n in numbers] == [(2, 5, 3), (2, 3), (2, 5, 3), (2, 3)]
    assert numbers.judged == {0, 1, 2, 3}


def test_a_sequence_of_numbers_may_be_read_as_well():
    continues(lambda x, h: (x + h, h), torch.ones(2, 4), torch.ones(()), at=1, returns=RETURNS)
