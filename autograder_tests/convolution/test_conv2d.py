"""Hidden checks of conv2d; the oracle is torch's own layer.

Each of its options is a check of its own: without bias, padding, stride, and a stride that does
not divide. A wrong output_size, or cross_correlate, costs nothing here.
"""

import torch
from torch.nn import functional as F

from grader.checks import (
    Failure,
    agree_on_each,
    assuming,
    call,
    needs,
    operators,
    points,
    pure,
    question,
)

TAKES = ("x (B, C, H, W)", "w (O, C, K, L)", "b (O)", "stride", "padding")
RETURNS = ("out (B, O, H', W')",)

with_right_parts = assuming(
    output_size="""
def output_size(size, kernel, padding=0, stride=1):
    return len(range(0, size + 2 * padding - kernel + 1, stride))
""",
    cross_correlate="""
def cross_correlate(x, k):
    windows = x.unfold(0, k.shape[0], 1).unfold(1, k.shape[1], 1)
    return (windows * k).sum((-2, -1))
""",
)


def pictures(draw, B=2, C=3, H=8, W=9, O=5, K=2, L=4):  # noqa: E741 (the letters of students)
    """Draw a batch of pictures, kernels and biases."""
    return draw(B, C, H, W), draw(O, C, K, L), draw(O)


def require(student, each):
    """Require equal results and, outside of torch.no_grad(), gradients."""
    agree_on_each(student.conv2d, F.conv2d, each, takes=TAKES, returns=RETURNS)


@question("conv2d")
@points(1)
@with_right_parts
def test_a_picture_has_a_number_for_each_kernel_and_place(student, draw):
    """The result is (B, O, H - K + 1, W - L + 1): the channels are those of the kernels."""
    given = pictures(draw)
    call(student.conv2d, *given, takes=TAKES, shapes={RETURNS[0]: F.conv2d(*given).shape})


@question("conv2d")
@points(5)
@needs(test_a_picture_has_a_number_for_each_kernel_and_place)
@with_right_parts
def test_channels_of_a_picture_are_added_up(student, draw):
    """Each output channel is the sum of all input channels, each under its part of the kernel."""
    # Hint: Take one picture of 2 × 3 with two channels, and a kernel of 2 × 2 with powers of ten:
    #   1, 10, 100, 1000 in one channel, zeros in the other. Read off which number each entry has
    #   met.
    # Hint: Then exchange the two channels of the kernel. If now nothing changes, look at how
    #   channels are added up.
    x, w, b = pictures(draw, W=8)  # W' = O: a bias on the wrong axis raises no error, and is 0
    with torch.no_grad():
        require(student, [(x, w, torch.zeros_like(b))])


@question("conv2d")
@points(2)
@needs(test_channels_of_a_picture_are_added_up)
@with_right_parts
def test_the_bias_of_a_picture_belongs_to_the_output_channel(student, draw):
    """Each output channel has its bias, added once."""
    with torch.no_grad():
        require(student, [pictures(draw, W=8), pictures(draw)])


@question("conv2d")
@points(1)
@needs(test_channels_of_a_picture_are_added_up)
@with_right_parts
def test_a_picture_may_have_no_bias(student, draw):
    """Where b is None, nothing is added."""
    x, w, _ = pictures(draw)
    with torch.no_grad():
        require(student, [(x, w, None)])


@question("conv2d")
@points(2)
@needs(test_channels_of_a_picture_are_added_up)
@with_right_parts
def test_a_picture_is_padded_on_all_four_sides(student, draw):
    """With padding, there are so many rows and columns of zeros on all four sides."""
    with torch.no_grad():
        require(student, [(*pictures(draw), 1, 1), (*pictures(draw, K=4, L=3), 1, 2)])


@question("conv2d")
@points(2)
@needs(test_channels_of_a_picture_are_added_up)
@with_right_parts
def test_a_picture_is_gone_through_in_steps(student, draw):
    """With a stride that divides, the kernel moves so far at each step, down and across."""
    with torch.no_grad():
        each = [(*pictures(draw, W=12), 2, 0), (*pictures(draw, H=11, W=10), 3, 0)]
        require(student, each)


@question("conv2d")
@points(1)
@needs(test_a_picture_is_gone_through_in_steps)
@with_right_parts
def test_what_is_left_of_a_picture_is_left_out(student, draw):
    """Where the stride does not divide, the rest is left out; it may be longer than the kernel."""
    each = [(*pictures(draw, H=9, W=13), 2, 0), (*pictures(draw, H=9, W=12), 3, 0)]
    each += [(*pictures(draw, H=9, W=11), 6, 0), (*pictures(draw, K=1, L=1), 3, 0)]
    with torch.no_grad():
        require(student, each)


@question("conv2d")
@points(2)
@needs(test_channels_of_a_picture_are_added_up)
@with_right_parts
def test_gradients_reach_picture_kernels_and_biases(student, draw):
    """Gradients reach x, w and b."""
    require(student, [pictures(draw), (*pictures(draw), 2, 1)])


@question("conv2d")
@points(1)
@needs(
    test_the_bias_of_a_picture_belongs_to_the_output_channel,
    test_a_picture_is_padded_on_all_four_sides, test_a_picture_is_gone_through_in_steps,
)  # fmt: skip
@with_right_parts
def test_a_picture_of_any_sizes_is_read(student, draw):
    """One picture, channel or place, all sizes equal, more padding than kernel: all will do."""
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = (
        (2, 3, 5, 6, 1, 2, 3), (1, 3, 5, 6, 4, 2, 3), (2, 1, 6, 5, 4, 3, 2), (2, 3, 4, 5, 2, 4, 5),
        (3, 3, 3, 3, 3, 3, 3), (3, 3, 5, 5, 3, 3, 3), (2, 3, 4, 5, 4, 1, 1), (1, 1, 1, 1, 1, 1, 1),
        (2, 3, 1, 6, 4, 1, 3), (many, 2, 4, 3, 2, 2, 2),
    )  # fmt: skip
    each = [pictures(draw, *size) for size in sizes]
    each += [(*pictures(draw, K=2, L=1), 2, 3), (*pictures(draw, H=1, W=2, K=3), 1, 2)]
    with torch.no_grad():
        require(student, each)


@question("conv2d")
@points(2)
@needs(test_channels_of_a_picture_are_added_up)
@with_right_parts
def test_pictures_are_gone_through_at_once(student, draw):
    """More pictures, channels or kernels take no more operators: they are gone through at once."""
    few = operators(student, "conv2d", *pictures(draw, 2, 2, 4, 3, 2, 2, 2))
    for what, (B, C, O) in {"B": (8, 2, 2), "C": (2, 8, 2), "O": (2, 2, 8)}.items():  # noqa: E741
        more = operators(student, "conv2d", *pictures(draw, B, C, 4, 3, O, 2, 2))
        if more > few:
            raise Failure(
                f"With {what}=8, conv2d runs {more / few:.1f} × the operators that it runs with "
                f"{what}=2: there is a loop over this axis."
            )


@question("conv2d")
@points(1)
@needs(test_channels_of_a_picture_are_added_up)
@with_right_parts
def test_reading_a_picture_leaves_everything_as_it_was(student, draw):
    """No argument is changed in place, and calling again gives the same."""
    pure(student.conv2d, *pictures(draw), takes=TAKES)
