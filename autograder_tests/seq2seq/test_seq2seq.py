"""Hidden checks of Seq2Seq; the oracle goes through the sentences one by one.

A slip in Encoder or Decoder costs nothing here: right ones take their place.
"""

from functools import partial

import torch
from torch import nn

from grader.checks import (
    Failure,
    agree,
    agree_on_each,
    assuming,
    call,
    call_on_each,
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

TAKES = ("src (B, T)", "lengths (B)", "tgt (B, S)")
LOGITS = "logits (B, S, V)"
agree = partial(agree, takes=TAKES, returns=(LOGITS,))
agree_on_each = partial(agree_on_each, takes=TAKES, returns=(LOGITS,))

with_right_parts = assuming(
    Encoder="""
import torch
from torch import nn

class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)

    def forward(self, src, lengths):
        out = self.gru(self.embedding(src))[0]
        rows = [states[n - 1] for states, n in zip(out, lengths.tolist())]
        return out, torch.stack(rows)
""",
    Decoder="""
from torch import nn

class Decoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h):
        h = self.cell(self.embedding(token), h)
        return self.head(h), h
""",
)

WORDS, V, E, H, BOS = 9, 6, 3, 4, 1


class Part(nn.Module):
    """The parameters of one of the two parts, by their names."""

    def __init__(self, V, E, **parts):
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        for name, part in parts.items():
            self.add_module(name, part)


class OneByOne(nn.Module):
    """Answers each sentence alone: it reads bos and the answer, all but the last symbol."""

    def __init__(self, words, symbols, E, H, bos):
        super().__init__()
        self.encoder = Part(words, E, gru=nn.GRU(E, H))
        self.decoder = Part(symbols, E, cell=nn.GRUCell(E, H), head=nn.Linear(H, symbols))
        self.bos = bos

    def forward(self, src, lengths, tgt):
        rows = []
        for sentence, n, answer in zip(src, lengths.tolist(), tgt, strict=True):
            _, h = self.encoder.gru(self.encoder.embedding(sentence[:n]))  # h: (1, H)
            states = []
            for symbol in [self.bos, *answer[:-1].tolist()]:
                x = self.decoder.embedding(torch.tensor([symbol]))
                h = self.decoder.cell(x, h)
                states.append(h)
            rows.append(self.decoder.head(torch.cat(states)))
        return torch.stack(rows)


def twins(student, draw, *sizes):
    """Return the student's model and the oracle, with equal parameters."""
    oracle = draw.fill(OneByOne(*sizes or (WORDS, V, E, H, BOS)))
    model = student.Seq2Seq(*sizes or (WORDS, V, E, H, BOS))
    transplant(oracle, model)
    return model, oracle


def given(draw, B=3, T=5, S=4, lengths=None):
    """Draw sentences, their lengths and answers; no word is 0, which may be held for padding."""
    lengths = draw.lengths(B, T) if lengths is None else torch.tensor(lengths)
    return draw.integers(1, WORDS, B, T), lengths, draw.integers(1, V, B, S)


def logits(model, src, lengths, tgt):
    """Return the student's logits, and require their shape."""
    (found,) = call(model, src, lengths, tgt, takes=TAKES, shapes={LOGITS: (*tgt.shape, V)})
    return found


@question("Seq2Seq")
@points(1)
@with_right_parts
def test_every_symbol_of_an_answer_gets_logits(student, draw):
    """The parts are there, encoder and decoder, and each symbol of each answer gets V logits."""
    model = student.Seq2Seq(WORDS, V, E, H, BOS)
    due = OneByOne(WORDS, V, E, H, BOS).named_parameters()
    parameters_are(model, {name: p.shape for name, p in due})
    logits(model, *given(draw, lengths=(5, 5, 5)))


@question("Seq2Seq")
@points(4)
@needs(test_every_symbol_of_an_answer_gets_logits)
@with_right_parts
def test_an_answer_begins_with_what_was_read(student, draw):
    """The first logits follow from the encoder's last state and from bos."""
    # Hint: Print the state and the symbol that the decoder is given at step 0. To which two should
    #   they be equal?
    # Hint: Call your `Decoder` once with these two, by hand, and compare its logits with `logits[:,
    #   0]`.
    (bos,) = draw.integers(BOS + 1, V, 1).tolist()
    model, oracle = twins(student, draw, WORDS, V, E, H, bos)
    batch = given(draw, lengths=(5, 5, 5))
    found, due = logits(model, *batch), oracle(*batch).detach()
    if ((found.sum(dim=-1) - 1).abs() < 1e-4).all():
        raise Failure("These are probabilities: return the logits as they come from the decoder.")
    said = "At the first step, without padding"
    equal(found[:, 0], due[:, 0], said, "logits[:, 0] (B, V)")


@question("Seq2Seq")
@points(5)
@needs(test_every_symbol_of_an_answer_gets_logits)
@with_right_parts
def test_the_true_symbols_are_given_one_step_later(student, draw):
    """Step t is given tgt[:, t - 1], the true symbol, and the state that step t - 1 has left."""
    # Hint: Write the decoder's loop for two steps without a loop, line by line, and compare
    #   `logits[:, 1]`.
    # Hint: Which two of your variables should have changed between the steps, and to what?
    model, oracle = twins(student, draw)
    batch = given(draw, lengths=(5, 5, 5))
    found, due = logits(model, *batch), oracle(*batch).detach()
    said = "At the steps after the first, without padding"
    equal(found[:, 1:], due[:, 1:], said, "logits[:, 1:] (B, S - 1, V)")


@question("Seq2Seq")
@points(2)
@needs(test_every_symbol_of_an_answer_gets_logits)
@with_right_parts
def test_nothing_is_known_of_what_is_to_be_said(student, draw):
    """Another symbol at step t changes logits after t, and none at t or before."""
    model, _ = twins(student, draw)
    src, lengths, tgt = given(draw, B=1, S=5, lengths=(5,))
    each = [(src, lengths, tgt)]
    for t in range(5):
        other = tgt.clone()
        other[:, t] = (tgt[:, t] % (V - 1)) + 1  # the next symbol, from 1 to V - 1
        each.append((src, lengths, other))
    shapes = [{LOGITS: (1, 5, V)}] * len(each)
    (first,), *others = call_on_each(model, each, shapes, takes=TAKES)
    for t, (found,) in enumerate(others):
        change = (found - first).abs().amax(dim=(0, 2))  # (S)
        if (change[: t + 1] > 1e-6).any():
            raise Failure(
                "Logits depend on a symbol that is still to be said: what is given to the decoder "
                "must be shifted by one step."
            )
        if t < 4 and change[t + 1] <= 1e-6:
            raise Failure(
                "A true symbol has no influence on the logits at the next step: in training, the "
                "decoder is given what it should have said."
            )


@question("Seq2Seq")
@points(2)
@needs(test_an_answer_begins_with_what_was_read)
@with_right_parts
def test_a_sentence_means_the_same_in_any_company(student, draw):
    """A sentence with padding behind it gets the logits that it gets alone."""
    model, oracle = twins(student, draw)
    batch = given(draw, lengths=(5, 2, 3))
    due = oracle(*batch).detach()
    equal(logits(model, *batch), due, "Of sentences with padding behind them", LOGITS)


@question("Seq2Seq")
@points(2)
@needs(test_an_answer_begins_with_what_was_read, test_the_true_symbols_are_given_one_step_later)
@with_right_parts
def test_gradients_reach_the_encoder(student, draw):
    """The gradient goes through every step, back into the encoder and all embeddings."""
    agree(*twins(student, draw), *given(draw))


@question("Seq2Seq")
@points(1)
@needs(test_an_answer_begins_with_what_was_read, test_the_true_symbols_are_given_one_step_later)
@with_right_parts
def test_answers_of_any_sizes_are_judged(student, draw):
    """One sentence, answers of one symbol, and as many sentences as steps, symbols or features."""
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = ((1, 5, 4), (3, 1, 2), (3, 4, 1), (1, 1, 1), (4, 4, 4), (V, 3, V))
    model, oracle = twins(student, draw)
    with torch.no_grad():
        agree_on_each(model, oracle, [given(draw, *size) for size in sizes])
        agree_on_each(model.eval(), oracle, [given(draw), given(draw, many, 2, 3)])


@question("Seq2Seq")
@points(1)
@needs(test_an_answer_begins_with_what_was_read)
@with_right_parts
def test_a_lesson_leaves_everything_as_it_was(student, draw):
    """There are no further parameters, nothing is changed, and equal batches get equal logits."""
    sizes = WORDS, V, E, H, BOS
    names = [name for name, _ in OneByOne(*sizes).named_parameters()]
    no_others(student.Seq2Seq(*sizes), names)
    if parameters_made(student, "Seq2Seq", *given(draw), make=sizes):
        raise Failure("Each call makes parameters: make them once, in __init__.")
    model, _ = twins(student, draw)
    pure(model.train(), *given(draw), takes=TAKES)
