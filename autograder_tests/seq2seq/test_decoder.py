"""Hidden checks of Decoder; the oracle writes the gates of its GRU out."""

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

TAKES = ("token (B)", "h (B, H)")
LOGITS, STATE = RETURNS = ("logits (B, V)", "the next h (B, H)")
agree = partial(agree, takes=TAKES, returns=RETURNS)
agree_on_each = partial(agree_on_each, takes=TAKES, returns=RETURNS)

V, E, H = 7, 3, 4


class Gates(nn.Module):
    """A step with the gates of the GRU written out."""

    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h):
        x = torch.stack([self.embedding.weight[one] for one in token.tolist()])
        a = (x @ self.cell.weight_ih.T + self.cell.bias_ih).chunk(3, dim=1)
        b = (h @ self.cell.weight_hh.T + self.cell.bias_hh).chunk(3, dim=1)
        r, z = torch.sigmoid(a[0] + b[0]), torch.sigmoid(a[1] + b[1])
        h = (1 - z) * torch.tanh(a[2] + r * b[2]) + z * h
        return h @ self.head.weight.T + self.head.bias, h


def twins(student, draw, *sizes):
    """Return the student's decoder and the oracle, with equal parameters."""
    oracle = draw.fill(Gates(*sizes or (V, E, H)))
    decoder = student.Decoder(*sizes or (V, E, H))
    transplant(oracle, decoder)
    return decoder, oracle


def given(draw, B=3, features=H):
    """Draw symbols and states; no symbol is 0, which an embedding may hold for padding."""
    return draw.integers(1, V, B), draw(B, features)


def step(decoder, token, h):
    """Return the student's logits and state, and require their shapes."""
    shapes = {LOGITS: (len(token), V), STATE: h.shape}
    return call(decoder, token, h, takes=TAKES, shapes=shapes)


@question("Decoder")
@points(1)
def test_a_step_gives_logits_and_a_state(student, draw):
    """The parts are there, embedding, cell and head; logits are (B, V), and h stays (B, H)."""
    decoder = student.Decoder(V, E, H)
    parameters_are(decoder, {n: p.shape for n, p in Gates(V, E, H).named_parameters()})
    step(decoder, *given(draw))


@question("Decoder")
@points(5)
@needs(test_a_step_gives_logits_and_a_state)
def test_the_state_moves_by_one_step(student, draw):
    """The next state follows from the embedded symbol and from the state that was given."""
    decoder, oracle = twins(student, draw)
    token, h = given(draw)
    _, found = step(decoder, token, h)
    equal(found, oracle(token, h)[1].detach(), "After one step", STATE)


@question("Decoder")
@points(4)
@needs(test_a_step_gives_logits_and_a_state)
def test_the_new_state_is_asked_for_logits(student, draw):
    """The logits are the head's, of the state after the step."""
    decoder, oracle = twins(student, draw)
    token, h = given(draw)
    logits, _ = step(decoder, token, h)
    if ((logits.sum(dim=-1) - 1).abs() < 1e-4).all():
        raise Failure("These are probabilities: return the logits as they come from the head.")
    equal(logits, oracle(token, h)[0].detach(), "After one step", LOGITS)


@question("Decoder")
@points(2)
@needs(test_the_state_moves_by_one_step, test_the_new_state_is_asked_for_logits)
def test_gradients_reach_the_state_before(student, draw):
    """The gradient reaches the state before, the embedding and all parameters."""
    agree(*twins(student, draw), *given(draw))


@question("Decoder")
@points(1)
@needs(test_the_state_moves_by_one_step, test_the_new_state_is_asked_for_logits)
def test_a_step_of_any_sizes_is_done(student, draw):
    """One answer or a hundred, and as many answers as features or symbols."""
    (many,) = draw.integers(130, 150, 1).tolist()
    with torch.no_grad():
        agree_on_each(*twins(student, draw), [given(draw, B) for B in (1, H, V, many)])
        square, right = twins(student, draw, V, H, H)
        agree(square.eval(), right, *given(draw, H))
        agree(*twins(student, draw, V, 1, 1), *given(draw, 2, features=1))


@question("Decoder")
@points(1)
@needs(test_the_state_moves_by_one_step)
def test_a_step_leaves_everything_as_it_was(student, draw):
    """There are no further parameters, nothing is changed, and the state is not kept inside."""
    no_others(student.Decoder(V, E, H), [name for name, _ in Gates(V, E, H).named_parameters()])
    if parameters_made(student, "Decoder", *given(draw), make=(V, E, H)):
        raise Failure("Each call makes parameters: make them once, in __init__.")
    decoder, _ = twins(student, draw)
    pure(decoder.train(), *given(draw), takes=TAKES)
