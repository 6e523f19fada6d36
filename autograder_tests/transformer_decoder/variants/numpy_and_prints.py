"""Masks and sentences in numpy; prints and asserts on the way; results as tuples and tensors."""
# ruff: noqa: F821 (what the notebook gives is there)

import numpy as np
import torch
from torch import nn


def causal_mask(T):
    mask = torch.from_numpy(np.tri(T, dtype=bool))
    print("causal mask", mask.shape)
    return mask


def combine(causal, lengths):
    real = np.arange(causal.shape[-1])[None, :] < lengths.numpy()[:, None]
    mask = causal.numpy()[None, None] & real[:, None, None]
    assert mask.shape == (len(lengths), 1, *causal.shape)
    return torch.from_numpy(mask)


def shift_right(targets, bos):
    array = np.insert(targets.numpy(), 0, bos, axis=1)[:, :-1]
    return torch.from_numpy(array)


class DecoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super(DecoderLayer, self).__init__()  # noqa: UP008
        self.self_attn = MultiHeadAttention(d_model, num_heads)
        self.cross_attn = MultiHeadAttention(d_model, num_heads)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1 = nn.LayerNorm(d_model, eps=1e-5)
        self.norm2 = nn.LayerNorm(d_model, eps=1e-5)
        self.norm3 = nn.LayerNorm(d_model, eps=1e-5)
        self.dropout = nn.Dropout(p=dropout)
        self.norm_first = norm_first

    def forward(self, x, memory, mask=None, memory_mask=None):
        assert x.dim() == 3 and memory.dim() == 3 and x.shape[2] == memory.shape[2]
        print(f"x {tuple(x.shape)}, memory {tuple(memory.shape)}")
        residual = x
        if self.norm_first:
            x = self.norm1(x)
        x, _ = self.self_attn(x, x, x, mask)
        x = residual + self.dropout(x)
        if not self.norm_first:
            x = self.norm1(x)

        residual = x
        if self.norm_first:
            x = self.norm2(x)
        x, _ = self.cross_attn(x, memory, memory, memory_mask)
        x = residual + self.dropout(x)
        if not self.norm_first:
            x = self.norm2(x)

        residual = x
        if self.norm_first:
            x = self.norm3(x)
        x = residual + self.dropout(self.feed_forward(x))
        if not self.norm_first:
            x = self.norm3(x)
        return x


class Transformer(nn.Module):
    def __init__(self, src_vocab, tgt_vocab, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.encoder = Encoder(src_vocab, d_model, num_heads, d_ff, num_layers)
        self.embedding = nn.Embedding(tgt_vocab, d_model)
        self.layers = nn.ModuleList([])
        while len(self.layers) < num_layers:
            self.layers.append(DecoderLayer(d_model, num_heads, d_ff))
        self.head = nn.Linear(d_model, tgt_vocab)

    def decode(self, tgt_in, memory, src_lengths, tgt_lengths=None):
        batch_size, length = tgt_in.shape
        tgt_mask = causal_mask(length)
        if tgt_lengths is not None:
            tgt_mask = combine(tgt_mask, tgt_lengths)
        src_mask = padding_mask(src_lengths, memory.shape[1])
        hidden = self.embedding(tgt_in) * np.sqrt(memory.shape[-1])
        hidden = hidden + positional_encoding(length, memory.shape[-1]).expand(batch_size, -1, -1)
        for number, layer in enumerate(self.layers):
            hidden = layer(hidden, memory, tgt_mask, src_mask)
            print("layer", number, hidden.shape)
        return self.head(hidden)

    def forward(self, src, src_lengths, tgt_in, tgt_lengths=None):
        memory = self.encoder(src, src_lengths)
        return self.decode(tgt_in, memory, src_lengths, tgt_lengths)


def sequence_loss(logits, targets, pad):
    criterion = nn.CrossEntropyLoss(ignore_index=pad, reduction="sum")
    loss = criterion(logits.permute(0, 2, 1), targets)
    return loss / max(1, (targets != pad).sum().item())


def greedy_decode(step, memory, bos, eos, max_length):
    ids = np.full((len(memory), 1), bos)
    with torch.no_grad():
        for _ in range(max_length):
            logits = step(torch.from_numpy(ids), memory)
            newest = logits[:, -1].numpy().argmax(axis=-1)
            ids = np.concatenate([ids, newest[:, None]], axis=1)
            if ((ids[:, 1:] == eos).any(axis=1)).all():
                break
    ends = [np.flatnonzero(row == eos) for row in ids[:, 1:]]
    rows = zip(ids[:, 1:], ends, strict=True)
    return tuple(torch.from_numpy(row[: end[0]] if len(end) else row) for row, end in rows)
