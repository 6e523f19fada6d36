"""Hidden checks of rnn_step; the oracles are torch's own cells."""

from functools import partial

import torch

from grader.checks import agree, call, needs, points, pure, question, refuses

TAKES = (
    "x (B, I)", "h (B, H)", "weight_ih (H, I)", "weight_hh (H, H)", "bias_ih (H)", "bias_hh (H)",
)  # fmt: skip
NEXT = "the next state (B, H)"
agree = partial(agree, takes=TAKES, returns=(NEXT,))


def cell(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation="tanh"):
    """Do a step with torch's own operators; for the sigmoid it has none, but σ(z) is a tanh."""
    biases = bias_ih, bias_hh
    if activation == "sigmoid":  # σ(z) = (1 + tanh(z/2)) / 2
        halves = (parameter / 2 for parameter in (weight_ih, weight_hh, *biases))
        return (1 + torch.rnn_tanh_cell(x, h, *halves)) / 2
    operator = torch.rnn_relu_cell if activation == "relu" else torch.rnn_tanh_cell
    return operator(x, h, weight_ih, weight_hh, *biases)


def given(draw, B=2, I=3, H=4):  # noqa: E741 (the letter that students read)
    """Draw all that a step is given."""
    weights = draw(H, I, scale=0.5), draw(H, H, scale=0.5)
    return draw(B, I), draw(B, H), *weights, draw(H, scale=0.5), draw(H, scale=0.5)


@question("rnn_step")
@points(1)
def test_a_step_returns_the_next_state(student, draw):
    """A step returns one state, with H features for every sequence."""
    call(student.rnn_step, *given(draw), takes=TAKES, shapes={NEXT: (2, 4)})


@question("rnn_step")
@points(7)
@needs(test_a_step_returns_the_next_state)
def test_a_step_follows_the_rule(student, draw):
    """The next state is tanh of W_ih x + b_ih + W_hh h + b_hh."""
    # Hint: Take B = I = H = 1 with weights of 2 and 3, and biases of 0.1 and 0.2: work out the sum
    #   by hand, and print yours before tanh.
    # Hint: If that is right, take H = 2 with one weight of W_hh that is not 0, and see to which
    #   feature it leads.
    with torch.no_grad():
        agree(student.rnn_step, cell, *given(draw))


@question("rnn_step")
@points(3)
@needs(test_a_step_follows_the_rule)
def test_gradients_of_a_step_are_right(student, draw):
    """Gradients reach x, h, both weights and both biases."""
    agree(student.rnn_step, cell, *given(draw))


@question("rnn_step")
@points(2)
@needs(test_a_step_follows_the_rule)
def test_relu_may_take_the_place_of_tanh(student, draw):
    """With activation="relu", what is below 0 becomes 0 and the rest stays; so do gradients."""
    agree(student.rnn_step, cell, *given(draw), activation="relu")


@question("rnn_step")
@points(2)
@needs(test_a_step_follows_the_rule)
def test_sigmoid_may_take_the_place_of_tanh(student, draw):
    """With activation="sigmoid", the next state lies between 0 and 1; gradients are right."""
    agree(student.rnn_step, cell, *given(draw), activation="sigmoid")


@question("rnn_step")
@points(1)
@needs(test_a_step_follows_the_rule)
def test_an_unknown_activation_is_refused(student, draw):
    """An activation of any other name raises a ValueError."""
    otherwise = "With activation='softmax' a state is returned: what was meant to happen is lost."
    refuses(
        student, "rnn_step", *given(draw), "softmax", errors=["ValueError"], otherwise=otherwise
    )


@question("rnn_step")
@points(1)
@needs(test_a_step_follows_the_rule)
def test_a_step_takes_any_sizes(student, draw):
    """One sequence or a hundred, one feature, all sizes equal: the next state follows them."""
    (many,) = draw.integers(256, 300, 1).tolist()
    with torch.no_grad():
        for B, I, H in ((1, 3, 4), (2, 1, 3), (2, 3, 1), (3, 3, 3), (1, 1, 1), (many, 3, 4)):  # noqa: E741
            agree(student.rnn_step, cell, *given(draw, B, I, H))


@question("rnn_step")
@points(1)
@needs(test_a_step_follows_the_rule)
def test_the_state_that_was_given_stays(student, draw):
    """A step changes nothing that it is given, and an equal step gives an equal state."""
    pure(student.rnn_step, *given(draw), takes=TAKES)
