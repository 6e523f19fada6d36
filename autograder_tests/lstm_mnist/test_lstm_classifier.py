"""Hidden checks of LSTMClassifier; the oracle is torch's own LSTM and a product with the head.

A slip in rows_as_sequence or in LSTM costs nothing here: a classifier that uses them gets right
ones.
"""

from functools import partial

import torch
from torch import nn

from grader.checks import (
    Failure,
    agree,
    assuming,
    call,
    equal,
    needs,
    parameters_are,
    points,
    pure,
    question,
    transplant,
)

TAKES = ("x (B, T, I)",)
LOGITS = "logits (B, C)"
agree = partial(agree, takes=TAKES, returns=(LOGITS,))

with_right_parts = assuming(
    rows_as_sequence="""
def rows_as_sequence(images):
    return images.squeeze(1) if images.dim() == 4 else images
""",
    LSTM="""
from torch import nn

class LSTM(nn.LSTM):
    def __init__(self, input_size, hidden_size, num_layers=1):
        super().__init__(input_size, hidden_size, num_layers, batch_first=True)
""",
)


class TorchClassifier(nn.Module):
    """The last layer's last state through a linear layer."""

    def __init__(self, input_size, hidden_size, num_classes, num_layers):
        super().__init__()
        self.rnn = nn.LSTM(input_size, hidden_size, num_layers)  # its h_n has no batch_first
        self.head = nn.Linear(hidden_size, num_classes)

    def forward(self, x):
        _, (h_n, _) = self.rnn(x.transpose(0, 1))
        return torch.einsum("bh,ch->bc", h_n[-1], self.head.weight) + self.head.bias


def twins(student, draw, I=3, H=4, C=6, L=1):  # noqa: E741 (the letter that students read)
    """Return the student's classifier and the oracle, with equal parameters."""
    torchs = draw.fill(TorchClassifier(I, H, C, L))
    model = student.LSTMClassifier(I, H, C, L)
    transplant(torchs, model)
    return model, torchs


@question("LSTMClassifier")
@points(1)
@with_right_parts
def test_an_lstm_and_a_head_give_a_logit_per_class(student, draw):
    """The parts are rnn and head, and every sequence gets one number per class."""
    model = student.LSTMClassifier(3, 4, 6, 2)
    shapes = {name: p.shape for name, p in TorchClassifier(3, 4, 6, 2).named_parameters()}
    parameters_are(model, shapes)
    call(model, draw(2, 5, 3), takes=TAKES, shapes={LOGITS: (2, 6)})


@question("LSTMClassifier")
@points(5)
@needs(test_an_lstm_and_a_head_give_a_logit_per_class)
@with_right_parts
def test_the_head_reads_the_last_step_of_the_last_layer(student, draw):
    """The logits are the head of what the last layer shows at the last step, and nothing else."""
    for L in (1, 2):
        model, torchs = twins(student, draw, L=L)
        x = draw(2, 5, 3)
        (logits,) = call(model, x, takes=TAKES, shapes={LOGITS: (2, 6)})
        for found, kind in ((logits, "probabilities"), (logits.exp(), "log-probabilities")):
            if ((found.sum(dim=-1) - 1).abs() < 1e-4).all():
                raise Failure(
                    f"These are {kind}: return the logits as they come from the head, as "
                    "cross_entropy takes the softmax itself."
                )
        equal(logits, torchs(x).detach(), f"With num_layers={L}", LOGITS)


@question("LSTMClassifier")
@points(3)
@needs(test_the_head_reads_the_last_step_of_the_last_layer)
@with_right_parts
def test_gradients_reach_the_whole_classifier(student, draw):
    """The gradients with respect to the input and to all parameters are right."""
    for L in (1, 2):
        agree(*twins(student, draw, L=L), draw(2, 5, 3))


@question("LSTMClassifier")
@points(2)
@needs(test_the_head_reads_the_last_step_of_the_last_layer)
@with_right_parts
def test_a_classifier_takes_any_sizes(student, draw):
    """One sequence, one step, as many steps as sequences, all sizes equal, whole pictures."""
    with torch.no_grad():
        for B, T, I, H, C in (  # noqa: E741
            (1, 5, 3, 4, 6),
            (2, 1, 3, 4, 6),
            (5, 5, 3, 4, 6),
            (3, 3, 3, 3, 3),
            (1, 1, 1, 1, 1),
            (28, 28, 28, 5, 10),
        ):
            agree(*twins(student, draw, I, H, C), draw(B, T, I))


@question("LSTMClassifier")
@points(1)
@needs(test_the_head_reads_the_last_step_of_the_last_layer)
@with_right_parts
def test_a_classifier_leaves_nothing_to_chance(student, draw):
    """In training, too, equal inputs get equal logits: nothing is dropped, and no state is kept."""
    pure(student.LSTMClassifier(3, 4, 6, 2).train(), draw(2, 5, 3), takes=TAKES)
