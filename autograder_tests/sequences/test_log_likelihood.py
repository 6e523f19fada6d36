"""Hidden checks of log_likelihood; the oracle is torch's own cross-entropy, one by one."""

from functools import partial

import torch
from torch import nn

from grader.checks import agree, agree_on_each, call, needs, points, pure, question

TAKES = ("logits (B, T, V)", "ids (B, T)", "lengths (B)")
FOUND = "log-likelihood (B)"
agree = partial(agree, takes=TAKES, returns=(FOUND,))
agree_on_each = partial(agree_on_each, takes=TAKES, returns=(FOUND,))


def oracle(logits, ids, lengths):
    """Return minus the summed cross-entropy of each sequence, cut off at its end."""
    return -torch.stack([
        nn.functional.cross_entropy(row[:n], symbols[:n], reduction="sum")
        for row, symbols, n in zip(logits, ids, lengths.tolist(), strict=True)
    ])  # fmt: skip


def given(draw, B=3, T=5, V=4, whole=False):
    """Draw logits, symbols and lengths."""
    lengths = torch.full((B,), T) if whole else draw.lengths(B, T)
    return 2 * draw(B, T, V), draw.integers(0, V, B, T), lengths


@question("log_likelihood")
@points(1)
def test_every_sequence_has_one_number(student, draw):
    """log_likelihood returns one number for each sequence."""
    call(student.log_likelihood, *given(draw), takes=TAKES, shapes={FOUND: (3,)})


@question("log_likelihood")
@points(5)
@needs(test_every_sequence_has_one_number)
def test_the_logs_of_all_symbols_are_summed(student, draw):
    """Where all sequences have T symbols, it is the sum of the log-probabilities of all symbols."""
    with torch.no_grad():
        agree(student.log_likelihood, oracle, *given(draw, whole=True))


@question("log_likelihood")
@points(3)
@needs(test_the_logs_of_all_symbols_are_summed)
def test_only_symbols_before_the_end_count(student, draw):
    """Of a shorter sequence, its first symbols count, as many as its length says."""
    with torch.no_grad():
        agree(student.log_likelihood, oracle, *given(draw))


@question("log_likelihood")
@points(2)
@needs(test_only_symbols_before_the_end_count)
def test_gradients_reach_the_logits_before_the_end(student, draw):
    """The gradient for the logits is right, and 0 behind the end of a sequence."""
    agree(student.log_likelihood, oracle, *given(draw))


@question("log_likelihood")
@points(1)
@needs(test_only_symbols_before_the_end_count)
def test_anything_may_stand_behind_the_end(student, draw):
    """Behind the end of a sequence, logits may even be -inf: they have no influence."""
    logits, ids, lengths = given(draw)
    behind = torch.arange(5) >= lengths.unsqueeze(-1)  # (B, T)
    logits[behind, ids[behind]] = -torch.inf
    with torch.no_grad():
        agree(student.log_likelihood, oracle, logits, ids, lengths)


@question("log_likelihood")
@points(1)
@needs(test_the_logs_of_all_symbols_are_summed)
def test_large_logits_and_long_sequences_stay_finite(student, draw):
    """Logits of 1000 and -1000, and sequences of 400 symbols, are no reason to overflow."""
    logits, ids, lengths = given(draw, T=4, whole=True)
    large = 1000 * logits.sign()
    with torch.no_grad():
        each = [(large, ids, lengths), given(draw, B=1, T=400, V=9, whole=True)]
        agree_on_each(student.log_likelihood, oracle, each)


@question("log_likelihood")
@points(1)
@needs(test_only_symbols_before_the_end_count)
def test_sequences_may_have_any_sizes(student, draw):
    """One sequence, one step, one symbol; as many sequences as steps; all sizes equal."""
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = ((1, 5, 3), (4, 1, 3), (3, 4, 1), (4, 4, 4), (5, 5, 2), (many, 2, 3))
    with torch.no_grad():
        each = [given(draw, *size) for size in sizes]
        agree_on_each(student.log_likelihood, oracle, each)


@question("log_likelihood")
@points(1)
@needs(test_only_symbols_before_the_end_count)
def test_likelihoods_leave_nothing_to_chance(student, draw):
    """No argument is changed in place, and calling again gives the same."""
    pure(student.log_likelihood, *given(draw), takes=TAKES)
