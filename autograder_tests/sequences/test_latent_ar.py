"""Hidden checks of LatentAR; the oracle is torch's own recurrent layer, reading one step late."""

from functools import partial

import torch
from torch import nn

from grader.checks import (
    Failure,
    agree,
    call,
    dependencies,
    equal,
    needs,
    no_others,
    parameters_are,
    parameters_made,
    points,
    pure,
    question,
    transplant,
    where,
)

TAKES = ("x (B, T, I)",)
OUT = "predictions (B, T, I)"
agree = partial(agree, takes=TAKES, returns=(OUT,))


class Shifted(nn.Module):
    """Torch's RNN reads a step of zeros and then x without its last step; names are ours.

    What comes of the step of zeros is taken away again: before the first value, the state is 0.
    """

    __name__ = "LatentAR"

    def __init__(self, input_size, hidden_size):
        super().__init__()
        I, H = input_size, hidden_size  # noqa: E741 (the letters that students read)
        self.weight_ih = nn.Parameter(torch.zeros(H, I))
        self.weight_hh = nn.Parameter(torch.zeros(H, H))
        self.bias = nn.Parameter(torch.zeros(H))
        self.weight_ho = nn.Parameter(torch.zeros(I, H))
        self.bias_o = nn.Parameter(torch.zeros(I))

    def forward(self, x):
        H, B = len(self.bias), len(x)
        start, no_bias = x.new_zeros(1, B, H), torch.zeros_like(self.bias)
        weights = [self.weight_ih, self.weight_hh, self.bias, no_bias]
        states = x.new_zeros(B, 1, H)
        if x.size(1) > 1:
            read, _ = torch.rnn_tanh(x[:, :-1], start, weights, True, 1, 0.0, False, False, True)
            states = torch.cat([states, read], dim=1)
        return nn.functional.linear(states, self.weight_ho, self.bias_o)


def shapes(I, H):  # noqa: E741
    return {
        "weight_ih": (H, I), "weight_hh": (H, H), "bias": (H,), "weight_ho": (I, H), "bias_o": (I,)
    }  # fmt: skip


def twins(student, draw, I=2, H=4):  # noqa: E741
    """Return the student's model and the oracle, with equal parameters."""
    oracle = draw.fill(Shifted(I, H))
    model = student.LatentAR(I, H)
    transplant(oracle, model)
    return model, oracle


@question("LatentAR")
@points(1)
def test_every_step_has_a_prediction_of_its_features(student, draw):
    """LatentAR returns a prediction of I features for every step."""
    call(student.LatentAR(2, 4), draw(3, 5, 2), takes=TAKES, shapes={OUT: (3, 5, 2)})


@question("LatentAR")
@points(1)
@needs(test_every_step_has_a_prediction_of_its_features)
def test_the_five_parameters_are_there(student, draw):
    """weight_ih, weight_hh, bias, weight_ho and bias_o have the shapes that are asked for."""
    parameters_are(student.LatentAR(2, 4), shapes(2, 4))


@question("LatentAR")
@points(4)
@needs(test_every_step_has_a_prediction_of_its_features)
def test_no_prediction_knows_its_own_value_or_a_later_one(student, draw):
    """The prediction at step t depends on the values before t, on all of them, and no others."""
    # Hint: Change one value of x by 1, and print which predictions change: all behind it, and no
    #   others.
    # Hint: If one too many changes, in which order are the two lines of your loop?
    D = dependencies(student.LatentAR(2, 4), draw(5, 2))  # (T, T)
    known = (D.triu() > 1e-9 * D.max()).nonzero().tolist()  # rounding leaves 1e-17
    if known:
        t, s = known[0]
        said = "the value at that step" if t == s else f"the value at step {s}, which comes later"
        raise Failure(
            f"The prediction at step {t} knows {said}.", where(D, D.tril(-1), "dependence")
        )
    blind = (D + torch.ones(5, 5).triu() == 0).nonzero().tolist()
    if blind:
        raise Failure("The prediction at step {} does not depend on step {}.".format(*blind[0]))


@question("LatentAR")
@points(7)
@needs(test_the_five_parameters_are_there)
def test_predictions_are_read_from_the_state(student, draw):
    """The prediction at t is W_ho h + b_o; h follows from x at t - 1 and the h before, by tanh."""
    # Hint: With weights of 1 and x = 0.5, 0, 9, print the state and the prediction at each step: 0
    #   and 0, 0.4621 and 0.4621, 0.4318 and 0.4318.
    # Hint: If the first two are right, with H = 2 print which feature of h leads to which one of
    #   the next.
    with torch.no_grad():
        agree(*twins(student, draw), draw(3, 5, 2))


@question("LatentAR")
@points(2)
@needs(test_predictions_are_read_from_the_state)
def test_gradients_go_back_to_the_first_step(student, draw):
    """The gradients for x and all parameters are right, through all steps."""
    agree(*twins(student, draw), draw(3, 5, 2))


@question("LatentAR")
@points(2)
@needs(test_the_five_parameters_are_there)
def test_before_the_first_value_nothing_is_known(student, draw):
    """The prediction at step 0 is b_o, whatever the sequence is."""
    model, oracle = twins(student, draw)
    (found,) = call(model, draw(3, 5, 2), takes=TAKES, shapes={OUT: (3, 5, 2)})
    due = oracle.bias_o.detach().expand(3, 2)
    equal(found[:, 0], due, "Before the first value", "predictions[:, 0] (B, I)")


@question("LatentAR")
@points(2)
@needs(test_predictions_are_read_from_the_state)
def test_sequences_of_any_sizes_can_be_predicted(student, draw):
    """One step, one sequence, one feature; all sizes equal; many sequences, many steps."""
    many, long = int(draw.integers(130, 150, 1)), int(draw.integers(66, 80, 1))
    with torch.no_grad():
        for B, T, I, H in (  # noqa: E741
            (3, 1, 2, 4), (1, 5, 2, 4), (3, 4, 1, 3), (3, 4, 2, 1), (4, 4, 4, 4), (many, 2, 1, 2),
            (2, long, 1, 2),
        ):  # fmt: skip
            model, oracle = twins(student, draw, I, H)
            agree(model.train(B != 3), oracle, draw(B, T, I))


@question("LatentAR")
@points(1)
@needs(test_predictions_are_read_from_the_state)
def test_the_model_has_no_other_parameters(student, draw):
    """The five parameters are all that learns: no others, and none made in a call."""
    no_others(student.LatentAR(2, 4), shapes(2, 4))
    if parameters_made(student, "LatentAR", draw(1, 3, 2), make=(2, 4)):
        raise Failure("Each call makes a module with parameters: make it once, in __init__.")


@question("LatentAR")
@points(1)
@needs(test_predictions_are_read_from_the_state)
def test_every_sequence_begins_anew(student, draw):
    """No input is changed in place; a call starts from nothing, so the next one gives the same."""
    model, _ = twins(student, draw)
    pure(model, draw(3, 5, 2), takes=TAKES)
