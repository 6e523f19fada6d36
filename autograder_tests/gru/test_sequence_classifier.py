"""Hidden checks of SequenceClassifier; the oracle reads each sequence alone, cut to its length.

A slip in reverse_padded, last_states or GRU costs nothing here: right ones take their place.
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
    no_others,
    parameters_are,
    parameters_made,
    points,
    pure,
    question,
    transplant,
)

TAKES = ("x (B, T, I)", "lengths (B)")
LOGITS = "logits (B, C)"
agree = partial(agree, takes=TAKES, returns=(LOGITS,))

with_right_parts = assuming(
    reverse_padded="""
import torch

def reverse_padded(x, lengths):
    each = zip(x, lengths.tolist())
    return torch.stack([torch.cat([s[:n].flip(0), s[n:]]) for s, n in each])
""",
    last_states="""
import torch

def last_states(out, lengths):
    H = out.shape[-1] // 2
    each = zip(out, lengths.tolist())
    return torch.stack([torch.cat([s[n - 1, :H], s[0, H:]]) for s, n in each])
""",
    GRU="""
from torch import nn

class GRU(nn.GRU):
    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        super().__init__(
            input_size, hidden_size, num_layers, batch_first=True, bidirectional=bidirectional
        )
""",
)


class OneByOne(nn.Module):
    """Reads each sequence alone, forwards and backwards, and asks the head."""

    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        self.there = nn.GRU(input_size, hidden_size)
        self.back = nn.GRU(input_size, hidden_size)
        self.head = nn.Linear(2 * hidden_size, num_classes)

    def forward(self, x, lengths):
        logits = []
        for sequence, n in zip(x, lengths.tolist(), strict=True):
            _, there = self.there(sequence[:n])  # (1, H), for a sequence without a batch
            _, back = self.back(sequence[:n].flip(0))
            logits.append(self.head(torch.cat([there[0], back[0]])))
        return torch.stack(logits)


def twins(student, draw, I=3, H=4, C=6):  # noqa: E741 (the letter that students read)
    """Return the student's classifier and the oracle, with equal parameters."""
    oracle = draw.fill(OneByOne(I, H, C))
    model = student.SequenceClassifier(I, H, C)
    transplant(oracle, model)
    return model, oracle


@question("SequenceClassifier")
@points(1)
@with_right_parts
def test_two_grus_and_a_head_give_a_logit_per_class(student, draw):
    """The parts are there, back and head, and every sequence gets one number per class."""
    model = student.SequenceClassifier(3, 4, 6)
    parameters_are(model, {name: p.shape for name, p in OneByOne(3, 4, 6).named_parameters()})
    given = draw(2, 5, 3), torch.tensor([5, 5])
    call(model, *given, takes=TAKES, shapes={LOGITS: (2, 6)})


@question("SequenceClassifier")
@points(4)
@needs(test_two_grus_and_a_head_give_a_logit_per_class)
@with_right_parts
def test_sequences_of_full_length_are_read_from_both_ends(student, draw):
    """Without padding, the head reads the state in which each of the two has ended."""
    model, oracle = twins(student, draw)
    x, lengths = draw(2, 5, 3), torch.tensor([5, 5])
    (logits,) = call(model, x, lengths, takes=TAKES, shapes={LOGITS: (2, 6)})
    if ((logits.sum(dim=-1) - 1).abs() < 1e-4).all():
        raise Failure("These are probabilities: return the logits as they come from the head.")
    equal(logits, oracle(x, lengths).detach(), "Without padding", LOGITS)


@question("SequenceClassifier")
@points(2)
@needs(test_sequences_of_full_length_are_read_from_both_ends)
@with_right_parts
def test_padding_has_no_influence(student, draw):
    """A sequence gets the logits that it gets alone, whatever stands behind its end."""
    model, oracle = twins(student, draw)
    x, lengths = draw(3, 5, 3), torch.tensor([3, 5, 1])
    (logits,) = call(model, x, lengths, takes=TAKES, shapes={LOGITS: (3, 6)})
    equal(logits, oracle(x, lengths).detach(), "With lengths 3, 5 and 1", LOGITS)


@question("SequenceClassifier")
@points(1)
@needs(test_padding_has_no_influence)
@with_right_parts
def test_gradients_reach_the_whole_classifier(student, draw):
    """The gradients for input and parameters are right, and 0 for what is padding."""
    agree(*twins(student, draw), draw(3, 5, 3), torch.tensor([5, 2, 4]))


@question("SequenceClassifier")
@points(1)
@needs(test_padding_has_no_influence)
@with_right_parts
def test_a_classifier_takes_any_sizes(student, draw):
    """One sequence or many, one step, all sizes equal; no sequence as long as T."""
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = ((1, 5, 3, 4, 6), (3, 1, 3, 4, 6), (3, 3, 3, 3, 3), (many, 4, 1, 2, 2))
    with torch.no_grad():
        for B, T, I, H, C in sizes:  # noqa: E741
            model, oracle = twins(student, draw, I, H, C)
            agree(model.train(B == 3), oracle, draw(B, T, I), draw.lengths(B, T))
        agree(*twins(student, draw), draw(2, 6, 3), torch.tensor([4, 3]))


@question("SequenceClassifier")
@points(1)
@needs(test_sequences_of_full_length_are_read_from_both_ends)
@with_right_parts
def test_a_classifier_leaves_nothing_to_chance(student, draw):
    """No other parameters, nothing changed in place; equal inputs get equal logits in training."""
    no_others(
        student.SequenceClassifier(3, 4, 6),
        [name for name, _ in OneByOne(3, 4, 6).named_parameters()],
    )
    given = draw(2, 5, 3), torch.tensor([5, 4])
    if parameters_made(student, "SequenceClassifier", *given, make=(3, 4, 6)):
        raise Failure("Each call makes parameters: make them once, in __init__.")
    model, _ = twins(student, draw)
    pure(model.train(), *given, takes=TAKES)
