"""Right numbers in the wrong places: the permutation is named, and a view only where it is one."""

import pytest
import torch

from grader.compare.moved import MOST_NUMBERS, moved

LABELS = ["B", "T", "d"]
VIEW = "view() and reshape() do not move axes"


def said(change, *shape) -> str:
    x = torch.randn(*(shape or (2, 5, 12)), generator=torch.Generator().manual_seed(0)).double()
    return f"{moved(change(x).reshape(x.shape), x, LABELS, 1e-9)}"


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.transpose(0, 1),
        lambda x: x.transpose(1, 2),
        lambda x: x.unflatten(2, (3, 4)).transpose(1, 2),  # heads that are not moved back
        lambda x: x.unflatten(2, (4, 3)).permute(2, 0, 1, 3),
    ],
)
def test_where_axes_were_cut_up_and_not_moved_a_view_is_blamed(change):
    assert VIEW in said(change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: x.flip(0), "right but for the order along B, which is reversed"),
        (lambda x: x.flip(1), "right but for the order along T, which is reversed"),
        (lambda x: x.roll(1, 1), "right but for the order along T, which is shifted by 1"),
        (lambda x: x.roll(-2, 1), "right but for the order along T, which is shifted by -2"),
        (lambda x: x[:, [0, 2, 1, 4, 3]], "the order along T, which is 0, 2, 1, 4, 3"),
        (lambda x: x.unflatten(2, (3, 4)).mT, "along d, which is another one"),
        (lambda x: x.flatten().roll(1), "made of the right numbers in the wrong places"),
        (lambda x: x.flip(0, 1), "made of the right numbers in the wrong places"),
        (lambda x: x.flatten().sort().values, "made of the right numbers in the wrong places"),
    ],
)
def test_any_other_permutation_is_named_or_left_open(change, words):
    found = said(change)
    assert found.endswith(words) and VIEW not in found


def test_other_numbers_are_not_called_moved():
    assert said(lambda x: x + 1) == "" == said(lambda x: x * torch.nan)


def test_large_tensors_are_not_searched():
    assert said(lambda x: x.flip(0), 2, MOST_NUMBERS, 1).endswith("in the wrong places")
