"""Hidden checks of conv2d_backward; the oracle is torch's own differentiation of its own layer.

Each gradient is a check of its own, and so is each option. dx without padding stands apart from dx
with padding: of 72 solutions found on the web, 28 are wrong there and nowhere else.
"""

import torch
from torch.nn import functional as F

from grader.checks import (
    Failure,
    assuming,
    by_hand,
    call,
    call_on_each,
    equal,
    needs,
    only,
    points,
    pure,
    question,
)

TAKES = ("dout (B, O, H', W')", "x (B, C, H, W)", "w (O, C, K, L)", "stride", "padding")
RETURNS = {"dx": "dx (B, C, H, W)", "dw": "dw (O, C, K, L)", "db": "db (O)"}

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
    conv2d="""
from torch.nn.functional import pad

def conv2d(x, w, b, stride=1, padding=0):
    windows = pad(x, 4 * (padding,)).unfold(2, w.shape[2], stride).unfold(3, w.shape[3], stride)
    out = (windows.unsqueeze(1) * w[:, :, None, None]).sum((2, -2, -1))
    return out if b is None else out + b.reshape(-1, 1, 1)
""",
)


class Layer:
    """A layer that was gone through: what conv2d_backward is given, and what is due.

    Pictures and kernels are not square, and no two sizes but B and K agree.
    """

    def __init__(self, draw, stride=1, padding=0, B=2, C=3, H=7, W=9, O=5, K=2, L=4):  # noqa: E741
        leaves = x, w, b = draw(B, C, H, W), draw(O, C, K, L), draw(O)
        for leaf in leaves:
            leaf.requires_grad_()
        with torch.enable_grad():
            out = F.conv2d(x, w, b, stride, padding)
        dout = draw(*out.shape)
        self.due = dict(zip(RETURNS, torch.autograd.grad(out, leaves, dout), strict=True))
        self.given = (dout, x.detach(), w.detach(), stride, padding)
        self.said = f"With stride {stride} and padding {padding}"


def require(student, name, layer, otherwise):
    """Require one of the three gradients, and its shape."""
    one = only(student.conv2d_backward, name, list(RETURNS))
    shapes = {RETURNS[name]: layer.due[name].shape}
    (gradient,) = call(one, *layer.given, takes=TAKES, shapes=shapes)
    equal(gradient, layer.due[name], f"{layer.said}, {otherwise}", RETURNS[name])


@question("conv2d_backward")
@points(1)
@with_right_parts
def test_three_gradients_come_back(student, draw):
    """conv2d_backward returns (dx, dw, db), in this order; dx has the four axes of x."""
    with torch.no_grad():
        dx = only(student.conv2d_backward, "dx", list(RETURNS))(*Layer(draw).given)
    if not isinstance(dx, torch.Tensor) or dx.dim() != 4:
        raise Failure("The first of the three is dx, and it has the four axes of x.")


@question("conv2d_backward")
@points(3)
@needs(test_three_gradients_come_back)
@with_right_parts
def test_the_bias_has_acted_everywhere(student, draw):
    """db is right: for each output channel, the sum over all pictures and all places."""
    require(student, "db", Layer(draw), "summed over pictures and places")


@question("conv2d_backward")
@points(3)
@needs(test_three_gradients_come_back)
@with_right_parts
def test_the_kernel_gets_its_gradient(student, draw):
    """dw is right: each weight collects what it has met, at all places and in all pictures."""
    # Hint: Let dout be 0 but for a single 1, at place (r, s). Then dw is the window of the picture
    #   at that place. Is yours?
    # Hint: Move the 1 to another picture of the batch, and to another output channel: which part of
    #   dw should change?
    require(student, "dw", Layer(draw), "summed over pictures and places")


@question("conv2d_backward")
@points(2)
@needs(test_the_kernel_gets_its_gradient)
@with_right_parts
def test_the_kernel_has_met_the_padding(student, draw):
    """dw is right with padding: what the kernel has met is the padded picture."""
    require(student, "dw", Layer(draw, padding=1), "the kernel has met the padded picture")


@question("conv2d_backward")
@points(2)
@needs(test_the_kernel_gets_its_gradient)
@with_right_parts
def test_the_kernel_has_moved_in_steps(student, draw):
    """dw is right with a stride: what the kernel has met lies so far apart."""
    require(student, "dw", Layer(draw, 2, H=8, W=12), "what a weight has met lies so far apart")


@question("conv2d_backward")
@points(5)
@needs(test_three_gradients_come_back)
@with_right_parts
def test_the_picture_gets_its_gradient(student, draw):
    """dx is right with padding: each number collects from all windows that have covered it."""
    # Hint: Let dout be 0 but for a single 1. Then dx shows the kernel, at the place of that window,
    #   less the rim. Is it at the right place, and the right way round?
    # Hint: Let dout have two 1s, side by side: where windows overlap, both should add up.
    # Hint: If it is right with a padding of 0 and wrong with 1, look at how you cut off the rim.
    require(student, "dx", Layer(draw, padding=1), "summed over the windows that have covered it")


@question("conv2d_backward")
@points(5)
@needs(test_three_gradients_come_back)
@with_right_parts
def test_without_padding_nothing_is_cut_off(student, draw):
    """dx is right without padding, where there is no rim to cut off: a slice 0:-0 is empty."""
    require(student, "dx", Layer(draw), "summed over the windows that have covered it")


@question("conv2d_backward")
@points(3)
@needs(test_the_picture_gets_its_gradient)
@with_right_parts
def test_windows_that_lie_apart_pass_back(student, draw):
    """dx is right with a stride that divides: places of dout lie so far apart in the picture."""
    # Hint: With a stride of 2 and a single 1 in dout, at (1, 0): at which row of the padded picture
    #   does its window begin?
    layer = Layer(draw, 2, 1, H=8, W=12)
    require(student, "dx", layer, "the places of `dout` lie so far apart in the picture")


@question("conv2d_backward")
@points(1)
@needs(test_windows_that_lie_apart_pass_back, test_the_kernel_has_moved_in_steps)
@with_right_parts
def test_what_no_window_has_reached_gets_zero(student, draw):
    """Where the stride does not divide, what no window has reached has a gradient of 0 in dx."""
    for layer in (Layer(draw, 3, 1, H=8, W=13), Layer(draw, 4, 1, H=11, W=12)):
        for name in ("dx", "dw"):
            require(student, name, layer, "which does not divide")


@question("conv2d_backward")
@points(1)
@needs(
    test_the_bias_has_acted_everywhere, test_the_kernel_has_met_the_padding,
    test_the_kernel_has_moved_in_steps, test_without_padding_nothing_is_cut_off,
    test_windows_that_lie_apart_pass_back,
)  # fmt: skip
@with_right_parts
def test_pictures_of_any_sizes_go_back(student, draw):
    """One picture, channel or place, sizes all equal, long strides, wide padding: all are right."""
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = (
        (1, 0, 1, 3, 4, 5, 2, 3, 2), (1, 0, 2, 1, 4, 5, 1, 2, 3), (1, 0, 2, 3, 4, 5, 2, 4, 5),
        (1, 0, 3, 3, 3, 3, 3, 3, 3), (1, 1, 3, 3, 5, 5, 3, 3, 3), (1, 0, 2, 3, 3, 4, 2, 1, 1),
        (1, 0, 1, 1, 1, 1, 1, 1, 1), (1, 3, 2, 3, 3, 4, 2, 2, 1), (2, 2, 2, 2, 5, 4, 3, 1, 2),
        (4, 0, 2, 2, 10, 11, 3, 2, 3), (5, 0, 2, 2, 7, 2, 3, 2, 2), (1, 0, many, 2, 3, 3, 2, 2, 2),
    )  # fmt: skip
    layers = [Layer(draw, *size) for size in sizes]
    shapes = [{RETURNS[name]: due.shape for name, due in layer.due.items()} for layer in layers]
    given = [layer.given for layer in layers]
    each = call_on_each(student.conv2d_backward, given, shapes, takes=TAKES)
    for layer, size, gradients in zip(layers, sizes, each, strict=True):
        letters = ", ".join(f"{n}={v}" for n, v in zip("BCHWOKL", size[2:], strict=True))
        for name, gradient in zip(RETURNS, gradients, strict=True):
            equal(gradient, layer.due[name], f"{layer.said}, and {letters}", RETURNS[name])


@question("conv2d_backward")
@points(1)
@needs(test_the_kernel_gets_its_gradient, test_the_picture_gets_its_gradient)
@with_right_parts
def test_a_picture_is_gone_back_by_hand(student, draw):
    """The gradients are computed by products and sums, not by torch's autograd or by trying."""
    by_hand(student, "conv2d_backward", lambda n: Layer(draw, 1, 1, 2, n, 4, 3, n, 2, 2).given)


@question("conv2d_backward")
@points(1)
@needs(test_the_kernel_gets_its_gradient)
@with_right_parts
def test_going_back_leaves_everything_as_it_was(student, draw):
    """No argument is changed in place, and calling again gives the same."""
    dout, x, w, *_ = Layer(draw).given
    pure(student.conv2d_backward, dout, x, w, takes=TAKES[:3])
