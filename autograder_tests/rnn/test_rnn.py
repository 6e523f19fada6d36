"""Hidden checks of RNN; the oracle is torch's own with the same weights.

A slip in the step costs nothing here: `rnn_step` is taken as right.
"""

from functools import partial

import torch
from torch import nn

from grader.checks import (
    Failure,
    agree,
    assuming,
    call,
    continues,
    equal,
    linear_cost,
    needs,
    no_others,
    operators,
    parameters_are,
    parameters_made,
    points,
    pure,
    question,
    transplant,
)

TAKES = ("x (B, T, I)", "h_0 (L, B, H)")
OUT, H_N = RETURNS = ("out (B, T, H)", "h_n (L, B, H)")
agree = partial(agree, takes=TAKES, returns=RETURNS)

STEP = """
import torch

def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation="tanh"):
    z = x @ weight_ih.mT + bias_ih + h @ weight_hh.mT + bias_hh
    return {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid}[activation](z)
"""
with_a_right_step = assuming(rnn_step=STEP)


class TorchRNN(nn.RNN):
    """Torch's own, batch first; its arguments have the names of the assignment."""

    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh"):
        super().__init__(input_size, hidden_size, num_layers, nonlinearity, batch_first=True)

    def forward(self, x, h_0=None):
        return super().forward(x, h_0)


class LastOutput(nn.Module):
    """What a network shows at the last step, and nothing else of it."""

    __name__ = "RNN"

    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn

    def forward(self, x):
        return self.rnn(x)[0][:, -1]


def twins(student, draw, I=3, H=4, *options):  # noqa: E741 (the letter that students read)
    """Return the student's network and torch's, with equal parameters."""
    torchs = draw.fill(TorchRNN(I, H, *options))
    rnn = student.RNN(I, H, *options)
    transplant(torchs, rnn)
    return rnn, torchs


def read(rnn, x, *state, H=4, L=1):
    """Return the student's out and h_n, and require their shapes."""
    B, T, _ = x.shape
    return call(rnn, x, *state, takes=TAKES, shapes={OUT: (B, T, H), H_N: (L, B, H)})


@question("RNN")
@points(1)
@with_a_right_step
def test_every_step_has_an_output_and_every_layer_a_state(student, draw):
    """RNN returns (out, h_n): an output for every step, and a last state for every layer."""
    read(student.RNN(3, 4), draw(2, 5, 3))
    read(student.RNN(3, 4, 2), draw(2, 5, 3), L=2)


@question("RNN")
@points(2)
@needs(test_every_step_has_an_output_and_every_layer_a_state)
@with_a_right_step
def test_every_layer_has_four_parameters(student, draw):
    """Layer k has weight_ih_l{k}, weight_hh_l{k}, bias_ih_l{k} and bias_hh_l{k}, which learn."""
    shapes = {name: p.shape for name, p in TorchRNN(3, 4, 2).named_parameters()}
    parameters_are(student.RNN(3, 4, 2), shapes)


@question("RNN")
@points(7)
@needs(test_every_layer_has_four_parameters)
@with_a_right_step
def test_output_t_is_the_state_after_step_t(student, draw):
    """Step t makes its state from the input at t and from the state that step t - 1 has left."""
    # Hint: With relu and all weights 1, read 1, 10, 100: the states are 1, 11 and 111. Print yours.
    # Hint: Is a number missing, in another place, or added twice? Each tells of another line of
    #   your loop.
    rnn, torchs = twins(student, draw)
    x = draw(2, 5, 3)
    out, _ = read(rnn, x)
    equal(out, torchs(x)[0].detach(), "One layer, started from zeros", OUT)


@question("RNN")
@points(3)
@needs(test_output_t_is_the_state_after_step_t)
@with_a_right_step
def test_the_state_of_the_last_step_is_returned(student, draw):
    """h_n is the state after the last step."""
    rnn, torchs = twins(student, draw)
    x = draw(2, 5, 3)
    _, h_n = read(rnn, x)
    equal(h_n, torchs(x)[1].detach(), "This is not the last state", H_N)


@question("RNN")
@points(2)
@needs(test_output_t_is_the_state_after_step_t)
@with_a_right_step
def test_a_given_state_is_where_reading_starts(student, draw):
    """A state h_0 takes the place of the zeros at the first step."""
    rnn, torchs = twins(student, draw)
    x, h_0 = draw(2, 5, 3), draw(1, 2, 4)
    out, _ = read(rnn, x, h_0)
    equal(out, torchs(x, h_0)[0].detach(), "Started from a given state", OUT)


@question("RNN")
@points(1)
@needs(test_the_state_of_the_last_step_is_returned, test_a_given_state_is_where_reading_starts)
@with_a_right_step
def test_reading_goes_on_from_a_returned_state(student, draw):
    """The state that a call returns can be given to the next, which goes on from there."""
    rnn, _ = twins(student, draw, 3, 4, 2)
    continues(rnn, draw(2, 5, 3), draw(2, 2, 4), at=2, returns=RETURNS)


@question("RNN")
@points(3)
@needs(test_the_state_of_the_last_step_is_returned, test_a_given_state_is_where_reading_starts)
@with_a_right_step
def test_layers_read_the_states_of_the_layer_below(student, draw):
    """Layer k reads the states of layer k - 1, with parameters and a first state of its own."""
    # Hint: With relu, all weights 1 and two layers, the ones 1, 1, 1 become 1, 2, 3 and then 1, 3,
    #   6. Print both of yours.
    # Hint: If the lower one is right, print what the upper one reads, and the state it begins with.
    with torch.no_grad():
        for I, L in ((3, 2), (3, 3), (4, 2)):  # noqa: E741 (where I = H, a wrong input fits)
            rnn, torchs = twins(student, draw, I, 4, L)
            agree(rnn, torchs, draw(2, 5, I), draw(L, 2, 4))


@question("RNN")
@points(3)
@needs(test_output_t_is_the_state_after_step_t)
@with_a_right_step
def test_gradient_goes_back_through_all_steps(student, draw):
    """The last output depends on every step, and its gradient goes back to all of them."""
    rnn, torchs = map(LastOutput, twins(student, draw))
    agree(rnn, torchs, draw(2, 6, 3), returns=("the last output (B, H)",))


@question("RNN")
@points(2)
@needs(test_gradient_goes_back_through_all_steps, test_layers_read_the_states_of_the_layer_below)
@with_a_right_step
def test_gradients_of_a_network_are_right(student, draw):
    """The gradients with respect to input, first state and all parameters are right."""
    agree(*twins(student, draw, 3, 4, 2), draw(2, 5, 3), draw(2, 2, 4))


@question("RNN")
@points(1)
@needs(test_the_state_of_the_last_step_is_returned)
@with_a_right_step
def test_a_network_may_have_relu(student, draw):
    """With nonlinearity="relu", every layer has relu in the place of tanh."""
    with torch.no_grad():
        agree(*twins(student, draw, 3, 4, 2, "relu"), draw(2, 5, 3))


@question("RNN")
@points(1)
@needs(test_the_state_of_the_last_step_is_returned, test_a_given_state_is_where_reading_starts)
@with_a_right_step
def test_a_sequence_may_have_one_step(student, draw):
    """A sequence of one step has one output, and keeps its axis of time."""
    with torch.no_grad():
        agree(*twins(student, draw), draw(2, 1, 3), draw(1, 2, 4))


@question("RNN")
@points(1)
@needs(test_the_state_of_the_last_step_is_returned, test_a_given_state_is_where_reading_starts)
@with_a_right_step
def test_a_network_takes_any_sizes(student, draw):
    """One sequence or a hundred, as many of them as steps, one feature, and all sizes equal."""
    many, long = int(draw.integers(256, 300, 1)), int(draw.integers(64, 100, 1))
    with torch.no_grad():
        for B, T, I, H in (  # noqa: E741
            (1, 5, 3, 4),
            (4, 4, 3, 5),
            (3, 3, 3, 3),
            (2, 5, 1, 1),
            (many, 2, 3, 4),
            (2, long, 3, 4),
        ):
            rnn, torchs = twins(student, draw, I, H)
            agree(rnn.train(T != 5), torchs, draw(B, T, I), draw(1, B, H))


@question("RNN")
@points(1)
@needs(test_output_t_is_the_state_after_step_t)
@with_a_right_step
def test_a_network_has_no_other_parameters(student, draw):
    """There are no other parameters, and none are made in a call."""
    no_others(student.RNN(3, 4, 2), [name for name, _ in TorchRNN(3, 4, 2).named_parameters()])
    if parameters_made(student, "RNN", draw(2, 3, 3), make=(3, 4)):
        raise Failure("Each call makes parameters: make them once, in __init__.")


@question("RNN")
@points(1)
@needs(test_output_t_is_the_state_after_step_t)
@with_a_right_step
def test_all_sequences_are_read_at_once(student, draw):
    """Twice as many steps take twice as long, and more sequences take no more operators."""
    linear_cost(student, "RNN", lambda T: [draw(2, T, 3)], make=(3, 4))
    few, more = (operators(student, "RNN", draw(B, 5, 3), make=(3, 4)) for B in (3, 12))
    if more > few:
        raise Failure(
            f"12 sequences take {more / few:.1f} × the operators of 3: there is a loop over the "
            "batch. Only the steps must come one after the other."
        )


@question("RNN")
@points(1)
@needs(test_output_t_is_the_state_after_step_t)
@with_a_right_step
def test_a_call_leaves_nothing_behind(student, draw):
    """A call changes neither input nor state, and keeps nothing for the next call."""
    (rnn, _), x = twins(student, draw), draw(2, 5, 3)
    pure(rnn, x, draw(1, 2, 4), takes=TAKES)
    pure(rnn, x, takes=TAKES)
