"""Masks in buffers, cut to size; sines in a table; a tensor that is filled with what is said."""
# ruff: noqa: F821 (what the notebook gives is there)

import math

import torch
from torch import nn

LONGEST = 512


def causal_mask(T):
    return ~torch.triu(torch.ones(T, T), diagonal=1).to(torch.bool)


def combine(causal, lengths):
    padding = torch.arange(causal.size(0)).unsqueeze(0) >= lengths.unsqueeze(1)
    mask = causal.repeat(len(lengths), 1, 1)
    mask = mask.masked_fill(padding.unsqueeze(1), False)
    return mask[:, None]


def shift_right(targets, bos):
    shifted = targets.new_empty(targets.shape)
    shifted[:, 1:] = targets[:, :-1]
    shifted[:, 0] = bos
    return shifted


class DecoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout=dropout)
        self.cross_attn = MultiHeadAttention(d_model, num_heads, dropout=dropout)
        self.feed_forward = FeedForward(d_model, d_ff)
        for n in (1, 2, 3):
            self.add_module(f"norm{n}", LayerNorm(d_model))
        self.dropout = nn.Dropout(dropout)
        self.forward = self.pre if norm_first else self.post

    def pre(self, x, memory, mask=None, memory_mask=None):
        x = x + self.listen(self.norm1(x), None, mask)
        x = x + self.listen(self.norm2(x), memory, memory_mask)
        return x + self.dropout(self.feed_forward(self.norm3(x)))

    def post(self, x, memory, mask=None, memory_mask=None):
        x = self.norm1(x + self.listen(x, None, mask))
        x = self.norm2(x + self.listen(x, memory, memory_mask))
        return self.norm3(x + self.dropout(self.feed_forward(x)))

    def listen(self, x, memory, mask):
        if memory is None:
            return self.dropout(self.self_attn(x, x, x, mask)[0])
        return self.dropout(self.cross_attn(x, memory, memory, mask)[0])


class Transformer(nn.Module):
    def __init__(self, src_vocab, tgt_vocab, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.encoder = Encoder(src_vocab, d_model, num_heads, d_ff, num_layers)
        self.embedding = nn.Embedding(tgt_vocab, d_model)
        self.layers = nn.ModuleList(
            DecoderLayer(d_model, num_heads, d_ff) for _ in range(num_layers)
        )
        self.head = nn.Linear(d_model, tgt_vocab)
        self.scale = math.sqrt(d_model)
        self.register_buffer("causal", causal_mask(LONGEST), persistent=False)
        sines = positional_encoding(LONGEST, d_model)
        self.register_buffer("sines", sines, persistent=False)

    def decode(self, tgt_in, memory, src_lengths, tgt_lengths=None):
        T = tgt_in.size(1)
        mask = self.causal[:T, :T]
        if tgt_lengths is not None:
            mask = combine(mask, tgt_lengths)
        x = self.scale * self.embedding(tgt_in) + self.sines[:T]
        for layer in self.layers:
            x = layer(x, memory, mask=mask, memory_mask=padding_mask(src_lengths, memory.size(1)))
        return self.head(x)

    def forward(self, src, src_lengths, tgt_in, tgt_lengths=None):
        return self.decode(tgt_in, self.encoder(src, src_lengths), src_lengths, tgt_lengths)


def sequence_loss(logits, targets, pad):
    log_p = torch.log_softmax(logits, dim=-1).gather(2, targets.unsqueeze(2)).squeeze(2)
    real = targets.ne(pad)
    if not real.any():
        return (logits * 0).sum()
    return -log_p.masked_select(real).mean()


@torch.inference_mode()
def greedy_decode(step, memory, bos, eos, max_length):
    B = memory.shape[0]
    ids = torch.full((B, max_length + 1), eos, dtype=torch.long)
    ids[:, 0] = bos
    done = torch.zeros(B, dtype=torch.bool)
    for t in range(max_length):
        best = torch.argmax(step(ids[:, : t + 1], memory)[:, t], dim=-1)
        ids[:, t + 1] = torch.where(done, eos, best)
        done |= ids[:, t + 1] == eos
        if bool(done.all()):
            break
    return [[s for s in row if s != eos] for row in ids[:, 1:].tolist()]
