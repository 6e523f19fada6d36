"""Which positions of a result depend on which positions of the inputs, and on which tokens."""

import pytest
import torch
from torch import nn

from grader.checks import Failure, dependencies, reach, recorded

WORDS = torch.tensor([5, 2, 2, 7])


def test_dependencies_tell_which_position_sees_which(draw):
    x = draw(4, 3)
    assert torch.equal(dependencies(lambda x: x.cumsum(1), x) > 0, torch.ones(4, 4).tril() > 0)
    assert torch.equal(dependencies(lambda x: x.roll(1, 1), x) > 0, torch.eye(4).roll(1, 0) > 0)
    with pytest.raises(Failure, match="no gradient"):
        dependencies(lambda x: x.detach(), x)


def summed(ids):
    return ids.cumsum(1).double()


def previous(ids):
    return nn.functional.one_hot(ids.roll(1, 1), 9)


@pytest.mark.parametrize(
    ("function", "due"),
    [
        (summed, torch.ones(4, 4).tril()),
        (previous, torch.eye(4).roll(1, 0)),
        (lambda ids: ids.double().mean(1, keepdim=True), torch.ones(1, 4)),
        (lambda ids: summed(ids.flip(1)).float(), torch.ones(4, 4).tril().flip(1)),
    ],
)
def test_another_token_shows_what_depends_on_it(function, due):
    found = reach(function, WORDS, among=range(2, 9))
    assert torch.equal(found > 0, due > 0) and found.dtype == torch.float64


def test_a_token_is_exchanged_for_one_of_those_that_may_stand_there():
    seen = []
    reach(lambda ids: seen.append(ids) or summed(ids), WORDS, among=[2, 5, 7])
    assert seen[0].tolist() == [
        [5, 2, 2, 7],
        [2, 2, 2, 7],
        [5, 7, 2, 7],
        [5, 2, 7, 7],
        [5, 2, 2, 5],
    ]


def test_other_inputs_stand_before_or_behind_and_are_the_same_for_every_row(draw):
    memory, scale = draw(3, 2), torch.tensor(2.0)

    def decode(memory, ids, scale):
        return summed(ids).unsqueeze(-1) * scale[:, None, None] + memory.sum((1, 2))[:, None, None]

    found = reach(decode, WORDS, memory, scale, among=range(2, 9), place=1)
    assert torch.equal(found > 0, torch.ones(4, 4).tril() > 0)


def test_what_rounding_changes_is_not_an_influence():
    def noisy(ids):
        return ids[:, :1] + 1e-12 * ids.double()

    found = reach(noisy, WORDS, among=range(2, 9))
    assert torch.equal(found > 0, torch.tensor([[True, False, False, False]] * 4))


def test_code_that_reads_no_token_or_has_no_rows_is_told():
    with pytest.raises(Failure, match="Another token changes nothing"):
        reach(lambda ids: torch.ones(5, 4), WORDS, among=range(2, 9))
    with pytest.raises(Failure, match="row for every sequence"):
        reach(lambda ids: summed(ids)[:2], WORDS, among=range(2, 9))
    with pytest.raises(Failure, match="row for every sequence"):
        reach(lambda ids: summed(ids).sum(), WORDS, among=range(2, 9))


def test_its_numbers_are_kept_for_hypotheses():
    with recorded() as numbers:
        found = reach(summed, WORDS, among=range(2, 9))
    assert len(numbers) == 1 and torch.equal(next(iter(numbers)), found)
