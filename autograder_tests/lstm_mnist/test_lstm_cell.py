"""Hidden checks of LSTMCell; the oracle is torch's own cell with the same weights.

Gates in another order cost `test_the_gates_stand_in_the_order_i_f_g_o` and nothing else: the other
checks find the order out, and hold the rest against a cell with that order.
"""

from functools import partial
from itertools import permutations

import torch
from torch import nn

from grader.checks import (
    Failure,
    agree,
    call,
    equal,
    needs,
    parameters_are,
    points,
    pure,
    question,
    transplant,
)

TAKES = ("x (B, I)", "state")
H_NEXT, C_NEXT = RETURNS = ("h (B, H)", "c (B, H)")
agree = partial(agree, takes=TAKES, returns=RETURNS)


class TorchCell(nn.LSTMCell):
    """Torch's own operator, with the gates in any order."""

    order = "ifgo"

    def forward(self, x, state=None):
        if state is None:
            state = (torch.zeros(len(x), self.hidden_size),) * 2
        rows = torch.arange(4 * self.hidden_size).chunk(4)
        rows = torch.cat([rows[self.order.index(gate)] for gate in "ifgo"])
        return torch.lstm_cell(x, state, *(p[rows] for p in self.parameters()))


def twins(student, draw, I=3, H=4):  # noqa: E741 (the letter that students read)
    """Return the student's cell and torch's, with equal parameters and the student's order."""
    torchs = draw.fill(TorchCell(I, H))
    cell = student.LSTMCell(I, H)
    transplant(torchs, cell)
    given = draw(2, I), (draw(2, H), draw(2, H))
    with torch.no_grad():
        found = step(cell, *given, H=H)
        for order in map("".join, permutations("ifgo")):
            torchs.order = order
            if all(map(partial(torch.allclose, rtol=0, atol=1e-5), found, torchs(*given))):
                return cell, torchs
    torchs.order = "ifgo"
    return cell, torchs


def step(cell, x, state=None, *, H):
    """Return the student's h and c, and require their shapes."""
    given = (x,) if state is None else (x, state)
    return call(cell, *given, takes=TAKES, shapes={H_NEXT: (len(x), H), C_NEXT: (len(x), H)})


@question("LSTMCell")
@points(1)
def test_a_step_returns_h_and_c(student, draw):
    """A step returns h and c, with H features for every sequence."""
    step(student.LSTMCell(3, 4), draw(2, 3), (draw(2, 4), draw(2, 4)), H=4)


@question("LSTMCell")
@points(1)
@needs(test_a_step_returns_h_and_c)
def test_the_parameters_are_two_weights_and_two_biases(student, draw):
    """weight_ih (4H, I), weight_hh (4H, H), bias_ih (4H) and bias_hh (4H) are the parameters."""
    shapes = {"weight_ih": (16, 3), "weight_hh": (16, 4), "bias_ih": (16,), "bias_hh": (16,)}
    parameters_are(student.LSTMCell(3, 4), shapes)


@question("LSTMCell")
@points(8)
@needs(test_the_parameters_are_two_weights_and_two_biases)
def test_a_step_follows_the_equations(student, draw):
    """c' = f ⊙ c + i ⊙ g and h' = o ⊙ tanh(c'), each gate from x, h and both biases."""
    cell, torchs = twins(student, draw)
    x, state = draw(2, 3), (draw(2, 4), draw(2, 4))
    h, c = step(cell, x, state, H=4)
    due_h, due_c = torchs(x, state)
    equal(c, due_c.detach(), "The next cell state is not f ⊙ c + i ⊙ g", C_NEXT)
    equal(h, due_h.detach(), "The cell state is right, but h is not o ⊙ tanh(c')", H_NEXT)


@question("LSTMCell")
@points(4)
@needs(test_a_step_follows_the_equations)
def test_the_gates_stand_in_the_order_i_f_g_o(student, draw):
    """In weights and biases stands the input gate first, then forget gate, candidate, output gate."""
    _, torchs = twins(student, draw)
    if torchs.order != "ifgo":
        yours = ", ".join(torchs.order)
        raise Failure(f"Your gates stand in the order {yours}; it should be i, f, g, o as in torch.")


@question("LSTMCell")
@points(2)
@needs(test_a_step_follows_the_equations)
def test_a_cell_without_state_starts_from_zeros(student, draw):
    """Without a state, h and c are zeros."""
    cell, torchs = twins(student, draw)
    with torch.no_grad():
        agree(cell, torchs, draw(2, 3))


@question("LSTMCell")
@points(4)
@needs(test_a_step_follows_the_equations)
def test_gradients_reach_input_state_and_parameters(student, draw):
    """The gradients with respect to x, h, c and all parameters are right."""
    agree(*twins(student, draw), draw(2, 3), (draw(2, 4), draw(2, 4)))


@question("LSTMCell")
@points(3)
@needs(test_a_step_follows_the_equations)
def test_the_cell_takes_any_sizes(student, draw):
    """One sequence, one feature, all sizes equal, large inputs: the equations are the same."""
    with torch.no_grad():
        for B, I, H in ((1, 3, 4), (2, 1, 3), (2, 3, 1), (3, 3, 3), (1, 1, 1), (4, 4, 16)):  # noqa: E741
            cell, torchs = twins(student, draw, I, H)
            agree(cell, torchs, draw(B, I), (draw(B, H), draw(B, H)))
        cell, torchs = twins(student, draw)
        agree(cell, torchs, 60 * draw(2, 3), (60 * draw(2, 4), 60 * draw(2, 4)))


@question("LSTMCell")
@points(1)
@needs(test_a_step_follows_the_equations)
def test_a_step_leaves_nothing_to_chance(student, draw):
    """A call changes neither its input nor the state it is given, and calling again is the same."""
    cell, x, h, c = student.LSTMCell(3, 4), draw(2, 3), draw(2, 4), draw(2, 4)
    pure(lambda x, h, c: cell(x, (h, c)), x, h, c, takes=("x", "h", "c"))
