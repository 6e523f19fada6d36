"""Hidden checks of LSTM; the oracle is torch's own with the same weights.

A slip in the step costs nothing here: `lstm_step` and LSTMCell are taken as right.
"""

from functools import partial

import torch
from torch import nn

from grader.checks import (
    Failure,
    agree,
    assuming,
    call,
    dependencies,
    equal,
    needs,
    parameters_are,
    points,
    pure,
    question,
    transplant,
)

TAKES = ("x (B, T, I)", "state")
OUT, H_N, C_N = RETURNS = ("out (B, T, H)", "h_n (L, B, H)", "c_n (L, B, H)")
agree = partial(agree, takes=TAKES, returns=RETURNS)

STEP = """
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh):
    i, f, g, o = (x @ weight_ih.mT + h @ weight_hh.mT + bias_ih + bias_hh).chunk(4, dim=-1)
    c = c * f.sigmoid() + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c
"""
CELL = f"""
import torch
from torch import nn
{STEP}
class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.weight_ih = nn.Parameter(torch.randn(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(4 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.randn(4 * hidden_size))
        self.bias_hh = nn.Parameter(torch.randn(4 * hidden_size))

    def forward(self, x, state=None):
        h, c = state or (x.new_zeros(*x.shape[:-1], self.hidden_size),) * 2
        return lstm_step(x, h, c, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
"""
with_a_right_step = assuming(lstm_step=STEP, LSTMCell=CELL)


class TorchLSTM(nn.LSTM):
    """Torch's own, batch first; its arguments have the names of the assignment."""

    def __init__(self, input_size, hidden_size, num_layers=1):
        super().__init__(input_size, hidden_size, num_layers, batch_first=True)

    def forward(self, x, state=None):
        return super().forward(x, state)


def twins(student, draw, I=3, H=4, L=1):  # noqa: E741 (the letter that students read)
    """Return the student's LSTM and torch's, with equal parameters."""
    torchs = draw.fill(TorchLSTM(I, H, L))
    lstm = student.LSTM(I, H, L)
    transplant(torchs, lstm)
    return lstm, torchs


def read(lstm, x, *state, H=4, L=1):
    """Return the student's out, h_n and c_n, and require their shapes."""
    B, T, _ = x.shape
    shapes = {OUT: (B, T, H), H_N: (L, B, H), C_N: (L, B, H)}
    return call(lstm, x, *state, takes=TAKES, shapes=shapes)


def states(draw, B=2, H=4, L=1):
    """Draw (h_0, c_0)."""
    return draw(L, B, H), draw(L, B, H)


@question("LSTM")
@points(1)
@with_a_right_step
def test_every_step_has_an_output_and_every_layer_a_state(student, draw):
    """LSTM returns (out, (h_n, c_n)): an output for every step, a last state for every layer."""
    read(student.LSTM(3, 4), draw(2, 5, 3))
    read(student.LSTM(3, 4, 2), draw(2, 5, 3), L=2)


@question("LSTM")
@points(1)
@needs(test_every_step_has_an_output_and_every_layer_a_state)
@with_a_right_step
def test_every_layer_has_the_parameters_of_a_cell(student, draw):
    """Layer k has weight_ih_l{k}, weight_hh_l{k}, bias_ih_l{k} and bias_hh_l{k}."""
    shapes = {name: p.shape for name, p in TorchLSTM(3, 4, 2).named_parameters()}
    parameters_are(student.LSTM(3, 4, 2), shapes)


@question("LSTM")
@points(7)
@needs(test_every_layer_has_the_parameters_of_a_cell)
@with_a_right_step
def test_the_steps_are_read_one_after_the_other(student, draw):
    """Step t is computed from the input at t and from the state that step t - 1 has left."""
    lstm, torchs = twins(student, draw)
    x = draw(2, 5, 3)
    out, _, _ = read(lstm, x)
    equal(out, torchs(x)[0].detach(), "One layer, started from zeros", OUT)


@question("LSTM")
@points(3)
@needs(test_the_steps_are_read_one_after_the_other)
@with_a_right_step
def test_the_state_of_the_last_step_is_returned(student, draw):
    """h_n and c_n are the state after the last step."""
    lstm, torchs = twins(student, draw)
    x = draw(2, 5, 3)
    _, h_n, c_n = read(lstm, x)
    _, (due_h, due_c) = torchs(x)
    equal(h_n, due_h.detach(), "This is not the last h", H_N)
    equal(c_n, due_c.detach(), "This is not the last c", C_N)


@question("LSTM")
@points(3)
@needs(test_the_steps_are_read_one_after_the_other)
@with_a_right_step
def test_a_given_state_is_where_reading_starts(student, draw):
    """A state (h_0, c_0) takes the place of the zeros at the first step."""
    lstm, torchs = twins(student, draw)
    x, state = draw(2, 5, 3), states(draw)
    out, _, _ = read(lstm, x, state)
    equal(out, torchs(x, state)[0].detach(), "Started from a given state", OUT)


@question("LSTM")
@points(4)
@needs(
    test_the_state_of_the_last_step_is_returned, test_a_given_state_is_where_reading_starts
)  # fmt: skip
@with_a_right_step
def test_layers_read_the_outputs_of_the_layer_below(student, draw):
    """Layer k reads the outputs of layer k - 1, with parameters and a state of its own."""
    with torch.no_grad():
        for L in (2, 3):
            lstm, torchs = twins(student, draw, L=L)
            x = draw(2, 5, 3)
            agree(lstm, torchs, x)
            agree(lstm, torchs, x, states(draw, L=L))


@question("LSTM")
@points(3)
@needs(test_the_steps_are_read_one_after_the_other)
@with_a_right_step
def test_gradient_goes_back_through_all_steps(student, draw):
    """Each output depends on its own step and on all steps before, and sends gradient there."""
    T = 6
    reached = dependencies(twins(student, draw)[0], draw(T, 3))[-1] > 0  # by the last output
    if not reached.all():
        last = T - 1 - int(reached.flip(0).long().argmin())
        where = f"reaches step {last + 1} but not step {last}" if last < T - 1 else "goes nowhere"
        raise Failure(
            f"The gradient of the output of step {T - 1} {where}: the state or the input is cut "
            "off there, as by detach(), .data, torch.tensor(...) or no_grad()."
        )


@question("LSTM")
@points(3)
@needs(test_gradient_goes_back_through_all_steps)
@with_a_right_step
def test_gradients_of_an_lstm_are_right(student, draw):
    """The gradients with respect to input, state and all parameters are right, in every layer."""
    agree(*twins(student, draw), draw(2, 5, 3))
    for L in (1, 2):
        agree(*twins(student, draw, L=L), draw(2, 5, 3), states(draw, L=L))


@question("LSTM")
@points(2)
@needs(test_the_state_of_the_last_step_is_returned, test_a_given_state_is_where_reading_starts)
@with_a_right_step
def test_an_lstm_takes_any_sizes(student, draw):
    """One sequence, one step, as many steps as sequences, all sizes equal, large inputs."""
    with torch.no_grad():
        for B, T, I, H in (  # noqa: E741
            (1, 5, 3, 4),
            (3, 1, 3, 4),
            (4, 4, 3, 5),
            (3, 3, 3, 3),
            (2, 5, 1, 1),
            (1, 1, 1, 1),
            (2, 28, 28, 5),
        ):
            agree(*twins(student, draw, I, H), draw(B, T, I), states(draw, B, H))
        h_0, c_0 = states(draw)
        agree(*twins(student, draw), 60 * draw(2, 5, 3), (60 * h_0, 60 * c_0))


@question("LSTM")
@points(1)
@needs(test_the_steps_are_read_one_after_the_other)
@with_a_right_step
def test_reading_leaves_nothing_to_chance(student, draw):
    """A call changes neither its input nor the state it is given, and keeps no state for the next."""
    lstm, x, (h_0, c_0) = student.LSTM(3, 4), draw(2, 5, 3), states(draw)
    pure(lambda x, h_0, c_0: lstm(x, (h_0, c_0)), x, h_0, c_0, takes=("x", "h_0", "c_0"))
    pure(lstm, x, takes=TAKES)
