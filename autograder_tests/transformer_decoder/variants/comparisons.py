"""Masks by comparing positions; a dropout for each part; sentences cut off at their eos."""
# ruff: noqa: F821 (what the notebook gives is there)

import math

import torch
import torch.nn.functional as F
from torch import nn


def causal_mask(T):
    positions = torch.arange(T)
    return positions[None, :] <= positions[:, None]


def combine(causal, lengths):
    B, T = len(lengths), causal.size(-1)
    real = torch.arange(T).expand(B, T) < lengths.unsqueeze(1)
    return torch.logical_and(causal[None, None], real[:, None, None])


def shift_right(targets, bos):
    return F.pad(targets[:, :-1], (1, 0), value=bos)


class DecoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (
            LayerNorm(d_model),
            LayerNorm(d_model),
            LayerNorm(d_model),
        )
        self.self_attn = MultiHeadAttention(d_model, num_heads)
        self.cross_attn = MultiHeadAttention(d_model, num_heads)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.dropout1, self.dropout2, self.dropout3 = (nn.Dropout(dropout) for _ in range(3))
        self.norm_first = norm_first

    def forward(self, x, memory, mask=None, memory_mask=None):
        if self.norm_first:
            y = self.norm1(x)
            y, _ = self.self_attn(y, y, y, mask=mask)
            x = x + self.dropout1(y)
            y, _ = self.cross_attn(self.norm2(x), memory, memory, mask=memory_mask)
            x = x + self.dropout2(y)
            x = x + self.dropout3(self.feed_forward(self.norm3(x)))
        else:
            y, _ = self.self_attn(x, x, x, mask=mask)
            x = self.norm1(x + self.dropout1(y))
            y, _ = self.cross_attn(x, memory, memory, mask=memory_mask)
            x = self.norm2(x + self.dropout2(y))
            x = self.norm3(x + self.dropout3(self.feed_forward(x)))
        return x


class Transformer(nn.Module):
    def __init__(self, src_vocab, tgt_vocab, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.d_model = d_model
        self.encoder = Encoder(src_vocab, d_model, num_heads, d_ff, num_layers)
        self.embedding = nn.Embedding(tgt_vocab, d_model)
        layers = [DecoderLayer(d_model, num_heads, d_ff) for _ in range(num_layers)]
        self.layers = nn.ModuleList(layers)
        self.head = nn.Linear(d_model, tgt_vocab)

    def decode(self, tgt_in, memory, src_lengths, tgt_lengths=None):
        B, T = tgt_in.shape
        if tgt_lengths is None:
            tgt_lengths = torch.full((B,), T)
        mask = combine(causal_mask(T), tgt_lengths)
        memory_mask = padding_mask(src_lengths, memory.size(1))
        y = self.embedding(tgt_in) * self.d_model**0.5
        y = y + positional_encoding(T, self.d_model, y.dtype).unsqueeze(0)
        for layer in self.layers:
            y = layer(y, memory, mask, memory_mask)
        return self.head(y)

    def forward(self, src, src_lengths, tgt_in, tgt_lengths=None):
        return self.decode(tgt_in, self.encoder(src, src_lengths), src_lengths, tgt_lengths)


def sequence_loss(logits, targets, pad):
    V = logits.size(-1)
    total = F.cross_entropy(
        logits.reshape(-1, V), targets.reshape(-1), ignore_index=pad, reduction="sum"
    )
    n = int((targets != pad).sum())
    return total / n if n else total * 0.0


@torch.no_grad()
def greedy_decode(step, memory, bos, eos, max_length):
    B = memory.size(0)
    ids = torch.tensor([[bos]] * B)
    while ids.size(1) <= max_length and not (ids[:, 1:] == eos).any(dim=1).all():
        best = step(ids, memory)[:, -1, :].max(dim=-1).indices
        ids = torch.cat((ids, best.view(B, 1)), dim=1)
    sentences = []
    for row in ids[:, 1:].tolist():
        sentences.append(row[: row.index(eos)] if eos in row else row)
    assert all(len(sentence) <= max_length for sentence in sentences)
    assert math.isfinite(len(sentences))
    return sentences
