"""Hidden checks of sequence_loss; the oracle adds up torch's cross-entropy, symbol by symbol."""

from functools import partial

import torch
from torch.nn.functional import cross_entropy

from grader.checks import agree, agree_on_each, call, needs, points, pure, question

TAKES = ("logits (B, T, V)", "targets (B, T)", "pad")
named = {"takes": TAKES, "returns": ("loss",)}
agree, agree_on_each = partial(agree, **named), partial(agree_on_each, **named)


def cost(logits, targets, pad):
    """Return the mean over all symbols of the batch that are not padding."""
    total, count = logits.sum() * 0, 0
    for row, right in zip(logits.flatten(0, 1), targets.flatten(), strict=True):
        if right != pad:
            total, count = total + cross_entropy(row, right), count + 1
    return total / max(count, 1)


def sentences(draw, B=3, T=5, V=7, pad=0, lengths=None):
    """Draw logits and targets; of a target, everything from its length on is padding."""
    symbols = torch.tensor([n for n in range(V) if n != pad])
    targets = symbols[draw.integers(0, V - 1, B, T)]
    if lengths is not None:
        targets[torch.arange(T) >= torch.tensor(lengths)[:, None]] = pad
    return draw(B, T, V), targets, pad


@question("sequence_loss")
@points(1)
def test_the_loss_is_one_number(student, draw):
    """The loss is one number, without axes."""
    call(student.sequence_loss, *sentences(draw), takes=TAKES, shapes={"loss": ()})


@question("sequence_loss")
@points(2)
@needs(test_the_loss_is_one_number)
def test_the_loss_is_the_mean_over_all_symbols(student, draw):
    """Without padding, the loss is the mean of -log p of the right symbols."""
    with torch.no_grad():
        each = [sentences(draw), sentences(draw, 2, 4, 3)]
        agree_on_each(student.sequence_loss, cost, each)


@question("sequence_loss")
@points(3)
@needs(test_the_loss_is_the_mean_over_all_symbols)
def test_padding_neither_costs_nor_counts(student, draw):
    """Padding costs nothing, and every other symbol of the batch counts alike."""
    with torch.no_grad():
        agree(student.sequence_loss, cost, *sentences(draw, lengths=[1, 5, 3]))


@question("sequence_loss")
@points(1)
@needs(test_padding_neither_costs_nor_counts)
def test_pad_may_be_any_number(student, draw):
    """The symbol of padding is the one that is given; 0 may be a symbol like others."""
    each = [sentences(draw, pad=pad, lengths=[1, 5, 3]) for pad in (6, 3)]
    with torch.no_grad():
        agree_on_each(student.sequence_loss, cost, each)


@question("sequence_loss")
@points(1)
@needs(test_padding_neither_costs_nor_counts)
def test_a_sentence_of_padding_adds_nothing(student, draw):
    """A sentence that is all padding changes nothing: the mean is that of the others."""
    with torch.no_grad():
        agree(student.sequence_loss, cost, *sentences(draw, lengths=[3, 0, 5]))


@question("sequence_loss")
@points(1)
@needs(test_padding_neither_costs_nor_counts)
def test_a_batch_of_padding_costs_nothing(student, draw):
    """A batch that is all padding costs 0, and not NaN."""
    with torch.no_grad():
        agree(student.sequence_loss, cost, *sentences(draw, lengths=[0, 0, 0]))


@question("sequence_loss")
@points(1)
@needs(test_padding_neither_costs_nor_counts)
def test_gradients_reach_the_logits_that_count(student, draw):
    """The gradient for the logits is right, and 0 at padding."""
    agree(student.sequence_loss, cost, *sentences(draw, lengths=[2, 5, 3]))


@question("sequence_loss")
@points(1)
@needs(test_padding_neither_costs_nor_counts)
def test_large_logits_and_any_sizes_will_do(student, draw):
    """Logits of a thousand, one sentence, one symbol, and equal numbers of all of them."""
    logits, targets, pad = sentences(draw, lengths=[2, 5, 3])
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = ((1, 5, 4), (4, 1, 3), (4, 4, 4), (3, 6, 6), (5, 3, 5), (1, 1, 2), (many, 2, 3))
    each = [sentences(draw, *size, lengths=draw.lengths(*size[:2]).tolist()) for size in sizes]
    with torch.no_grad():
        agree_on_each(student.sequence_loss, cost, [(1000 * logits, targets, pad), *each])


@question("sequence_loss")
@points(1)
@needs(test_the_loss_is_the_mean_over_all_symbols)
def test_logits_and_targets_are_only_read(student, draw):
    """Neither logits nor targets are changed, and calling again gives the same."""
    logits, targets, pad = sentences(draw, lengths=[2, 5, 3])

    def sequence_loss(logits, targets):
        return student.sequence_loss(logits, targets, pad)

    pure(sequence_loss, logits, targets, takes=TAKES[:2])
