"""Hidden checks of step_backward; the oracle is torch's own differentiation of a step.

Each gradient is a check of its own, so that a slip in one costs that one.
"""

import torch

from grader.checks import by_hand, call, call_on_each, equal, needs, only, points, pure, question

TAKES = (
    "dh_next (B, H)", "x (B, I)", "h (B, H)", "h_next (B, H)", "weight_ih (H, I)",
    "weight_hh (H, H)",
)  # fmt: skip
RETURNS = {
    "dx": "dx (B, I)",
    "dh": "dh (B, H)",
    "dW_ih": "dW_ih (H, I)",
    "dW_hh": "dW_hh (H, H)",
    "db": "db (H)",
}


class Step:
    """One step: what step_backward is given, and what is due.

    No state comes near 1, where float32 keeps few digits of 1 - h².
    """

    def __init__(self, draw, B, I, H):  # noqa: E741 (the letter that students read)
        leaves = x, h, weight_ih, weight_hh, bias = (
            draw(B, I, scale=0.5), draw(B, H, scale=0.5), draw(H, I, scale=0.5),
            draw(H, H, scale=0.5), draw(H, scale=0.3),
        )  # fmt: skip
        for leaf in leaves:
            leaf.requires_grad_()
        h_next = torch.tanh(x @ weight_ih.T + h @ weight_hh.T + bias)
        dh_next = draw(B, H)
        found = torch.autograd.grad((h_next * dh_next).sum(), leaves)
        self.due = dict(zip(RETURNS, found, strict=True))
        given = (dh_next, x, h, h_next, weight_ih, weight_hh)
        self.given = tuple(tensor.detach() for tensor in given)


def small(draw):
    """Draw a step whose sizes are all different, so that no transpose stays unseen."""
    return Step(draw, *draw.sizes(3, 2, 4))


def found(student, name, step):
    """Return one of the student's gradients, and require its shape."""
    shapes = {RETURNS[name]: step.due[name].shape}
    (gradient,) = call(
        only(student.step_backward, name, list(RETURNS)), *step.given, takes=TAKES, shapes=shapes
    )
    return gradient


def require(student, draw, name, otherwise):
    """Require one of the gradients of a small step."""
    step = small(draw)
    equal(found(student, name, step), step.due[name], otherwise, RETURNS[name])


@question("step_backward")
@points(1)
def test_a_step_passes_back_five_gradients(student, draw):
    """step_backward returns (dx, dh, dW_ih, dW_hh, db), and dx has the shape of x."""
    found(student, "dx", small(draw))


@question("step_backward")
@points(3)
@needs(test_a_step_passes_back_five_gradients)
def test_the_input_gets_its_gradient(student, draw):
    """dx is right: back through tanh, then through weight_ih."""
    require(student, draw, "dx", "Back through tanh and weight_ih")


@question("step_backward")
@points(3)
@needs(test_a_step_passes_back_five_gradients)
def test_the_state_before_gets_its_gradient(student, draw):
    """dh is right: back through tanh, then through weight_hh."""
    require(student, draw, "dh", "Back through tanh and weight_hh")


@question("step_backward")
@points(2)
@needs(test_a_step_passes_back_five_gradients)
def test_weight_ih_gets_its_gradient(student, draw):
    """dW_ih is right: the sum over the batch of what each sequence gives."""
    require(student, draw, "dW_ih", "What weight_ih multiplied was x")


@question("step_backward")
@points(2)
@needs(test_a_step_passes_back_five_gradients)
def test_weight_hh_gets_its_gradient(student, draw):
    """dW_hh is right: the sum over the batch, with the state from which the step came."""
    require(student, draw, "dW_hh", "What weight_hh multiplied was the state before the step")


@question("step_backward")
@points(2)
@needs(test_a_step_passes_back_five_gradients)
def test_the_bias_gets_its_gradient(student, draw):
    """db is right: one number for each feature, summed over the batch."""
    require(student, draw, "db", "The bias acted in every sequence")


@question("step_backward")
@points(1)
@needs(
    test_the_input_gets_its_gradient, test_the_state_before_gets_its_gradient,
    test_weight_ih_gets_its_gradient, test_weight_hh_gets_its_gradient,
    test_the_bias_gets_its_gradient,
)  # fmt: skip
def test_a_step_of_any_sizes_goes_back(student, draw):
    """One sequence or a hundred, one feature, all sizes equal: the gradients are right."""
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = ((1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 3, 3), (1, 1, 1), (many, 2, 3))
    steps = [Step(draw, *each) for each in sizes]
    shapes = [{RETURNS[name]: due.shape for name, due in step.due.items()} for step in steps]
    each = call_on_each(student.step_backward, [s.given for s in steps], shapes, takes=TAKES)
    for (B, I, H), step, gradients in zip(sizes, steps, each, strict=True):  # noqa: E741
        for name, gradient in zip(RETURNS, gradients, strict=True):
            equal(gradient, step.due[name], f"With B={B}, I={I}, H={H}", RETURNS[name])


@question("step_backward")
@points(1)
@needs(test_the_input_gets_its_gradient)
def test_a_step_is_gone_back_by_hand(student, draw):
    """The gradients are computed by products of matrices, not by torch's autograd or by trying."""
    by_hand(student, "step_backward", lambda n: Step(draw, 4, n, n).given)


@question("step_backward")
@points(1)
@needs(test_the_input_gets_its_gradient)
def test_going_back_a_step_leaves_everything_as_it_was(student, draw):
    """No argument is changed in place, and calling again gives the same."""
    pure(student.step_backward, *small(draw).given, takes=TAKES)
