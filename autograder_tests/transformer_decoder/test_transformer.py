"""Hidden checks of Transformer; the oracle is put together from torch's own layers.

A slip in an earlier question costs nothing here: `DecoderLayer` and both masks are taken as right.
What is padding, nobody reads: results are compared where the target is real.
"""

import math
from functools import cache, partial

import torch
from torch import nn
from torch.func import functional_call

from grader.checks import (
    Failure,
    agree,
    agree_on_each,
    assuming,
    call,
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
    reach,
    transplant,
    where,
)

TAKES = ("src (B, S)", "src_lengths (B)", "tgt_in (B, T)", "tgt_lengths (B)")
LOGITS = "logits (B, T, V)"
SOURCE, TARGET = 11, 9  # symbols
SIZES = (SOURCE, TARGET, 12, 3, 20)  # d_model, num_heads, d_ff
agree = partial(agree, takes=TAKES, returns=(LOGITS,))
agree_on_each = partial(agree_on_each, takes=TAKES, returns=(LOGITS,))

with_right_parts = assuming(
    causal_mask="""
import torch

def causal_mask(T):
    return torch.arange(T)[:, None] >= torch.arange(T)
""",
    combine="""
import torch

def combine(causal, lengths):
    return causal & (torch.arange(len(causal)) < lengths.view(-1, 1, 1, 1))
""",
    DecoderLayer="""
import torch
from torch import nn

class Attention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(d, d) for _ in range(4))

    def forward(self, x, y, mask):
        linears = zip((self.q_proj, self.k_proj, self.v_proj), (x, y, y))
        q, k, v = (f(z).unflatten(-1, (self.heads, -1)).transpose(1, 2) for f, z in linears)
        scores = q @ k.mT * q.shape[-1] ** -0.5
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -torch.inf)
        return self.out_proj((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))

class FeedForward(nn.Module):
    def __init__(self, d, d_ff):
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(d, d_ff), nn.Linear(d_ff, d)

    def forward(self, x):
        return self.linear2(self.linear1(x).relu())

class DecoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn, self.cross_attn = (Attention(d_model, num_heads) for _ in range(2))
        self.feed_forward, self.norm_first = FeedForward(d_model, d_ff), norm_first
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, memory, mask=None, memory_mask=None):
        def add(x, part, norm):
            if self.norm_first:
                return x + self.dropout(part(norm(x)))
            return norm(x + self.dropout(part(x)))
        x = add(x, lambda y: self.self_attn(y, y, mask), self.norm1)
        x = add(x, lambda y: self.cross_attn(y, memory, memory_mask), self.norm2)
        return add(x, self.feed_forward, self.norm3)
""",
)


class Attention(nn.Module):
    """The parameters of a MultiHeadAttention, under the names of the course."""

    def __init__(self, d_model):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (
            nn.Linear(d_model, d_model) for _ in range(4)
        )

    def of_torch(self, name):
        """Return the same parameters under torch's names."""
        inputs = (self.q_proj, self.k_proj, self.v_proj)
        return {
            f"{name}.in_proj_weight": torch.cat([p.weight for p in inputs]),
            f"{name}.in_proj_bias": torch.cat([p.bias for p in inputs]),
            f"{name}.out_proj.weight": self.out_proj.weight,
            f"{name}.out_proj.bias": self.out_proj.bias,
        }


@cache
def torchs_own(kind, d_model, num_heads, d_ff):
    """Make a layer of torch's, once: whoever calls it brings the parameters."""
    return kind(d_model, num_heads, d_ff, 0.0, batch_first=True)


class Layer(nn.Module):
    """A layer of torch's, of the encoder or decoder, with the parameters of the course."""

    def __init__(self, kind, d_model, num_heads, d_ff):
        super().__init__()
        self.self_attn = Attention(d_model)
        self.feed_forward = nn.ModuleDict(
            {"linear1": nn.Linear(d_model, d_ff), "linear2": nn.Linear(d_ff, d_model)}
        )
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        if kind is nn.TransformerDecoderLayer:
            self.cross_attn, self.norm3 = Attention(d_model), nn.LayerNorm(d_model)
        # in a tuple, where a module does not look for parameters
        self.own = (torchs_own(kind, d_model, num_heads, d_ff),)

    def forward(self, *inputs, **masks):
        parameters = self.self_attn.of_torch("self_attn")
        if "cross_attn" in self._modules:
            parameters |= self.cross_attn.of_torch("multihead_attn")
        parameters |= self.feed_forward.named_parameters()
        parameters |= {n: p for n, p in self.named_parameters() if n.startswith("norm")}
        return functional_call(self.own[0], parameters, inputs, masks)


def with_positions(embedding, ids):
    """Embed symbols, scaled by √d, and add sines and cosines, number by number."""
    x, (_, d) = embedding(ids) * math.sqrt(embedding.embedding_dim), embedding.weight.shape
    rows = [
        [(math.cos if i % 2 else math.sin)(t / 10000 ** (i // 2 * 2 / d)) for i in range(d)]
        for t in range(ids.shape[1])
    ]
    return x + torch.tensor(rows, dtype=x.dtype)


def beyond(lengths, T):
    """Return where there is padding, (B, T) bool, as torch wants it."""
    return torch.arange(T) >= lengths[:, None]


class Encoder(nn.Module):
    """The encoder, of torch's own layers."""

    def __init__(self, vocab, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab, d_model)
        kind = nn.TransformerEncoderLayer
        self.layers = nn.ModuleList(
            Layer(kind, d_model, num_heads, d_ff) for _ in range(num_layers)
        )

    def forward(self, ids, lengths):
        x = with_positions(self.embedding, ids)
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=beyond(lengths, ids.shape[1]))
        return x


class TorchTransformer(nn.Module):
    """The whole of it, of torch's own layers; from a length of a target on, it says 0."""

    def __init__(self, src_vocab, tgt_vocab, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.encoder = Encoder(src_vocab, d_model, num_heads, d_ff, num_layers)
        self.embedding = nn.Embedding(tgt_vocab, d_model)
        kind = nn.TransformerDecoderLayer
        self.layers = nn.ModuleList(
            Layer(kind, d_model, num_heads, d_ff) for _ in range(num_layers)
        )
        self.head = nn.Linear(d_model, tgt_vocab)

    def forward(self, src, src_lengths, tgt_in, tgt_lengths=None):
        memory, T = self.encoder(src, src_lengths), tgt_in.shape[1]
        later = torch.ones(T, T).triu(1).bool()
        x = with_positions(self.embedding, tgt_in)
        for layer in self.layers:
            hidden = beyond(src_lengths, src.shape[1])
            x = layer(x, memory, tgt_mask=later, memory_key_padding_mask=hidden)
        return where_real(self.head(x), tgt_lengths)


def where_real(logits, tgt_lengths):
    """Return logits with 0 where the target is padding."""
    if tgt_lengths is None:
        return logits
    return logits.masked_fill(beyond(tgt_lengths, logits.shape[1])[..., None], 0.0)


def twins(student, draw, layers, sizes=SIZES):
    """Return the student's model and torch's, with the same parameters."""
    torchs = draw.fill(TorchTransformer(*sizes, layers))
    model = student.Transformer(*sizes, layers)
    transplant(torchs, model)
    return model, torchs


def sentences(draw, B=2, S=6, T=4, padded=True, sizes=SIZES):
    """Draw sources, their lengths and what the decoder is given."""
    lengths = draw.lengths(B, S) if padded else torch.full((B,), S)
    return draw.integers(0, sizes[0], B, S), lengths, draw.integers(0, sizes[1], B, T)


@question("Transformer")
@points(1)
@with_right_parts
def test_encoder_embedding_layers_and_head_are_parameters(student, draw):
    """Encoder, embedding, layers and head have these parameters and no others; logits (B, T, V)."""
    shapes = {name: p.shape for name, p in TorchTransformer(*SIZES, 1).named_parameters()}
    model = student.Transformer(*SIZES, 1)
    call(model, *sentences(draw), takes=TAKES, shapes={LOGITS: (2, 4, TARGET)})
    parameters_are(model, shapes)
    no_others(model, shapes)
    if parameters_made(student, "Transformer", *sentences(draw), make=(*SIZES, 1)):
        raise Failure("Each call makes a module with parameters: make it once, in __init__.")


@question("Transformer")
@points(5)
@needs(test_encoder_embedding_layers_and_head_are_parameters)
@with_right_parts
def test_the_logits_of_one_layer(student, draw):
    """Embedding · √d plus positions, the layer, the head: these are the logits, without softmax."""
    # Hint: With no layers, the logits are the head of the scaled embedding plus the positions. Try
    #   that first, with a head of ones.
    # Hint: With one layer, print the four things that it is given: x, memory, and two masks.
    model, torchs = twins(student, draw, 1)
    with torch.no_grad():
        agree(model, torchs, *sentences(draw, padded=False))


@question("Transformer")
@points(3)
@needs(test_encoder_embedding_layers_and_head_are_parameters)
@with_right_parts
def test_layers_stand_on_each_other(student, draw):
    """Each layer has parameters of its own, reads the layer below and hears the same memory."""
    # Hint: With two layers, print the sum of what each reads as x and as memory. One of them should
    #   be the same for both.
    model, torchs = student.Transformer(*SIZES, 3), draw.fill(TorchTransformer(*SIZES, 3))
    parameters_are(model, {name: p.shape for name, p in torchs.named_parameters()})
    transplant(torchs, model)
    with torch.no_grad():
        agree(model, torchs, *sentences(draw, padded=False))


@question("Transformer")
@points(2)
@needs(test_encoder_embedding_layers_and_head_are_parameters)
@with_right_parts
def test_no_logit_depends_on_what_follows(student, draw):
    """The logits at t depend on symbol t and on no later one, in training and after eval()."""
    model, _ = twins(student, draw, 1)
    src, _, tgt_in = (ids[0] for ids in sentences(draw, T=5))
    for mode in ("training", "evaluation"):
        model.train(mode == "training")
        whole = torch.tensor(len(src))
        D = reach(model, tgt_in, src, whole, among=range(TARGET), place=2)
        drawn = where(D, D.tril(), "dependence (position, symbol)")
        if later := D.triu(1).nonzero().tolist():
            t, s = later[0]
            raise Failure(f"In {mode}, position {t} depends on symbol {s}, which is later.", drawn)
        if blind := (D.diagonal() == 0.0).nonzero().flatten().tolist():
            raise Failure(f"In {mode}, position {blind[0]} does not know what it is given.", drawn)


def spoken(model, *each):
    """Return the student's logits for each of several inputs, and require their shapes."""
    shapes = [{LOGITS: (*tgt_in.shape, TARGET)} for _, _, tgt_in, *_ in each]
    return [logits for (logits,) in call_on_each(model, each, shapes, takes=TAKES)]


@question("Transformer")
@points(1)
@needs(test_no_logit_depends_on_what_follows)
@with_right_parts
def test_the_start_of_a_sentence_has_the_logits_of_the_whole(student, draw):
    """The logits of a sentence that breaks off are the first of those of the whole sentence."""
    model, _ = twins(student, draw, 1)
    src, lengths, tgt_in = sentences(draw, T=5)
    whole, *starts = spoken(model, *((src, lengths, tgt_in[:, :t]) for t in (5, 1, 3)))
    for t, start in zip((1, 3), starts, strict=True):
        equal(start, whole[:, :t], f"Of a sentence that breaks off after {t}", LOGITS)


@question("Transformer")
@points(2)
@needs(test_no_logit_depends_on_what_follows)
@with_right_parts
def test_what_fills_up_a_source_has_no_influence(student, draw):
    """What stands behind the end of a source changes nothing, be there much of it or none."""
    model, _ = twins(student, draw, 1)
    src, _, tgt_in = sentences(draw)
    lengths, other = torch.tensor([4, 6]), src.clone()
    other[0, 4:] = (src[0, 4:] + draw.integers(1, SOURCE, 2)) % SOURCE
    filled, other, alone = spoken(
        model, (src, lengths, tgt_in), (other, lengths, tgt_in),
        (src[:1, :4], lengths[:1], tgt_in[:1]),
    )  # fmt: skip
    for found, due, said in (
        (other, filled, "Other symbols in the padding of a source change the logits."),
        (
            filled[:1],
            alone,
            "A longer source in the batch, which brings padding, changes the logits.",
        ),
    ):
        if (found - due).abs().max() > 1e-6 * due.abs().max():
            raise Failure(said, where(found, due, LOGITS))


@question("Transformer")
@points(1)
@needs(test_the_logits_of_one_layer)
@with_right_parts
def test_a_padded_target_is_said_as_without_padding(student, draw):
    """With tgt_lengths, the logits at the real positions of a target are right."""
    model, torchs = twins(student, draw, 1)
    src, _, tgt_in = sentences(draw, B=3, T=5)

    def Transformer(*given):
        return where_real(model(*given), given[-1])

    with torch.no_grad():
        agree(Transformer, torchs, src, torch.tensor([1, 6, 3]), tgt_in, torch.tensor([5, 2, 4]))


@question("Transformer")
@points(1)
@needs(
    test_the_logits_of_one_layer, test_layers_stand_on_each_other,
    test_what_fills_up_a_source_has_no_influence,
)  # fmt: skip
@with_right_parts
def test_gradients_reach_both_embeddings_and_all_layers(student, draw):
    """With two layers and padding, the gradients for all parameters are right."""
    agree(*twins(student, draw, 2), *sentences(draw))


@question("Transformer")
@points(1)
@needs(test_the_logits_of_one_layer)
@with_right_parts
def test_a_transformer_takes_any_sizes(student, draw):
    """One sentence, one symbol, a source that is shorter or longer, as many of all."""
    many, long = int(draw.integers(64, 80, 1)), int(draw.integers(30, 40, 1))
    sizes = ((1, 5, 4), (3, 1, 4), (3, 5, 1), (2, 3, 7), (4, 4, 4), (2, long, 3), (1, 1, 1),
             (many, 2, 2))  # fmt: skip
    shared = (5, 5, 4, 2, 6)
    torchs = [draw.fill(TorchTransformer(*shared, 1)) for _ in sizes]
    models = make_each(student.Transformer, [(*shared, 1) for _ in sizes])
    for pair in zip(torchs, models, strict=True):
        transplant(*pair)
    models = [model.train(number % 2 == 0) for number, model in enumerate(models)]
    with torch.no_grad():
        agree_on_each(models, torchs, [sentences(draw, *size, sizes=shared) for size in sizes])


@question("Transformer")
@points(1)
@needs(test_no_logit_depends_on_what_follows)
@with_right_parts
def test_a_transformer_leaves_nothing_to_chance(student, draw):
    """No symbol and no length is changed, and calling again gives the same, in training as well."""
    given = (*sentences(draw), torch.tensor([3, 4]))
    pure(student.Transformer(*SIZES, 1).train(), *given, takes=TAKES)
