"""Hidden checks of conv1d; the oracle is torch's own layer.

Each of its options is a check of its own: without bias, padding, stride, and a stride that does
not divide. A wrong output_size costs nothing here.
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

TAKES = ("x (B, C, N)", "w (O, C, K)", "b (O)", "stride", "padding")
RETURNS = ("out (B, O, N')",)

with_a_right_size = assuming(
    output_size="""
def output_size(size, kernel, padding=0, stride=1):
    return len(range(0, size + 2 * padding - kernel + 1, stride))
"""
)


def signals(draw, B=2, C=3, N=9, O=5, K=4):  # noqa: E741 (the letter that students read)
    """Draw a batch of signals, kernels and biases."""
    return draw(B, C, N), draw(O, C, K), draw(O)


def require(student, each):
    """Require equal results and, outside of torch.no_grad(), gradients."""
    agree_on_each(student.conv1d, F.conv1d, each, takes=TAKES, returns=RETURNS)


@question("conv1d")
@points(1)
@with_a_right_size
def test_a_signal_has_a_number_for_each_kernel_and_place(student, draw):
    """The result is (B, O, N - K + 1): the channels are those of the kernels."""
    given = signals(draw)
    call(student.conv1d, *given, takes=TAKES, shapes={RETURNS[0]: F.conv1d(*given).shape})


@question("conv1d")
@points(3)
@needs(test_a_signal_has_a_number_for_each_kernel_and_place)
@with_a_right_size
def test_channels_of_a_signal_are_added_up(student, draw):
    """Each output channel is the sum of all input channels, each under its part of the kernel."""
    x, w, b = signals(draw, N=8)  # N' = O: a bias on the wrong axis raises no error, and is 0
    with torch.no_grad():
        require(student, [(x, w, torch.zeros_like(b))])


@question("conv1d")
@points(2)
@needs(test_channels_of_a_signal_are_added_up)
@with_a_right_size
def test_the_bias_of_a_signal_belongs_to_the_output_channel(student, draw):
    """Each output channel has its bias, added once."""
    with torch.no_grad():
        require(student, [signals(draw, N=8), signals(draw)])


@question("conv1d")
@points(1)
@needs(test_channels_of_a_signal_are_added_up)
@with_a_right_size
def test_a_signal_may_have_no_bias(student, draw):
    """Where b is None, nothing is added."""
    x, w, _ = signals(draw)
    with torch.no_grad():
        require(student, [(x, w, None)])


@question("conv1d")
@points(1)
@needs(test_channels_of_a_signal_are_added_up)
@with_a_right_size
def test_a_signal_is_padded_at_both_ends(student, draw):
    """With padding, there are so many zeros at both ends."""
    with torch.no_grad():
        require(student, [(*signals(draw), 1, 1), (*signals(draw), 1, 3)])


@question("conv1d")
@points(1)
@needs(test_channels_of_a_signal_are_added_up)
@with_a_right_size
def test_a_signal_is_gone_through_in_steps(student, draw):
    """With a stride that divides, the kernel moves so far at each step."""
    with torch.no_grad():
        require(student, [(*signals(draw, N=10), 2, 0), (*signals(draw, N=13), 3, 0)])


@question("conv1d")
@points(1)
@needs(test_a_signal_is_gone_through_in_steps)
@with_a_right_size
def test_what_is_left_of_a_signal_is_left_out(student, draw):
    """Where the stride does not divide, the rest is left out; it may be longer than the kernel."""
    each = [(*signals(draw, N=N), stride, 0) for N, stride in ((9, 2), (12, 3), (12, 5), (6, 9))]
    with torch.no_grad():
        require(student, each)


@question("conv1d")
@points(1)
@needs(test_channels_of_a_signal_are_added_up)
@with_a_right_size
def test_gradients_reach_signal_kernels_and_biases(student, draw):
    """Gradients reach x, w and b."""
    require(student, [signals(draw), (*signals(draw, N=8), 2, 1)])


@question("conv1d")
@points(1)
@needs(
    test_the_bias_of_a_signal_belongs_to_the_output_channel, test_a_signal_is_padded_at_both_ends,
    test_a_signal_is_gone_through_in_steps,
)  # fmt: skip
@with_a_right_size
def test_a_signal_of_any_sizes_is_read(student, draw):
    """One signal, channel or place, all sizes equal, more padding than kernel: all will do."""
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = (
        (1, 3, 7, 4, 2), (2, 1, 7, 4, 2), (2, 3, 7, 1, 2), (2, 3, 4, 2, 4), (3, 3, 3, 3, 3),
        (2, 3, 5, 4, 1), (1, 1, 1, 1, 1), (many, 2, 5, 2, 2),
    )  # fmt: skip
    each = [signals(draw, *size) for size in sizes]
    each += [(*signals(draw, K=2), 2, 3), (*signals(draw, N=2), 1, 1)]
    with torch.no_grad():
        require(student, each)


@question("conv1d")
@points(1)
@needs(test_channels_of_a_signal_are_added_up)
@with_a_right_size
def test_signals_are_gone_through_at_once(student, draw):
    """More signals, channels or kernels take no more operators: they are gone through at once."""
    few = operators(student, "conv1d", *signals(draw, 2, 2, 6, 2, 3))
    for what, size in {"B": (8, 2, 6, 2, 3), "C": (2, 8, 6, 2, 3), "O": (2, 2, 6, 8, 3)}.items():
        more = operators(student, "conv1d", *signals(draw, *size))
        if more > few:
            raise Failure(
                f"With {what}=8, conv1d runs {more / few:.1f} × the operators that it runs with "
                f"{what}=2: there is a loop over this axis."
            )


@question("conv1d")
@points(1)
@needs(test_channels_of_a_signal_are_added_up)
@with_a_right_size
def test_reading_a_signal_leaves_everything_as_it_was(student, draw):
    """No argument is changed in place, and calling again gives the same."""
    pure(student.conv1d, *signals(draw), takes=TAKES)
