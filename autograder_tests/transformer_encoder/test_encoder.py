"""Hidden checks of Encoder; the oracle stacks torch's own layers, with the same parameters.

A slip in an earlier question costs nothing here: right parts take their place.
"""

from functools import partial

import torch
from torch import nn

from grader.checks import (
    Failure,
    agree,
    agree_on_each,
    assuming,
    call_on_each,
    equal,
    make_each,
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

TAKES, Y = ("ids (B, T)", "lengths (B)"), "y (B, T, d_model)"
agree = partial(agree, takes=TAKES, returns=(Y,))
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "out_proj")

with_right_parts = assuming(
    positional_encoding="""
import torch

def positional_encoding(length, d_model, dtype=None):
    p = torch.arange(length, dtype=dtype)[:, None]
    j = torch.arange(d_model, dtype=dtype)
    angles = p * 10000 ** (-(j - j % 2) / d_model)
    return torch.where(j % 2 == 0, angles.sin(), angles.cos()).to(dtype)
""",
    padding_mask="""
import torch

def padding_mask(lengths, T):
    return (torch.arange(T) < lengths[:, None])[:, None, None]
""",
    EncoderLayer="""
import torch
from torch import nn

class Attention(nn.Module):
    def __init__(self, d_model, num_heads, dropout):
        super().__init__()
        self.q_proj, self.k_proj = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)
        self.v_proj, self.out_proj = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)
        self.num_heads, self.dropout = num_heads, nn.Dropout(dropout)

    def forward(self, x, mask):
        each = (self.q_proj, self.k_proj, self.v_proj)
        q, k, v = (f(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for f in each)
        scores = q @ k.mT * q.shape[-1] ** -0.5
        if mask is not None:
            scores = torch.where(mask, scores, float("-inf"))
        heads = self.dropout(scores.softmax(dim=-1)) @ v
        return self.out_proj(heads.transpose(1, 2).flatten(2))

class EncoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = Attention(d_model, num_heads, dropout)
        self.feed_forward = nn.Sequential()
        self.feed_forward.add_module("linear1", nn.Linear(d_model, d_ff))
        self.feed_forward.add_module("relu", nn.ReLU())
        self.feed_forward.add_module("linear2", nn.Linear(d_ff, d_model))
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.dropout, self.norm_first = nn.Dropout(dropout), norm_first

    def forward(self, x, mask=None):
        def attend(x):
            return self.dropout(self.self_attn(x, mask))

        if self.norm_first:
            x = x + attend(self.norm1(x))
            return x + self.dropout(self.feed_forward(self.norm2(x)))
        x = self.norm1(x + attend(x))
        return self.norm2(x + self.dropout(self.feed_forward(x)))
""",
)


class TorchLayer(nn.Module):
    """Torch's own layer; its parameters have the names of the assignment."""

    def __init__(self, d_model, num_heads, d_ff):
        super().__init__()
        self.self_attn = nn.ModuleDict({n: nn.Linear(d_model, d_model) for n in PROJECTIONS})
        self.feed_forward = nn.ModuleDict(
            {"linear1": nn.Linear(d_model, d_ff), "linear2": nn.Linear(d_ff, d_model)}
        )
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        torchs = nn.TransformerEncoderLayer(d_model, num_heads, d_ff, 0.0, batch_first=True)
        self.torchs = (torchs,)  # a tuple, so that its parameters are not taken for this one's

    def forward(self, x, padding):
        parameters = {n.removeprefix("feed_forward."): p for n, p in self.named_parameters()}
        for kind in ("weight", "bias"):
            three = [parameters.pop(f"self_attn.{name}.{kind}") for name in PROJECTIONS[:3]]
            parameters[f"self_attn.in_proj_{kind}"] = torch.cat(three)
        hidden = {"src_key_padding_mask": padding}
        return torch.func.functional_call(self.torchs[0], parameters, (x,), hidden)


class TorchEncoder(nn.Module):
    """Torch's own layers on embeddings and positions. At padding it returns 0."""

    __name__ = "Encoder"

    def __init__(self, vocab_size, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.layers = nn.ModuleList(TorchLayer(d_model, num_heads, d_ff) for _ in range(num_layers))

    def forward(self, ids, lengths):
        T, d = ids.size(1), self.embedding.embedding_dim
        turns = torch.arange(T)[:, None] / 10000 ** (torch.arange(0, d, 2) / d)
        encoding = torch.view_as_real(torch.polar(torch.ones_like(turns), turns)).flip(-1)
        x = self.embedding(ids) * d**0.5 + encoding.flatten(1)[:, :d]
        padding = torch.arange(T) >= lengths[:, None]  # (B, T)
        for layer in self.layers:
            x = layer(x, padding)
        return x.masked_fill(padding[..., None], 0.0)


class Words(nn.Module):
    """What an encoder makes of words, and 0 at padding, where anything may stand."""

    __name__ = "Encoder"

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, ids, lengths):
        padding = torch.arange(ids.size(1)) >= lengths[:, None]
        return self.encoder(ids, lengths).masked_fill(padding[..., None], 0.0)


def shapes_of(num_layers, *sizes):
    """Return the shapes that the parameters should have."""
    oracle = TorchEncoder(*(sizes or (11, 12, 3, 20)), num_layers)
    return {name: p.shape for name, p in oracle.named_parameters()}


def twins(student, draw, num_layers, *sizes):
    """Return what the student's encoder and the oracle make of words, with equal parameters."""
    sizes = sizes or (11, 12, 3, 20)
    oracle = draw.fill(TorchEncoder(*sizes, num_layers))
    encoder = student.Encoder(*sizes, num_layers)
    transplant(oracle, encoder)
    return Words(encoder), Words(oracle)


def read(encoder, *each):
    """Return the student's vectors for each of several ids and lengths; require their shape."""
    shapes = [{Y: (*ids.shape, 12)} for ids, _ in each]
    return [y for (y,) in call_on_each(encoder, each, shapes, takes=TAKES)]


def require(student, draw, num_layers, said):
    """Require the values of an encoder for sentences without padding."""
    encoder, oracle = twins(student, draw, num_layers)
    ids, lengths = draw.integers(0, 11, 2, 5), torch.tensor([5, 5])
    (y,) = read(encoder, (ids, lengths))
    equal(y, oracle(ids, lengths).detach(), said, Y)


@question("Encoder")
@points(1)
@with_right_parts
def test_every_word_gets_a_vector(student, draw):
    """Ids (B, T) become (B, T, d_model); embedding and layers.0 hold all parameters of a layer."""
    encoder = student.Encoder(11, 12, 3, 20, 1)
    read(encoder, (draw.integers(0, 11, 2, 5), torch.tensor([5, 5])))
    parameters_are(encoder, shapes_of(1))


@question("Encoder")
@points(1)
@needs(test_every_word_gets_a_vector)
@with_right_parts
def test_every_layer_has_parameters_of_its_own(student, draw):
    """With num_layers=3 there are layers.0, layers.1 and layers.2, none of which is another one."""
    encoder, due = student.Encoder(11, 12, 3, 20, 3), shapes_of(3)
    names = {name for name, _ in encoder.named_parameters()}
    if names == shapes_of(1).keys():
        raise Failure("All layers are one and the same: there are parameters for a single one.")
    parameters_are(encoder, due)


@question("Encoder")
@points(5)
@needs(test_every_word_gets_a_vector)
@with_right_parts
def test_a_layer_reads_scaled_embeddings_and_positions(student, draw):
    """With one layer, it reads √d_model times the embedding, plus the position's encoding."""
    # Hint: Print what your first layer is given for a single word, feature by feature: root of d
    #   times the embedding, plus 0, 1, 0, 1, …
    # Hint: Set the embedding to 0, and then take the positions away. Which of the two parts is off?
    require(student, draw, 1, "With one layer, and without padding")


@question("Encoder")
@points(4)
@needs(
    test_a_layer_reads_scaled_embeddings_and_positions, test_every_layer_has_parameters_of_its_own
)  # fmt: skip
@with_right_parts
def test_each_layer_reads_the_one_below(student, draw):
    """With several layers, layer n reads what layer n - 1 has made, and the last one's counts."""
    # Hint: With two layers, print the sum of what each of them reads, and of what each of them
    #   gives. Which should be equal?
    for num_layers in (3, 2):
        require(student, draw, num_layers, f"With num_layers={num_layers}, and without padding")


@question("Encoder")
@points(1)
@needs(test_every_word_gets_a_vector)
@with_right_parts
def test_the_order_of_words_matters(student, draw):
    """The same words in another order do not get the same vectors in another order."""
    encoder, lengths = draw.fill(student.Encoder(11, 12, 3, 20, 1)), torch.tensor([5])
    ids, order = torch.tensor([[4, 7, 1, 9, 2]]), torch.tensor([3, 0, 4, 1, 2])
    y, again, other = read(encoder, *[(ids, lengths)] * 2, (ids[:, order], lengths))
    equal(again, y, "At a second call", Y)
    if torch.isclose(other, y[:, order], atol=1e-4).all(dim=-1).any():
        raise Failure("In another order of the words, a word has the same vector as before.")


def require_same(found, due, said):
    """Require equal vectors for words; what padding gives away may be a little."""
    if not torch.allclose(found, due, rtol=0.0, atol=1e-4):
        raise Failure(said, where(found, due, Y))


@question("Encoder")
@points(3)
@needs(test_every_word_gets_a_vector)
@with_right_parts
def test_what_stands_at_padding_has_no_influence(student, draw):
    """Words get the same vectors, whatever ids stand behind them; but not, whatever words do."""
    encoder, lengths = student.Encoder(11, 12, 3, 20, 2), torch.tensor([3, 5, 1])
    encoder = Words(draw.fill(encoder))
    ids, others = draw.integers(0, 5, 3, 5), draw.integers(6, 11, 3, 5)
    padding = torch.arange(5) >= lengths[:, None]
    each = [(ids, lengths), (ids.where(~padding, others), lengths), (others, lengths)]
    y, padded, said = read(encoder, *each)
    if torch.allclose(y, said, atol=1e-4):
        raise Failure("The words themselves have no influence.")
    require_same(padded, y, "With other padding behind them, words get other vectors.")


@question("Encoder")
@points(2)
@needs(test_every_word_gets_a_vector)
@with_right_parts
def test_words_get_the_vectors_that_they_get_alone(student, draw):
    """A sentence that is filled up in a batch gets what it gets alone, without padding."""
    encoder = Words(draw.fill(student.Encoder(11, 12, 3, 20, 2)))
    ids, lengths = draw.integers(0, 11, 3, 5), torch.tensor([3, 5, 2])
    rows = [(ids[b : b + 1, :n], lengths[b : b + 1]) for b, n in enumerate(lengths.tolist())]
    y, *alone = read(encoder, (ids, lengths), *rows)
    if torch.allclose(y[0, :2], y[2, :2], atol=1e-4):
        raise Failure("Different words get the same vectors.")
    for b, (own,) in enumerate(alone):
        n = len(own)
        said = f"In a batch, a sentence of {n} words gets other vectors than alone."
        require_same(y[b : b + 1, :n], own[None], said)


@question("Encoder")
@points(1)
@needs(
    test_each_layer_reads_the_one_below, test_what_stands_at_padding_has_no_influence,
    test_words_get_the_vectors_that_they_get_alone,
)  # fmt: skip
@with_right_parts
def test_gradients_reach_all_layers_and_the_embedding(student, draw):
    """The gradients for all parameters are right, and none comes from padding."""
    ids, lengths = draw.integers(0, 11, 3, 5), torch.tensor([4, 5, 2])
    agree(*twins(student, draw, 2), ids, lengths)


@question("Encoder")
@points(1)
@needs(test_a_layer_reads_scaled_embeddings_and_positions)
@with_right_parts
def test_an_encoder_takes_any_sizes(student, draw):
    """One sentence or a hundred, one word, all sizes equal; no sentence as long as T."""
    (many,) = draw.integers(130, 150, 1).tolist()
    usual = (11, 12, 3, 20, 1)
    sizes = [usual, usual, (4, 4, 4, 4, 1), (2, 2, 1, 3, 1)]
    oracles = [draw.fill(TorchEncoder(*each)) for each in sizes]
    encoders = make_each(student.Encoder, sizes)
    for pair in zip(oracles, encoders, strict=True):
        transplant(*pair)
    encoders = [encoder.train(number % 2 == 0) for number, encoder in enumerate(encoders)]
    shapes = ((1, 5), (3, 1), (4, 4), (many, 3))
    each = [
        (draw.integers(0, vocab_size, B, T), torch.full((B,), T))
        for (B, T), (vocab_size, *_) in zip(shapes, sizes, strict=True)
    ]
    with torch.no_grad():
        agree_on_each(encoders, oracles, each, takes=TAKES, returns=(Y,))
        agree(*twins(student, draw, 1), draw.integers(0, 11, 2, 6), torch.tensor([4, 4]))


@question("Encoder")
@points(1)
@needs(test_a_layer_reads_scaled_embeddings_and_positions)
@with_right_parts
def test_an_encoder_keeps_nothing_and_changes_nothing(student, draw):
    """Nothing is random, kept or changed in place, and there are no other parameters."""
    ids, lengths = draw.integers(0, 11, 2, 5), torch.tensor([3, 5])
    encoder, _ = twins(student, draw, 1)
    pure(encoder.train(), ids, lengths, takes=TAKES)
    no_others(student.Encoder(11, 12, 3, 20, 1), shapes_of(1))
    if parameters_made(student, "Encoder", ids, lengths, make=(11, 12, 3, 20, 1)):
        raise Failure("Each call makes parameters: make them once, in __init__.")
