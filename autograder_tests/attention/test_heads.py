"""Hidden checks of split_heads and merge_heads; the oracle is made of slices."""

from functools import partial

import torch

from grader.checks import agree, call, needs, points, question

split_agrees = partial(
    agree, takes=("x (B, T, d_model)", "num_heads"), returns=("heads (B, H, T, d_head)",)
)
merge_agrees = partial(agree, takes=("x (B, H, T, d_head)",), returns=("merged (B, T, d_model)",))


def slices(x, num_heads):
    """Return the features of each head, cut out one head at a time."""
    return torch.stack(x.tensor_split(num_heads, dim=-1), dim=1)  # (B, H, T, d_head)


def side_by_side(x):
    """Return the heads put next to each other, one head at a time."""
    return torch.cat(x.unbind(dim=1), dim=-1)  # (B, T, H·d_head)


@question("split_heads")
@points(1)
def test_heads_stand_in_front_of_positions(student, draw):
    """The heads get an axis of their own, in front of the positions."""
    call(student.split_heads, draw(2, 5, 12), 3, shapes={"heads (B, H, T, d_head)": (2, 3, 5, 4)})


@question("split_heads")
@points(6)
@needs(test_heads_stand_in_front_of_positions)
def test_every_head_gets_its_slice_of_the_features(student, draw):
    """Head h holds the h-th slice of the features of every position, and passes gradients back."""
    split_agrees(student.split_heads, slices, draw(2, 5, 12), 3)
    split_agrees(student.split_heads, slices, draw(3, 4, 10), 2)


@question("split_heads")
@points(3)
@needs(test_every_head_gets_its_slice_of_the_features)
def test_split_heads_takes_any_sizes(student, draw):
    """One sequence, one position, one head, one feature a head, and all sizes equal will do."""
    for B, T, d_model, H in (
        (1, 5, 12, 3),
        (2, 1, 12, 3),
        (2, 5, 6, 1),
        (2, 5, 6, 6),
        (3, 3, 9, 3),
    ):
        split_agrees(student.split_heads, slices, draw(B, T, d_model), H)


@question("merge_heads")
@points(1)
def test_merge_heads_makes_one_axis_of_features(student, draw):
    """Every position gets one vector, with the features of all heads."""
    call(student.merge_heads, draw(2, 3, 5, 4), shapes={"merged (B, T, d_model)": (2, 5, 12)})


@question("merge_heads")
@points(6)
@needs(test_merge_heads_makes_one_axis_of_features)
def test_features_of_all_heads_lie_side_by_side(student, draw):
    """A position gets the features of head 0, then of head 1, …, and passes gradients back."""
    merge_agrees(student.merge_heads, side_by_side, draw(2, 3, 5, 4))
    merge_agrees(student.merge_heads, side_by_side, draw(3, 2, 4, 5))


@question("merge_heads")
@points(3)
@needs(test_features_of_all_heads_lie_side_by_side)
def test_merge_heads_takes_any_sizes(student, draw):
    """One sequence, one head, one position, one feature a head, and all sizes equal will do."""
    for shape in ((1, 3, 5, 4), (2, 1, 5, 4), (2, 3, 1, 4), (2, 3, 5, 1), (3, 3, 3, 3)):
        merge_agrees(student.merge_heads, side_by_side, draw(*shape))
