"""Hidden checks of cross_correlate and convolve; the oracle is torch's own operator.

Pictures and kernels are not square, and the kernel is once the wider of two and once the higher.
"""

import torch
from torch.nn import functional as F

from grader.checks import agree_on_each, assuming, call, needs, points, pure, question

TAKES = ("x (H, W)", "k (K, L)")
RETURNS = ("out (H', W')",)
SIZES = ((5, 9, 2, 3), (9, 5, 3, 2))
"""H, W, K and L: no two of them agree, nor do the sizes of the result, 4 and 7."""
OTHERS = (
    (4, 6, 4, 6), (3, 5, 1, 1), (1, 7, 1, 3), (7, 1, 3, 1), (6, 6, 2, 2), (5, 5, 5, 1),
    (4, 4, 4, 4), (1, 1, 1, 1),
)  # fmt: skip

with_a_right_correlation = assuming(
    cross_correlate="""
def cross_correlate(x, k):
    windows = x.unfold(0, k.shape[0], 1).unfold(1, k.shape[1], 1)
    return (windows * k).sum((-2, -1))
"""
)


def correlated(x, k):
    """Correlate one picture with one kernel."""
    return F.conv2d(x[None, None], k[None, None])[0, 0]


def convolved(x, k):
    """Correlate with the kernel turned by 180°."""
    return correlated(x, torch.rot90(k, 2))


def pairs(draw, sizes=SIZES):
    """Draw a picture and a kernel for each of these sizes."""
    return [(draw(H, W), draw(K, L)) for H, W, K, L in sizes]


def require(function, oracle, each):
    """Require equal results and, outside of torch.no_grad(), gradients."""
    agree_on_each(function, oracle, each, takes=TAKES, returns=RETURNS)


@question("cross_correlate")
@points(1)
def test_a_correlation_has_a_number_for_each_place(student, draw):
    """The result is (H - K + 1, W - L + 1): one number for each place where the kernel fits."""
    for x, k in pairs(draw):
        due = correlated(x, k).shape
        call(student.cross_correlate, x, k, takes=TAKES, shapes={RETURNS[0]: due})


@question("cross_correlate")
@points(5)
@needs(test_a_correlation_has_a_number_for_each_place)
def test_the_kernel_meets_the_window_entry_by_entry(student, draw):
    """Each number is the sum of the window times the kernel, (1, 1) with (1, 1)."""
    with torch.no_grad():
        require(student.cross_correlate, correlated, pairs(draw))


@question("cross_correlate")
@points(3)
@needs(test_the_kernel_meets_the_window_entry_by_entry)
def test_gradients_reach_picture_and_kernel(student, draw):
    """Gradients reach the picture and the kernel."""
    require(student.cross_correlate, correlated, pairs(draw))


@question("cross_correlate")
@points(2)
@needs(test_the_kernel_meets_the_window_entry_by_entry)
def test_a_correlation_takes_any_sizes(student, draw):
    """A kernel of one entry or as large as the picture, one row or column, and squares will do."""
    (many,) = draw.integers(130, 150, 1).tolist()
    with torch.no_grad():
        require(student.cross_correlate, correlated, pairs(draw, (*OTHERS, (many, 3, 2, 2))))


@question("cross_correlate")
@points(1)
@needs(test_the_kernel_meets_the_window_entry_by_entry)
def test_a_correlation_leaves_everything_as_it_was(student, draw):
    """Neither picture nor kernel is changed in place, and calling again gives the same."""
    pure(student.cross_correlate, *pairs(draw)[0], takes=TAKES)


@question("convolve")
@points(1)
@with_a_right_correlation
def test_a_convolution_has_a_number_for_each_place(student, draw):
    """The result is (H - K + 1, W - L + 1), as that of a correlation."""
    for x, k in pairs(draw):
        due = convolved(x, k).shape
        call(student.convolve, x, k, takes=TAKES, shapes={RETURNS[0]: due})


@question("convolve")
@points(5)
@needs(test_a_convolution_has_a_number_for_each_place)
@with_a_right_correlation
def test_the_kernel_meets_the_window_turned_round(student, draw):
    """Each number is the sum of the window times the kernel turned by 180°."""
    with torch.no_grad():
        require(student.convolve, convolved, pairs(draw))


@question("convolve")
@points(2)
@needs(test_the_kernel_meets_the_window_turned_round)
@with_a_right_correlation
def test_gradients_reach_what_is_convolved(student, draw):
    """Gradients reach the picture and the kernel."""
    require(student.convolve, convolved, pairs(draw))


@question("convolve")
@points(1)
@needs(test_the_kernel_meets_the_window_turned_round)
@with_a_right_correlation
def test_a_convolution_takes_any_sizes(student, draw):
    """A kernel of one entry or as large as the picture, one row or column, and squares will do."""
    (many,) = draw.integers(130, 150, 1).tolist()
    with torch.no_grad():
        require(student.convolve, convolved, pairs(draw, (*OTHERS, (many, 3, 2, 2))))


@question("convolve")
@points(1)
@needs(test_the_kernel_meets_the_window_turned_round)
@with_a_right_correlation
def test_a_convolution_leaves_everything_as_it_was(student, draw):
    """Neither picture nor kernel is changed in place, and calling again gives the same."""
    pure(student.convolve, *pairs(draw)[0], takes=TAKES)
