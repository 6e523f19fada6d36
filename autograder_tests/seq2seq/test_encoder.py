"""Hidden checks of Encoder; the oracle reads each sentence alone, cut to its length."""

from functools import partial

import torch
from torch import nn

from grader.checks import (
    Failure,
    agree,
    agree_on_each,
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

TAKES = ("src (B, T)", "lengths (B)")
OUT, STATE = RETURNS = ("out (B, T, H)", "h (B, H)")
agree = partial(agree, takes=TAKES, returns=RETURNS)
agree_on_each = partial(agree_on_each, takes=TAKES, returns=RETURNS)

V, E, H = 9, 3, 4


class OneByOne(nn.Module):
    """Reads each sentence alone, without what is filled in; behind its end, out is 0."""

    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size)

    def forward(self, src, lengths):
        states, ends = [], []
        for sentence, n in zip(src, lengths.tolist(), strict=True):
            out, end = self.gru(self.embedding(sentence[:n]))  # (n, H) and (1, H)
            states.append(nn.functional.pad(out, (0, 0, 0, len(sentence) - n)))
            ends.append(end[0])
        return torch.stack(states), torch.stack(ends)


class WhatCounts(nn.Module):
    """An encoder's results, with 0 behind the end of each sentence, where anything may stand."""

    __name__ = "Encoder"

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, src, lengths):
        out, h = self.encoder(src, lengths)
        counts = torch.arange(src.shape[1]) < lengths[:, None]
        return torch.where(counts[..., None], out, torch.zeros_like(out)), h


def twins(student, draw, *sizes):
    """Return the student's encoder and the oracle, with equal parameters."""
    oracle = draw.fill(OneByOne(*sizes or (V, E, H)))
    encoder = student.Encoder(*sizes or (V, E, H))
    transplant(oracle, encoder)
    return encoder, oracle


def words(draw, *shape):
    """Draw words; none is 0, which an embedding may hold for padding."""
    return draw.integers(1, V, *shape)


def padded(draw, fill=0):
    """Draw three sentences, not in the order of their lengths, and fill the rest with a word."""
    orders = torch.tensor([(2, 5, 4), (4, 2, 5), (4, 5, 2)])
    lengths = orders[int(draw.integers(0, 3, 1))]
    src = words(draw, 3, 5)
    return src.masked_fill(torch.arange(5) >= lengths[:, None], fill), lengths


def full(draw):
    """Draw two sentences without padding."""
    return words(draw, 2, 5), torch.tensor([5, 5])


def read(encoder, src, lengths):
    """Return the student's out and h, and require their shapes."""
    shapes = {OUT: (*src.shape, H), STATE: (len(src), H)}
    return call(encoder, src, lengths, takes=TAKES, shapes=shapes)


@question("Encoder")
@points(1)
def test_every_word_has_a_state_and_every_sentence_a_last_one(student, draw):
    """The parts are there, embedding and gru; out is (B, T, H) and h is (B, H)."""
    encoder = student.Encoder(V, E, H)
    parameters_are(encoder, {n: p.shape for n, p in OneByOne(V, E, H).named_parameters()})
    read(encoder, *full(draw))


@question("Encoder")
@points(3)
@needs(test_every_word_has_a_state_and_every_sentence_a_last_one)
def test_words_are_read_one_after_the_other(student, draw):
    """Without padding, out holds the state of the GRU after each word, started from zeros."""
    encoder, oracle = twins(student, draw)
    src, lengths = full(draw)
    out, _ = read(encoder, src, lengths)
    equal(out, oracle(src, lengths)[0].detach(), "Without padding", OUT)


@question("Encoder")
@points(2)
@needs(test_every_word_has_a_state_and_every_sentence_a_last_one)
def test_h_is_the_state_after_the_last_word(student, draw):
    """Without padding, h is the state after the last word."""
    encoder, oracle = twins(student, draw)
    src, lengths = full(draw)
    _, h = read(encoder, src, lengths)
    equal(h, oracle(src, lengths)[1].detach(), "Without padding", STATE)


@question("Encoder")
@points(5)
@needs(test_h_is_the_state_after_the_last_word)
def test_padding_is_not_read_into_the_state(student, draw):
    """Where there is padding, h is the state after each sentence's own last word."""
    encoder, oracle = twins(student, draw)
    src, lengths = padded(draw)
    _, h = read(encoder, src, lengths)
    said = "Of three sentences, two with padding behind them"
    equal(h, oracle(src, lengths)[1].detach(), said, STATE)


@question("Encoder")
@points(1)
@needs(test_words_are_read_one_after_the_other)
def test_states_before_the_end_stay_in_their_rows(student, draw):
    """Where there is padding, out[b, t] is the state after word t of sentence b, up to its end."""
    encoder, oracle = twins(student, draw)
    src, lengths = padded(draw)
    out, _ = call(
        WhatCounts(encoder), src, lengths, takes=TAKES, shapes={OUT: (3, 5, H), STATE: (3, H)}
    )
    said = "Of three sentences, two with padding behind them"
    equal(out, oracle(src, lengths)[0].detach(), said, OUT)


@question("Encoder")
@points(2)
@needs(test_padding_is_not_read_into_the_state)
def test_lengths_tell_what_counts(student, draw):
    """Whatever stands behind a sentence, h is the same: `lengths` tell where it ends."""
    encoder, oracle = twins(student, draw)
    src, lengths = padded(draw, fill=int(words(draw, 1)))
    _, h = read(encoder, src, lengths)
    said = "Where another word than 0 stands behind the sentences"
    equal(h, oracle(src, lengths)[1].detach(), said, STATE)


@question("Encoder")
@points(2)
@needs(test_words_are_read_one_after_the_other, test_h_is_the_state_after_the_last_word)
def test_gradients_reach_every_word_that_counts(student, draw):
    """From out and from h, the gradient reaches the GRU and the embeddings of all words."""
    encoder, oracle = twins(student, draw)
    agree(WhatCounts(encoder), WhatCounts(oracle), words(draw, 3, 5), draw.lengths(3, 5))


@question("Encoder")
@points(1)
@needs(test_padding_is_not_read_into_the_state)
def test_a_batch_of_any_sizes_is_read(student, draw):
    """One sentence, one word, as many sentences as words and as features, lengths in any order."""
    (many,) = draw.integers(130, 150, 1).tolist()
    encoder, oracle = twins(student, draw)
    sizes = ((1, 5), (3, 1), (1, 1), (4, 4), (many, 3))
    each = [(words(draw, B, T), draw.lengths(B, T)) for B, T in sizes]
    each.append((words(draw, 4, 6), torch.tensor([1, 6, 2, 6])))
    with torch.no_grad():
        agree_on_each(WhatCounts(encoder), WhatCounts(oracle), each)
        square, right = twins(student, draw, 9, 4, 4)
        square = WhatCounts(square.eval())
        agree(square, WhatCounts(right), words(draw, 2, 3), torch.tensor([2, 3]))


@question("Encoder")
@points(1)
@needs(test_h_is_the_state_after_the_last_word)
def test_reading_leaves_everything_as_it_was(student, draw):
    """There are no further parameters, nothing is changed, and reading again gives the same."""
    no_others(student.Encoder(V, E, H), [name for name, _ in OneByOne(V, E, H).named_parameters()])
    if parameters_made(student, "Encoder", *full(draw), make=(V, E, H)):
        raise Failure("Each call makes parameters: make them once, in __init__.")
    encoder, _ = twins(student, draw)
    pure(WhatCounts(encoder).train(), words(draw, 3, 5), draw.lengths(3, 5), takes=TAKES)
