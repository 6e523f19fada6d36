"""Hidden checks of straight_through; the oracle is torch's own rounding, and the identity."""

import torch

from grader.checks import agree, agree_on_each, call, equal, needs, points, pure, question

TAKES = ("x (…)",)
Y = "y (…)"


class StraightThrough(torch.autograd.Function):
    """Round, and pass the gradient on."""

    @staticmethod
    def forward(ctx, x):
        return torch.floor(x + 0.5)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


def oracle(x):
    return StraightThrough.apply(x)


def off_the_halves(draw, *shape):
    """Draw integers from -3 to 3, and add at most 0.4 in size: but nothing that is rounded to 0."""
    return draw.integers(-3, 4, *shape) + 0.1 + 0.3 * draw(*shape).sigmoid()


@question("straight_through")
@points(1)
def test_the_shape_stays(student, draw):
    """The result has the shape of x."""
    call(student.straight_through, off_the_halves(draw, 3, 4), takes=TAKES, shapes={Y: (3, 4)})


@question("straight_through")
@points(4)
@needs(test_the_shape_stays)
def test_the_values_are_rounded(student, draw):
    """Every entry is rounded to the nearest integer, up or down."""
    x = off_the_halves(draw, 20) * (2 * draw.integers(0, 2, 20) - 1)
    (y,) = call(student.straight_through, x, takes=TAKES, shapes={Y: (20,)})
    equal(y, oracle(x), "Rounded to the nearest integer", Y)


@question("straight_through")
@points(7)
@needs(test_the_values_are_rounded)
def test_the_gradient_for_x_is_that_for_y(student, draw):
    """The gradient for x is the gradient for y, unchanged."""
    agree(student.straight_through, oracle, off_the_halves(draw, 5, 3), takes=TAKES, returns=(Y,))


@question("straight_through")
@points(2)
@needs(test_the_values_are_rounded)
def test_x_may_have_any_shape(student, draw):
    """One number without axes, no number at all, four axes, many numbers."""
    (many,) = draw.integers(130, 150, 1).tolist()
    each = [(off_the_halves(draw, *shape),) for shape in ((), (0,), (2, 0), (1, 1, 2, 2), (many,))]
    with torch.no_grad():
        agree_on_each(student.straight_through, oracle, each, takes=TAKES, returns=(Y,))


@question("straight_through")
@points(1)
@needs(test_the_values_are_rounded)
def test_x_stays_as_it_is(student, draw):
    """x is not changed in place."""
    pure(student.straight_through, off_the_halves(draw, 3, 4), takes=TAKES)
