"""Hidden checks of rnn_backward; the oracle is torch's own differentiation of the whole sequence.

A slip in the step costs nothing here: `step_backward` is taken as right. Each gradient is a check
of its own, and all but one have no gradient for the last state besides that of its output.
"""

import torch

from grader.checks import (
    assuming,
    by_hand,
    call,
    call_on_each,
    equal,
    linear_cost,
    needs,
    only,
    points,
    pure,
    question,
)

TAKES = (
    "dout (B, T, H)", "dh_n (B, H)", "x (B, T, I)", "h_0 (B, H)", "out (B, T, H)",
    "weight_ih (H, I)", "weight_hh (H, H)",
)  # fmt: skip
RETURNS = {
    "dx": "dx (B, T, I)",
    "dh_0": "dh_0 (B, H)",
    "dW_ih": "dW_ih (H, I)",
    "dW_hh": "dW_hh (H, H)",
    "db": "db (H)",
}

with_a_right_step = assuming(
    step_backward="""
import torch

def step_backward(dh_next, x, h, h_next, weight_ih, weight_hh):
    dz = torch.addcmul(dh_next, dh_next, h_next.square(), value=-1)
    by_step = dz.mT @ x, dz.mT @ h, dz.sum(0)
    return torch.mm(dz, weight_ih), torch.mm(dz, weight_hh), *by_step
"""
)


class Sequence:
    """A sequence that was read: what rnn_backward is given, and what is due.

    Its weight_hh hardly shrinks or stretches, so that early steps count as much as late ones. No
    state comes near 1, where float32 keeps few digits of 1 - h².
    """

    def __init__(self, draw, B, T, I, H, last=False, outputs=True):  # noqa: E741
        leaves = x, h_0, weight_ih, weight_hh, bias = (
            draw(B, T, I, scale=0.5), draw(B, H, scale=0.5), draw(H, I, scale=0.5),
            draw.matrix(*torch.linspace(1.2, 0.9, H).tolist()), draw(H, scale=0.2),
        )  # fmt: skip
        for leaf in leaves:
            leaf.requires_grad_()
        h, states = h_0, []
        for t in range(T):
            h = torch.tanh(x[:, t] @ weight_ih.T + h @ weight_hh.T + bias)
            states.append(h)
        out = torch.stack(states, dim=1)
        dout, dh_n = outputs * draw(B, T, H), last * draw(B, H)
        found = torch.autograd.grad((out * dout).sum() + (h * dh_n).sum(), leaves)
        self.due = dict(zip(RETURNS, found, strict=True))
        given = (dout, dh_n, x, h_0, out, weight_ih, weight_hh)
        self.given = tuple(tensor.detach() for tensor in given)


def short(draw, **options):
    """Draw a sequence of five steps whose other sizes are all different."""
    B, I, H = draw.sizes(3, 2, 4)  # noqa: E741
    return Sequence(draw, B, 5, I, H, **options)


def found(student, name, sequence):
    """Return one of the student's gradients, and require its shape."""
    shapes = {RETURNS[name]: sequence.due[name].shape}
    (gradient,) = call(
        only(student.rnn_backward, name, list(RETURNS)), *sequence.given, takes=TAKES, shapes=shapes
    )
    return gradient


def require(student, draw, name, otherwise):
    """Require one of the gradients of a short sequence."""
    sequence = short(draw)
    equal(found(student, name, sequence), sequence.due[name], otherwise, RETURNS[name])


@question("rnn_backward")
@points(1)
@with_a_right_step
def test_a_sequence_passes_back_five_gradients(student, draw):
    """rnn_backward returns (dx, dh_0, dW_ih, dW_hh, db), and dx has the shape of x."""
    found(student, "dx", short(draw))


@question("rnn_backward")
@points(2)
@needs(test_a_sequence_passes_back_five_gradients)
@with_a_right_step
def test_the_last_step_is_the_first_on_the_way_back(student, draw):
    """dx is right at the last step, which only the last output has an influence on."""
    sequence = short(draw)
    dx, due = found(student, "dx", sequence), sequence.due["dx"]
    equal(dx[:, -1], due[:, -1], "At the last step", "dx[:, -1] (B, I)")


@question("rnn_backward")
@points(6)
@needs(test_the_last_step_is_the_first_on_the_way_back)
@with_a_right_step
def test_what_comes_later_is_carried_back(student, draw):
    """dx is right at all steps: each state acts through its output and through the next state."""
    # Hint: Take T = 2 and H = 1, with a `dout` that is 0 at step 0. Write on paper what dx of step
    #   0 is, and print yours.
    # Hint: Print what is carried from step 1 to step 0: what has it gone through?
    require(student, draw, "dx", "What comes back from later steps is to be added")


@question("rnn_backward")
@points(3)
@needs(test_a_sequence_passes_back_five_gradients)
@with_a_right_step
def test_the_first_state_gets_its_gradient(student, draw):
    """dh_0 is right: what step 0 passes back to the state before it."""
    require(student, draw, "dh_0", "What step 0 passes back")


@question("rnn_backward")
@points(4)
@needs(test_a_sequence_passes_back_five_gradients)
@with_a_right_step
def test_weight_hh_collects_from_all_steps(student, draw):
    """dW_hh is right: summed over steps, each with the state before it, which at first is h_0."""
    # Hint: For T = 2, write down the two products that make up dW_hh, and which state stands in
    #   each.
    require(student, draw, "dW_hh", "Summed over steps and sequences")


@question("rnn_backward")
@points(2)
@needs(test_a_sequence_passes_back_five_gradients)
@with_a_right_step
def test_weight_ih_collects_from_all_steps(student, draw):
    """dW_ih is right: summed over all steps and sequences."""
    require(student, draw, "dW_ih", "Summed over steps and sequences")


@question("rnn_backward")
@points(2)
@needs(test_a_sequence_passes_back_five_gradients)
@with_a_right_step
def test_the_bias_collects_from_all_steps(student, draw):
    """db is right: summed over all steps and sequences."""
    require(student, draw, "db", "Summed over steps and sequences")


@question("rnn_backward")
@points(2)
@needs(test_what_comes_later_is_carried_back)
@with_a_right_step
def test_the_last_state_may_have_a_gradient_of_its_own(student, draw):
    """dh_n enters at the last step, and goes back from there: with dout = 0, it is all there is."""
    sequence = short(draw, last=True, outputs=False)
    equal(found(student, "dx", sequence), sequence.due["dx"], "With dout = 0", RETURNS["dx"])


@question("rnn_backward")
@points(1)
@needs(
    test_the_last_state_may_have_a_gradient_of_its_own, test_the_first_state_gets_its_gradient,
    test_weight_hh_collects_from_all_steps, test_weight_ih_collects_from_all_steps,
    test_the_bias_collects_from_all_steps,
)  # fmt: skip
@with_a_right_step
def test_a_sequence_of_any_sizes_goes_back(student, draw):
    """One step, one sequence or a hundred, one feature, all sizes equal: gradients are right."""
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = (
        (2, 1, 3, 4), (1, 4, 3, 2), (1, 1, 1, 1), (3, 3, 3, 3), (2, 4, 2, 1), (many, 2, 2, 3),
        (2, 24, 2, 2),
    )  # fmt: skip
    sequences = [Sequence(draw, *each, last=True) for each in sizes]
    shapes = [{RETURNS[name]: due.shape for name, due in s.due.items()} for s in sequences]
    given = [sequence.given for sequence in sequences]
    each = call_on_each(student.rnn_backward, given, shapes, takes=TAKES)
    for (B, T, I, H), sequence, gradients in zip(sizes, sequences, each, strict=True):  # noqa: E741
        for name, gradient in zip(RETURNS, gradients, strict=True):
            said = f"With B={B}, T={T}, I={I}, H={H}"
            equal(gradient, sequence.due[name], said, RETURNS[name])


@question("rnn_backward")
@points(1)
@needs(test_what_comes_later_is_carried_back)
@with_a_right_step
def test_each_step_is_gone_through_once(student, draw):
    """Twice as many steps take twice as long, and not four times."""
    linear_cost(student, "rnn_backward", lambda T: Sequence(draw, 2, T, 3, 2).given)


@question("rnn_backward")
@points(1)
@needs(test_what_comes_later_is_carried_back)
@with_a_right_step
def test_a_sequence_is_gone_back_by_hand(student, draw):
    """The gradients are computed by products of matrices, not by torch's autograd or by trying."""
    by_hand(student, "rnn_backward", lambda n: Sequence(draw, 2, 3, n, n).given)


@question("rnn_backward")
@points(1)
@needs(test_what_comes_later_is_carried_back)
@with_a_right_step
def test_going_back_leaves_everything_as_it_was(student, draw):
    """No argument is changed in place, and calling again gives the same."""
    pure(student.rnn_backward, *short(draw, last=True).given, takes=TAKES)
