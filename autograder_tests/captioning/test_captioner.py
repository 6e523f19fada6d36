"""Hidden checks of CaptionCell and Captioner; the oracle holds torch's own GRUCell.

A slip in soft_attention costs nothing in CaptionCell, and one in either costs nothing in Captioner:
right ones take their place.
"""

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

ATTENTION = """
import torch

def soft_attention(h, features, W_h, W_f, v, mask=None):
    scores = torch.tanh((h @ W_h.T)[:, None] + features @ W_f.T) @ v
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = scores.softmax(dim=1)
    return torch.einsum("bl,blf->bf", weights, features), weights
"""
CELL = """
import torch
from torch import nn

class CaptionCell(nn.Module):
    def __init__(self, vocab_size, embedding_size, feature_size, hidden_size, attention_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.W_h = nn.Parameter(torch.randn(attention_size, hidden_size))
        self.W_f = nn.Parameter(torch.randn(attention_size, feature_size))
        self.v = nn.Parameter(torch.randn(attention_size))
        self.gru = nn.GRUCell(embedding_size + feature_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h, features):
        scores = torch.tanh((h @ self.W_h.T)[:, None] + features @ self.W_f.T) @ self.v
        weights = scores.softmax(dim=1)
        context = torch.einsum("bl,blf->bf", weights, features)
        h = self.gru(torch.cat([self.embedding(token), context], dim=1), h)
        return self.head(h), h, weights
"""

V, E, F, H, A = SIZES = (7, 2, 3, 4, 6)
B, L, T = 3, 5, 4


def filled(draw, module):
    """Draw all parameters; those of the attention large enough for weights that differ."""
    draw.fill(module)
    for name, parameter in module.named_parameters():
        if name.split(".")[-1] in ("W_h", "v"):
            parameter.data.copy_(draw(*parameter.shape))
    return module


def twins(student, draw, oracle, sizes=SIZES):
    """Return the student's module of the same class, and the oracle, with equal parameters."""
    right = filled(draw, oracle(*sizes))
    own = getattr(student, oracle.__name__)(*sizes)
    transplant(right, own)
    return own, right


# ── CaptionCell ──────────────────────────────────────────────────────────────────────────────────

STEP = ("token (B)", "h (B, H)", "features (B, L, F)")
SAID, STATE, LOOKED = RETURNS = ("logits (B, V)", "h (B, H)", "weights (B, L)")
with_right_attention = assuming(soft_attention=ATTENTION)


class CaptionCell(nn.Module):
    """One step, with the parameters of the assignment."""

    def __init__(self, V, E, F, H, A):
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        shapes = {"W_h": (A, H), "W_f": (A, F), "v": (A,)}
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        self.gru, self.head = nn.GRUCell(E + F, H), nn.Linear(H, V)

    def looks(self, h, features):
        """Return where it looks from a state, (B, L)."""
        asked = torch.einsum("ah,bh->ba", self.W_h, h).unsqueeze(1)
        hidden = torch.tanh(asked + torch.einsum("af,blf->bla", self.W_f, features))
        return torch.einsum("a,bla->bl", self.v, hidden).softmax(dim=1)

    def moves(self, token, h, features, weights):
        """Return the state after a step that has looked with these weights."""
        context = (weights.unsqueeze(1) @ features).squeeze(1)
        return self.gru(torch.cat([self.embedding.weight[token], context], dim=1), h)

    def forward(self, token, h, features):
        weights = self.looks(h, features)
        h = self.moves(token, h, features, weights)
        return self.head(h), h, weights.detach()


def step(draw, B=B, L=L, sizes=SIZES):
    """Draw words, states and features."""
    V, _, F, H, _ = sizes
    return draw.integers(1, V, B), draw(B, H), draw(B, L, F)  # word 0 may be a padding_idx


def stepped(cell, given):
    """Return the logits, the state and the weights of a step, and require their shapes."""
    shapes = {SAID: (B, V), STATE: (B, H), LOOKED: (B, L)}
    return call(cell, *given, takes=STEP, shapes=shapes)


@question("CaptionCell")
@points(2)
@with_right_attention
def test_the_parts_give_logits_a_state_and_weights(student, draw):
    """The parts have their names and sizes; a step gives logits, the next state and weights."""
    cell = student.CaptionCell(*SIZES)
    parameters_are(cell, {n: p.shape for n, p in CaptionCell(*SIZES).named_parameters()})
    stepped(cell, step(draw))


@question("CaptionCell")
@points(4)
@needs(test_the_parts_give_logits_a_state_and_weights)
@with_right_attention
def test_it_looks_from_the_state_before(student, draw):
    """The weights are those of the attention from the state before the step."""
    # Hint: Print which state, which features and which parameters attention is given in your step.
    cell, right = twins(student, draw, CaptionCell)
    given = step(draw)
    _, _, weights = stepped(cell, given)
    due = right.looks(*given[1:]).detach()
    equal(weights, due, "They do not follow from the state before the step", LOOKED)


@question("CaptionCell")
@points(5)
@needs(test_the_parts_give_logits_a_state_and_weights)
@with_right_attention
def test_the_gru_reads_the_word_and_what_was_seen(student, draw):
    """The next state is what `gru` makes of [embedding; context] and of the state before."""
    # Hint: Print the two parts that the GRU reads, and compare them with `embedding` of the word
    #   and with the context of `soft_attention`.
    # Hint: And which state does it start from?
    cell, right = twins(student, draw, CaptionCell)
    given = step(draw)
    _, h, weights = stepped(cell, given)
    due = right.moves(*given, weights).detach()
    equal(h, due, "The state does not follow from the word and from your weights", STATE)


@question("CaptionCell")
@points(4)
@needs(test_the_parts_give_logits_a_state_and_weights)
@with_right_attention
def test_the_next_word_follows_from_the_new_state(student, draw):
    """The logits are what `head` makes of the state after the step, without a softmax."""
    cell, right = twins(student, draw, CaptionCell)
    logits, h, _ = stepped(cell, step(draw))
    if ((logits.exp().sum(dim=1) - 1).abs() < 1e-4).all() or (
        (logits.sum(dim=1) - 1).abs() < 1e-4
    ).all():
        raise Failure("These are probabilities: return the logits as they come from `head`.")
    equal(logits, right.head(h).detach(), "The logits do not follow from your new state", SAID)


@question("CaptionCell")
@points(3)
@needs(
    test_it_looks_from_the_state_before,
    test_the_gru_reads_the_word_and_what_was_seen,
    test_the_next_word_follows_from_the_new_state,
)
@with_right_attention
def test_gradients_reach_the_state_the_picture_and_all_parts(student, draw):
    """The gradients for h, the features and all parameters are right."""
    agree(*twins(student, draw, CaptionCell), *step(draw), takes=STEP, returns=RETURNS)


@question("CaptionCell")
@points(1)
@needs(
    test_it_looks_from_the_state_before,
    test_the_gru_reads_the_word_and_what_was_seen,
    test_the_next_word_follows_from_the_new_state,
)
@with_right_attention
def test_a_step_of_any_sizes(student, draw):
    """One picture, one place, all sizes equal, and as many pictures as places."""
    (many,) = draw.integers(130, 150, 1).tolist()
    each = ((1, 5, SIZES), (3, 1, SIZES), (4, 4, (4,) * 5), (5, 5, SIZES), (many, 2, SIZES))
    with torch.no_grad():
        for B, L, sizes in each:
            cell, right = twins(student, draw, CaptionCell, sizes)
            agree(cell.train(B > 3), right, *step(draw, B, L, sizes), takes=STEP, returns=RETURNS)


@question("CaptionCell")
@points(1)
@needs(test_the_gru_reads_the_word_and_what_was_seen)
@with_right_attention
def test_a_step_leaves_everything_as_it_was(student, draw):
    """Nothing is changed in place or remembered, and nothing else learns."""
    cell, right = twins(student, draw, CaptionCell)
    no_others(cell, [name for name, _ in right.named_parameters()])
    given = step(draw)
    if parameters_made(student, "CaptionCell", *given, make=SIZES):
        raise Failure("Each call makes parameters: make them once, in __init__.")
    pure(cell.train(), *given, takes=STEP)


# ── Captioner ────────────────────────────────────────────────────────────────────────────────────

GIVEN = ("features (B, L, F)", "captions (B, T)", "bos")
LOGITS, WEIGHTS = SEEN = ("logits (B, T, V)", "weights (B, T, L)")
with_right_parts = assuming(soft_attention=ATTENTION, CaptionCell=CELL)


class Captioner(nn.Module):
    """Says captions that are known, word by word."""

    def __init__(self, V, E, F, H, A):
        super().__init__()
        self.start, self.cell = nn.Linear(F, H), CaptionCell(V, E, F, H, A)

    def forward(self, features, captions, bos):
        h = self.start(features.sum(dim=1) / features.shape[1]).tanh()
        read = torch.cat([torch.full_like(captions[:, :1], bos), captions[:, :-1]], dim=1)
        steps = []
        for token in read.T:
            logits, h, weights = self.cell(token, h, features)
            steps.append((logits, weights))
        return tuple(torch.stack(each, dim=1) for each in zip(*steps, strict=True))


def captioned(draw, B=B, L=L, T=T, sizes=SIZES):
    """Draw features, captions and the word for the beginning, which is not that of the notebook."""
    V, _, F, _, _ = sizes
    return draw(B, L, F), draw.integers(1, V, B, T), int(draw.integers(2, V, 1))


def spoken(model, given):
    """Return the logits and weights, and require their shapes."""
    return call(model, *given, takes=GIVEN, shapes={LOGITS: (B, T, V), WEIGHTS: (B, T, L)})


@question("Captioner")
@points(1)
@with_right_parts
def test_every_word_has_logits_and_weights(student, draw):
    """There are logits and weights for each word of each caption."""
    model = student.Captioner(*SIZES)
    parameters_are(model, {n: p.shape for n, p in Captioner(*SIZES).named_parameters()})
    spoken(model, captioned(draw))


@question("Captioner")
@points(3)
@needs(test_every_word_has_logits_and_weights)
@with_right_parts
def test_the_first_step_reads_bos(student, draw):
    """The first logits are those of a step from `begin` that reads bos."""
    model, right = twins(student, draw, Captioner)
    given = captioned(draw)
    logits, _ = spoken(model, given)
    due, _ = right(*given)
    equal(logits[:, 0], due[:, 0].detach(), "At the first step", "logits (B, V)")


@question("Captioner")
@points(4)
@needs(test_the_first_step_reads_bos)
@with_right_parts
def test_each_step_reads_the_true_word_before(student, draw):
    """At every later step, the true word before is read, and the state goes on."""
    model, right = twins(student, draw, Captioner)
    given = captioned(draw)
    logits, _ = spoken(model, given)
    due, _ = right(*given)
    for t in range(1, T):
        equal(logits[:, t], due[:, t].detach(), f"At step {t}", "logits (B, V)")


@question("Captioner")
@points(2)
@needs(test_every_word_has_logits_and_weights)
@with_right_parts
def test_each_word_has_the_weights_of_its_step(student, draw):
    """The weights are those of every step, in the order of the words."""
    model, right = twins(student, draw, Captioner)
    given = captioned(draw)
    _, weights = spoken(model, given)
    equal(weights, right(*given)[1].detach(), "They are not those of its steps", WEIGHTS)


@question("Captioner")
@points(2)
@needs(test_each_step_reads_the_true_word_before)
@with_right_parts
def test_gradients_go_back_through_the_sentence(student, draw):
    """The gradients for the features and all parameters are right, back to the first step."""
    agree(*twins(student, draw, Captioner), *captioned(draw), takes=GIVEN, returns=SEEN)


@question("Captioner")
@points(1)
@needs(test_each_step_reads_the_true_word_before)
@with_right_parts
def test_captions_of_any_sizes(student, draw):
    """One picture, word or place, and all sizes equal."""
    (many,) = draw.integers(130, 150, 1).tolist()
    with torch.no_grad():
        for size in ((1, 5, 4), (3, 5, 1), (3, 1, 2), (4, 4, 4), (many, 2, 2)):
            sizes = (4,) * 5 if size == (4, 4, 4) else SIZES
            model, right = twins(student, draw, Captioner, sizes)
            agree(
                model.train(size[0] > 3),
                right,
                *captioned(draw, *size, sizes),
                takes=GIVEN,
                returns=SEEN,
            )


@question("Captioner")
@points(1)
@needs(test_the_first_step_reads_bos)
@with_right_parts
def test_nothing_is_left_of_a_sentence(student, draw):
    """Neither features nor captions are changed, and nothing is remembered of a sentence."""
    model, _ = twins(student, draw, Captioner)
    features, words, bos = captioned(draw)
    pure(model.train(), features, words, bos=bos, takes=GIVEN[:2])
