"""Positions as complex numbers that turn; closures and one sub-layer for both orders."""

import torch
from torch import nn


def positional_encoding(length, d_model, dtype=None):
    dtype = dtype or torch.get_default_dtype()
    pairs = (d_model + 1) // 2
    rates = torch.pow(10000.0, -2 * torch.arange(pairs, dtype=torch.float64) / d_model)
    angles = torch.outer(torch.arange(length, dtype=torch.float64), rates)
    turned = torch.polar(torch.ones_like(angles), angles)
    both = torch.stack([turned.imag, turned.real], dim=-1).reshape(length, 2 * pairs)
    return both[:, :d_model].to(dtype)


class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.register_parameter("weight", nn.Parameter(torch.full((d_model,), 1.0)))
        self.register_parameter("bias", nn.Parameter(torch.full((d_model,), 0.0)))

    def forward(self, x):
        d = x.shape[-1]
        centred = x - torch.einsum("...j->...", x)[..., None] / d
        variance = torch.einsum("...j,...j->...", centred, centred)[..., None] / d
        return torch.einsum(
            "...j,j->...j", centred * (variance + self.eps) ** -0.5, self.weight
        ) + (self.bias)


class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff)
        self.linear2 = nn.Linear(d_ff, d_model)

    def forward(self, x):
        middle = torch.einsum("...j,ij->...i", x, self.linear1.weight) + self.linear1.bias
        middle = torch.where(middle > 0, middle, 0.0)
        return torch.einsum("...i,ji->...j", middle, self.linear2.weight) + self.linear2.bias


def padding_mask(lengths, T):
    return ~(torch.arange(T)[None, None, None] >= lengths.view(-1, 1, 1, 1))


class EncoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout)  # noqa: F821 (given)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1 = LayerNorm(d_model)
        self.norm2 = LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)
        self.sub_layer = self.pre if norm_first else self.post

    def pre(self, x, norm, find):
        return x + self.dropout(find(norm(x)))

    def post(self, x, norm, find):
        return norm(x + self.dropout(find(x)))

    def forward(self, x, mask=None):
        x = self.sub_layer(x, self.norm1, lambda q: self.self_attn(q, q, q, mask)[0])
        return self.sub_layer(x, self.norm2, self.feed_forward)


class Encoder(nn.Module):
    def __init__(self, vocab_size, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.layers = nn.ModuleList(
            map(lambda _: EncoderLayer(d_model, num_heads, d_ff), range(num_layers))
        )

    def forward(self, ids, lengths):
        T, d = ids.shape[1], self.embedding.weight.shape[1]
        one_hot = nn.functional.one_hot(ids, len(self.embedding.weight))
        x = d**0.5 * (one_hot.to(self.embedding.weight) @ self.embedding.weight)
        x, mask = x + positional_encoding(T, d, x.dtype), padding_mask(lengths, T)
        return self.through(x, mask, list(self.layers))

    def through(self, x, mask, layers):
        return self.through(layers[0](x, mask), mask, layers[1:]) if layers else x
