"""Hidden checks of clipping; the oracles compute the norm of one long vector, entry by entry.

torch adds 1e-6 to the norm before it divides. So will some students, and it must not matter: the
norms drawn here are 1,000 or more.
"""

from itertools import cycle

import torch

from grader.checks import Failure, call, equal, needs, points, pure, question

SHAPES = ((3, 4), (2,), (1, 2, 3))
MANY = (*SHAPES, *[(2,)] * 47, (70, 60))
NORM = "norm"


def gradients(draw, norm, shapes=SHAPES):
    """Draw tensors that have this norm together, each another share of it."""
    drawn = [size * draw(*shape) for size, shape in zip(cycle((1, 5, 0.3)), shapes, strict=False)]
    length = torch.cat([g.flatten() for g in drawn]).norm()
    return [g * norm / length for g in drawn]


def shapes_of(grads):
    """Return the shape of each clipped gradient, by its name."""
    return {f"clipped[{n}]": g.shape for n, g in enumerate(grads)}


def clipped(student, grads, max_norm):
    """Return what the student makes of gradients, and the norm; require their shapes."""
    shapes = {**shapes_of(grads), NORM: ()}
    takes = ("grads", "max_norm")
    *found, norm = call(student.clip_by_norm, grads, max_norm, takes=takes, shapes=shapes)
    return found, norm


def require(found, due, otherwise):
    """Require equal gradients, one after the other."""
    for name, have, want in zip(shapes_of(due), found, due, strict=True):
        equal(have, want, otherwise, name)


@question("clip_by_norm")
@points(1)
def test_clipping_returns_gradients_and_a_norm(student, draw):
    """clip_by_norm returns (clipped, norm): a gradient of its shape for each, and one number."""
    clipped(student, gradients(draw, 2000.0), 500.0)


@question("clip_by_norm")
@points(2)
@needs(test_clipping_returns_gradients_and_a_norm)
def test_the_norm_is_that_of_all_gradients_before(student, draw):
    """norm is the root of the sum of all squares, in all tensors, before clipping."""
    dues = (1000 + 1000 * draw(2).abs()).tolist()
    for due, max_norm in zip(dues, (500.0, 1e5), strict=True):
        _, norm = clipped(student, gradients(draw, due), max_norm)
        equal(norm, torch.tensor(due, dtype=torch.float64), "Of all entries together", NORM)


@question("clip_by_norm")
@points(3)
@needs(test_clipping_returns_gradients_and_a_norm)
def test_long_gradients_are_shortened_in_their_direction(student, draw):
    """Gradients longer than max_norm are all multiplied by max_norm / norm."""
    more, max_norm = (1000 + 1000 * draw(2).abs()).tolist()
    for shapes in (SHAPES, MANY):
        grads = gradients(draw, max_norm + more, shapes)
        found, _ = clipped(student, grads, max_norm)
        due = [g * max_norm / (max_norm + more) for g in grads]
        require(found, due, "Longer than max_norm")


@question("clip_by_norm")
@points(1)
@needs(test_clipping_returns_gradients_and_a_norm)
def test_short_gradients_stay_as_they_are(student, draw):
    """Gradients that are shorter than max_norm, or just as long, come back unchanged."""
    for norm, max_norm in ((1200.0, 3000.0), (1200.0, 1200.0)):
        grads = gradients(draw, norm)
        found, _ = clipped(student, grads, max_norm)
        require(found, grads, f"With a norm of {norm:g} and max_norm={max_norm:g}")


@question("clip_by_norm")
@points(1)
@needs(test_long_gradients_are_shortened_in_their_direction)
def test_gradients_of_zero_stay_zero(student, draw):
    """Where all gradients are 0, they stay 0, and the norm is 0: no 0/0."""
    zeros = [torch.zeros(*shape) for shape in SHAPES]
    found, norm = clipped(student, zeros, 1.0)
    require(found, zeros, "With gradients of 0")
    equal(norm, torch.tensor(0.0), "With gradients of 0", NORM)


@question("clip_by_norm")
@points(1)
@needs(test_long_gradients_are_shortened_in_their_direction)
def test_a_missing_gradient_stays_missing(student, draw):
    """None in the place of a gradient stays None, and counts nothing."""

    def clip_by_norm(grads, max_norm):
        first, *others = grads
        result = student.clip_by_norm([first, None, *others, None], max_norm)
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise Failure("clip_by_norm returns (clipped, norm), also where a gradient is None.")
        found, norm = result
        if not isinstance(found, tuple | list) or len(found) != 5:
            raise Failure("Of 5 gradients, two of which are None, clipped has not 5 places.")
        if found[1] is not None or found[4] is not None:
            raise Failure("Where a gradient is None, clipped holds something else.")
        return [found[0], *found[2:4]], norm

    grads = gradients(draw, 2000.0)
    shapes = {**shapes_of(grads), NORM: ()}
    takes = ("grads", "max_norm")
    *found, norm = call(clip_by_norm, grads, 500.0, takes=takes, shapes=shapes)
    require(found, [g / 4 for g in grads], "Beside a missing gradient")
    equal(norm, torch.tensor(2000.0), "Beside a missing gradient", NORM)


@question("clip_by_norm")
@points(1)
@needs(test_long_gradients_are_shortened_in_their_direction)
def test_clipping_makes_new_gradients(student, draw):
    """The gradients that are given stay as they are, and calling again gives the same."""

    def clip_by_norm(*grads):
        return student.clip_by_norm(list(grads), 500.0)

    pure(clip_by_norm, *gradients(draw, 2000.0), takes=("grads[0]", "grads[1]", "grads[2]"))


@question("clip_by_value")
@points(3)
def test_every_entry_is_cut_on_both_sides(student, draw):
    """Entries beyond limit become limit, those below -limit become -limit, the rest stay."""
    limit = 1 + float(draw(1).abs())
    low, high = torch.tensor(-limit), torch.tensor(limit)
    for shapes in (SHAPES, MANY):
        grads = [3 * draw(*shape) for shape in shapes]
        grads[0][0, 0], grads[0][0, 1], grads[0][0, 2] = 5.0, -5.0, 0.25
        takes, due = ("grads", "limit"), shapes_of(grads)
        found = call(student.clip_by_value, grads, limit, takes=takes, shapes=due)
        require(found, [g.maximum(low).minimum(high) for g in grads],
                "Into the range from -limit to limit")  # fmt: skip


@question("clip_by_value")
@points(1)
@needs(test_every_entry_is_cut_on_both_sides)
def test_clipping_by_value_makes_new_gradients(student, draw):
    """The gradients that are given stay as they are, and calling again gives the same."""

    def clip_by_value(*grads):
        return student.clip_by_value(list(grads), 0.1)

    pure(clip_by_value, *(draw(*shape) for shape in SHAPES), takes=("grads[0]", "grads[1]"))
