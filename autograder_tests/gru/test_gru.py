"""Hidden checks of GRU; the oracle is torch's own with the same weights.

A slip in the step costs nothing here: `gru_step` is taken as right.
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

TAKES = ("x (B, T, I)", "h_0 (L·D, B, H)")
OUT, H_N = RETURNS = ("out (B, T, D·H)", "h_n (L·D, B, H)")
agree = partial(agree, takes=TAKES, returns=RETURNS)

with_a_right_step = assuming(
    gru_step="""
import torch

def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    H = h.shape[-1]
    x, h_all = x @ weight_ih.mT + bias_ih, h @ weight_hh.mT + bias_hh
    r, z = (x + h_all)[..., : 2 * H].sigmoid().split(H, -1)
    n = torch.tanh(torch.addcmul(x[..., 2 * H :], r, h_all[..., 2 * H :]))
    return n + z * (h - n)
"""
)


class TorchGRU(nn.GRU):
    """Torch's own, batch first; its arguments have the names of the assignment."""

    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        super().__init__(
            input_size, hidden_size, num_layers, batch_first=True, bidirectional=bidirectional
        )

    def forward(self, x, h_0=None):
        return super().forward(x, h_0)


class LastOutput(nn.Module):
    """What a GRU shows at the last step, and nothing else of it."""

    __name__ = "GRU"

    def __init__(self, gru):
        super().__init__()
        self.gru = gru

    def forward(self, x):
        return self.gru(x)[0][:, -1]


def twins(student, draw, I=3, H=4, L=1, both=False):  # noqa: E741 (the letter that students read)
    """Return the student's GRU and torch's, with equal parameters."""
    torchs = draw.fill(TorchGRU(I, H, L, both))
    gru = student.GRU(I, H, L, both)
    transplant(torchs, gru)
    return gru, torchs


def read(gru, x, *h_0, H=4, L=1, both=False):
    """Return the student's out and h_n, and require their shapes."""
    B, T, _ = x.shape
    D = 2 if both else 1
    return call(gru, x, *h_0, takes=TAKES, shapes={OUT: (B, T, D * H), H_N: (L * D, B, H)})


@question("GRU")
@points(1)
@with_a_right_step
def test_every_step_has_an_output_and_every_reader_a_state(student, draw):
    """GRU returns (out, h_n): an output for every step, a state for every layer and direction."""
    read(student.GRU(3, 4), draw(2, 5, 3))
    read(student.GRU(3, 4, 2), draw(2, 5, 3), L=2)


@question("GRU")
@points(2)
@needs(test_every_step_has_an_output_and_every_reader_a_state)
@with_a_right_step
def test_the_parameters_of_layers_are_named_as_in_torch(student, draw):
    """Layer k has weight_ih_l{k}, weight_hh_l{k}, bias_ih_l{k} and bias_hh_l{k}, and no others."""
    shapes = {name: p.shape for name, p in TorchGRU(3, 4, 2).named_parameters()}
    gru = student.GRU(3, 4, 2)
    parameters_are(gru, shapes)
    no_others(gru, shapes)
    if parameters_made(student, "GRU", draw(2, 3, 3), make=(3, 4)):
        raise Failure("Each call makes parameters: make them once, in __init__.")


@question("GRU")
@points(6)
@needs(test_every_step_has_an_output_and_every_reader_a_state)
@with_a_right_step
def test_the_steps_are_read_one_after_the_other(student, draw):
    """Step t is computed from the input at t and from the state that step t - 1 has left."""
    # Hint: Compare `out` with your own `gru_step`, called in a loop of three steps. At which step
    #   do they part?
    # Hint: From step 1 on: print the state that each step starts with. At step 0: print the
    #   parameters that it gets.
    gru, torchs = twins(student, draw)
    x = draw(2, 5, 3)
    out, _ = read(gru, x)
    equal(out, torchs(x)[0].detach(), "One layer, started from zeros", OUT)


@question("GRU")
@points(2)
@needs(test_the_steps_are_read_one_after_the_other)
@with_a_right_step
def test_the_state_of_the_last_step_is_returned(student, draw):
    """h_n is the state after the last step."""
    gru, torchs = twins(student, draw)
    x = draw(2, 5, 3)
    _, h_n = read(gru, x)
    equal(h_n, torchs(x)[1].detach(), "This is not the last state", H_N)


@question("GRU")
@points(2)
@needs(test_the_steps_are_read_one_after_the_other)
@with_a_right_step
def test_a_given_state_is_where_reading_starts(student, draw):
    """A state h_0 takes the place of the zeros at the first step."""
    gru, torchs = twins(student, draw)
    x, h_0 = draw(2, 5, 3), draw(1, 2, 4)
    out, _ = read(gru, x, h_0)
    equal(out, torchs(x, h_0)[0].detach(), "Started from a given state", OUT)


@question("GRU")
@points(1)
@needs(
    test_the_state_of_the_last_step_is_returned, test_a_given_state_is_where_reading_starts
)  # fmt: skip
@with_a_right_step
def test_a_sequence_may_be_read_in_two_parts(student, draw):
    """The state that a call returns can be given to the next, which goes on from there."""
    gru, _ = twins(student, draw, L=2)
    continues(gru, draw(2, 5, 3), draw(2, 2, 4), at=2, returns=RETURNS)


@question("GRU")
@points(3)
@needs(
    test_the_state_of_the_last_step_is_returned, test_a_given_state_is_where_reading_starts
)  # fmt: skip
@with_a_right_step
def test_layers_read_the_outputs_of_the_layer_below(student, draw):
    """Layer k reads the outputs of layer k - 1, with parameters and a state of its own."""
    with torch.no_grad():
        for L in (2, 3):
            gru, torchs = twins(student, draw, L=L)
            x = draw(2, 5, 3)
            agree(gru, torchs, x)
            agree(gru, torchs, x, draw(L, 2, 4))


@question("GRU")
@points(1)
@needs(test_the_steps_are_read_one_after_the_other)
@with_a_right_step
def test_a_second_direction_has_parameters_of_its_own(student, draw):
    """In both directions, outputs have 2H features, and more parameters end with _reverse."""
    gru = student.GRU(3, 4, 2, True)
    shapes = {name: p.shape for name, p in TorchGRU(3, 4, 2, True).named_parameters()}
    parameters_are(gru, shapes)
    no_others(gru, shapes)
    read(gru, draw(2, 5, 3), L=2, both=True)


@question("GRU")
@points(6)
@needs(test_a_second_direction_has_parameters_of_its_own)
@with_a_right_step
def test_the_reverse_direction_reads_from_the_end(student, draw):
    """out[:, t, H:] is what the reverse direction shows at step t, having read t to T - 1."""
    # Hint: Read a sequence with T = 2, and print the reverse half of `out`. Which of the two rows
    #   should come from one step alone, and which from two?
    # Hint: Print the order in which your reverse reader takes the steps, and the order in which its
    #   outputs stand.
    gru, torchs = twins(student, draw, both=True)
    x = draw(2, 5, 3)
    out, _ = read(gru, x, both=True)
    due = torchs(x)[0].detach()
    there, back = "out[..., :H] (B, T, H)", "out[..., H:] (B, T, H)"
    equal(out[..., :4], due[..., :4], "The direction that reads forwards", there)
    equal(out[..., 4:], due[..., 4:], "The direction that reads in reverse", back)


@question("GRU")
@points(2)
@needs(test_a_second_direction_has_parameters_of_its_own)
@with_a_right_step
def test_the_reverse_direction_ends_at_step_0(student, draw):
    """h_n holds the states in which both directions have ended: at T - 1, and at 0."""
    gru, torchs = twins(student, draw, both=True)
    x = draw(2, 5, 3)
    _, h_n = read(gru, x, both=True)
    equal(h_n, torchs(x)[1].detach(), "The last states of both directions", H_N)


@question("GRU")
@points(2)
@needs(
    test_the_reverse_direction_reads_from_the_end, test_layers_read_the_outputs_of_the_layer_below
)  # fmt: skip
@with_a_right_step
def test_upper_layers_read_both_directions(student, draw):
    """Each direction of an upper layer reads the outputs of both directions of the layer below."""
    # Hint: Print the shape of what layer 1 reads: 2H features for either of its directions.
    # Hint: Give both `nn.GRU` and yours the same parameters, with one layer and then with two. When
    #   do they part?
    for L in (2, 3):
        gru, torchs = twins(student, draw, L=L, both=True)
        x = draw(2, 5, 3)
        out, _ = read(gru, x, L=L, both=True)
        equal(out, torchs(x)[0].detach(), f"With num_layers={L}, in both directions", OUT)


@question("GRU")
@points(1)
@needs(test_upper_layers_read_both_directions, test_the_reverse_direction_ends_at_step_0)
@with_a_right_step
def test_states_stand_layer_by_layer(student, draw):
    """h_0 and h_n hold layer 0 forwards, layer 0 in reverse, layer 1 forwards, and so on."""
    gru, torchs = twins(student, draw, L=2, both=True)
    x, h_0 = draw(2, 5, 3), draw(4, 2, 4)
    out, h_n = read(gru, x, h_0, L=2, both=True)
    due_out, due_h = torchs(x, h_0)
    equal(h_n, due_h.detach(), "The last states of two layers in both directions", H_N)
    equal(out, due_out.detach(), "Started from four given states", OUT)


@question("GRU")
@points(1)
@needs(test_the_steps_are_read_one_after_the_other)
@with_a_right_step
def test_gradient_goes_back_through_all_steps(student, draw):
    """The last output depends on every step, and its gradient goes back to all of them."""
    gru, torchs = map(LastOutput, twins(student, draw))
    agree(gru, torchs, draw(2, 6, 3), returns=("the last output (B, H)",))


@question("GRU")
@points(1)
@needs(test_gradient_goes_back_through_all_steps, test_states_stand_layer_by_layer)
@with_a_right_step
def test_gradients_of_a_gru_are_right(student, draw):
    """The gradients for input, state and all parameters are right, in layers and directions."""
    agree(*twins(student, draw, L=2, both=True), draw(2, 4, 3), draw(4, 2, 4))


@question("GRU")
@points(1)
@needs(test_states_stand_layer_by_layer)
@with_a_right_step
def test_a_gru_takes_any_sizes(student, draw):
    """One sequence or a hundred, one step or many, all sizes equal."""
    many, long = int(draw.integers(130, 150, 1)), int(draw.integers(30, 40, 1))
    with torch.no_grad():
        for B, T, I, H, both in (  # noqa: E741
            (many, 2, 3, 4, False),
            (2, long, 3, 4, True),
            (1, 5, 3, 4, True),
            (3, 1, 3, 4, True),
            (4, 4, 4, 4, True),
            (2, 3, 1, 1, False),
            (1, 1, 1, 1, True),
        ):
            h_0 = draw(2 if both else 1, B, H)
            gru, torchs = twins(student, draw, I, H, both=both)
            agree(gru.train(B != 2), torchs, draw(B, T, I), h_0)


@question("GRU")
@points(1)
@needs(test_the_steps_are_read_one_after_the_other)
@with_a_right_step
def test_a_gru_loops_over_the_steps_alone(student, draw):
    """Twice as many steps take twice as long, and a larger batch takes no more operators."""
    linear_cost(student, "GRU", lambda T: [draw(2, T, 3)], make=(3, 4))
    few, more = (operators(student, "GRU", draw(B, 4, 3), make=(3, 4)) for B in (3, 12))
    if more > few:
        raise Failure("More sequences take more operators: read all of the batch at once.")


@question("GRU")
@points(1)
@needs(test_the_steps_are_read_one_after_the_other)
@with_a_right_step
def test_reading_leaves_nothing_to_chance(student, draw):
    """A call changes neither input nor state, and keeps nothing for the next call."""
    gru, _ = twins(student, draw)
    pure(gru, draw(2, 5, 3), draw(1, 2, 4), takes=TAKES)
    pure(gru, draw(2, 5, 3), takes=TAKES)
