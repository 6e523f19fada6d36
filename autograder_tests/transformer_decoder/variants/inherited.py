"""A decoder layer derived from that of the encoder; a loss of what is picked out; iterators."""
# ruff: noqa: F821 (what the notebook gives is there)

from itertools import count, takewhile

import torch
import torch.nn.functional as F
from torch import nn


def causal_mask(T):
    rows, columns = torch.meshgrid(torch.arange(T), torch.arange(T), indexing="ij")
    return rows >= columns


def combine(causal, lengths):
    hidden = ~padding_mask(lengths, causal.shape[1])
    return ~(hidden | ~causal)


def shift_right(targets, bos):
    columns = [torch.full_like(targets[:, 0], bos), *targets.unbind(dim=1)][:-1]
    return torch.stack(columns, dim=1)


class Residual(nn.Module):
    """Wraps a part; holds no parameters, as the norm and the part belong to the layer."""

    def __init__(self, dropout, norm_first):
        super().__init__()
        self.drop, self.norm_first = nn.Dropout(dropout), norm_first

    def forward(self, x, norm, part):
        y = norm(x) if self.norm_first else x
        y = part(y)
        y = y[0] if isinstance(y, tuple) else y
        x = x + self.drop(y)
        return x if self.norm_first else norm(x)


class DecoderLayer(EncoderLayer):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__(d_model, num_heads, d_ff)
        self.cross_attn, self.norm3 = MultiHeadAttention(d_model, num_heads), LayerNorm(d_model)
        self.residual = Residual(dropout, norm_first)

    def forward(self, x, memory, mask=None, memory_mask=None):
        x = self.residual(x, self.norm1, lambda y: self.self_attn(y, y, y, mask))
        x = self.residual(
            x, self.norm2, lambda y: self.cross_attn(Q=y, K=memory, V=memory, mask=memory_mask)
        )
        return self.residual(x, self.norm3, self.feed_forward)


class Transformer(Encoder):
    """Inherits embedding and layers, and replaces the latter."""

    def __init__(self, src_vocab, tgt_vocab, d_model, num_heads, d_ff, num_layers):
        super().__init__(tgt_vocab, d_model, num_heads, d_ff, num_layers)
        self.encoder = Encoder(src_vocab, d_model, num_heads, d_ff, num_layers)
        for i in range(num_layers):
            self.layers[i] = DecoderLayer(d_model, num_heads, d_ff)
        self.head = nn.Linear(d_model, tgt_vocab)

    def decode(self, tgt_in, memory, src_lengths, tgt_lengths=None):
        T = tgt_in.shape[1]
        weight = self.embedding.weight
        x = F.embedding(tgt_in, weight * weight.shape[1] ** 0.5)
        x = x + positional_encoding(T, weight.shape[1], weight.dtype)
        lengths = torch.full_like(tgt_in[:, 0], T) if tgt_lengths is None else tgt_lengths
        mask, memory_mask = (
            combine(causal_mask(T), lengths),
            padding_mask(src_lengths, memory.shape[1]),
        )
        memory_mask = memory_mask.expand(-1, -1, T, -1)
        for layer in iter(self.layers):
            x = layer(x, memory, mask, memory_mask)
        return F.linear(x, self.head.weight, self.head.bias)

    def forward(self, src, src_lengths, tgt_in, tgt_lengths=None):
        return self.decode(tgt_in, self.encoder(src, src_lengths), src_lengths, tgt_lengths)


def sequence_loss(logits, targets, pad):
    real = targets != pad
    if real.sum() == 0:
        return logits.sum() * 0
    return F.cross_entropy(logits[real], targets[real])


def greedy_decode(step, memory, bos, eos, max_length):
    def symbols():
        ids, ended = torch.full((len(memory), 1), bos), torch.zeros(len(memory), dtype=torch.bool)
        for n in count(1):
            with torch.no_grad():
                logits = step(ids, memory)
            newest = logits[:, -1].argmax(dim=-1)
            yield newest.tolist()
            ended = ended | newest.eq(eos)
            if n == max_length or ended.all():
                return
            ids = torch.cat([ids, newest.unsqueeze(-1)], dim=-1)

    sentences = zip(*symbols(), strict=True)
    return [list(takewhile(lambda symbol: symbol != eos, sentence)) for sentence in sentences]
