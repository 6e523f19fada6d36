"""Positions stand in front of the batch inside; masks are built by cumulative sums."""

import torch
from torch import nn


def positional_encoding(length, d_model, dtype=None):
    features = torch.arange(d_model, dtype=dtype or torch.get_default_dtype())
    rates = 10000.0 ** (-(features - features % 2) / d_model)
    shifts = (torch.pi / 2) * (features % 2)  # cos(a) = sin(a + π/2)
    return torch.sin(torch.arange(length).to(features)[:, None] * rates + shifts)


class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.weight, self.bias = (
            nn.Parameter(torch.ones(d_model)),
            nn.Parameter(torch.zeros(d_model)),
        )
        self.eps = eps

    def forward(self, x):
        x = x.movedim(-1, 0)  # (d, ...)
        x = x - x.mean(dim=0)
        x = x / (x.pow(2).mean(dim=0) + self.eps).pow(0.5)
        return x.movedim(0, -1) * self.weight + self.bias


class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff)
        self.linear2 = nn.Linear(d_ff, d_model)

    def forward(self, x):
        hidden = (self.linear1.weight @ x.unsqueeze(-1)).squeeze(-1) + self.linear1.bias
        hidden = torch.maximum(hidden, torch.zeros_like(hidden))
        return (self.linear2.weight @ hidden.unsqueeze(-1)).squeeze(-1) + self.linear2.bias


def padding_mask(lengths, T):
    ends = torch.zeros(len(lengths), T + 1, dtype=torch.long)
    ends[torch.arange(len(lengths)), lengths] = 1
    return (ends.cumsum(dim=1)[:, :T] == 0)[:, None, None, :]


class EncoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout)  # noqa: F821 (given)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1, self.norm2 = LayerNorm(d_model), LayerNorm(d_model)
        self.dropout, self.norm_first = nn.Dropout(dropout), norm_first

    def attend(self, x, mask):
        if mask is not None:
            mask = mask.expand(x.size(1), self.self_attn.num_heads, x.size(0), x.size(0))
        x = x.transpose(0, 1)
        return self.dropout(self.self_attn(x, x, x, mask)[0]).transpose(0, 1)

    def forward(self, x, mask=None):
        x = x.transpose(0, 1)  # (T, B, d)
        if self.norm_first:
            x = self.attend(self.norm1(x), mask) + x
            x = self.dropout(self.feed_forward(self.norm2(x))) + x
        else:
            x = self.norm1(self.attend(x, mask) + x)
            x = self.norm2(self.dropout(self.feed_forward(x)) + x)
        return x.transpose(0, 1)


class Encoder(nn.Module):
    def __init__(self, vocab_size, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.layers = nn.ModuleList(
            EncoderLayer(d_model, num_heads, d_ff) for _ in range(num_layers)
        )

    def forward(self, ids, lengths):
        x = self.embedding(ids.T)  # (T, B, d)
        T, _, d = x.shape
        x = torch.addcmul(positional_encoding(T, d, x.dtype)[:, None], x, x.new_tensor(d).sqrt())
        x, mask = x.transpose(0, 1), padding_mask(lengths, T)
        for layer in self.layers:
            x = layer(x, mask)
        return x
