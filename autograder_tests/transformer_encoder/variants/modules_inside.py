"""Small modules for the parts of a layer; padding is set to zero on the way as well."""

import math

import torch
from torch import nn


def positional_encoding(length, d_model, dtype=None):
    rows = [
        [
            math.sin(p * 10000 ** (-j / d_model)) if j % 2 == 0
            else math.cos(p * 10000 ** (-(j - 1) / d_model))
            for j in range(d_model)
        ]
        for p in range(length)
    ]  # fmt: skip
    return torch.tensor(rows, dtype=dtype).reshape(length, d_model)


class Standardize(nn.Module):
    def __init__(self, eps):
        super().__init__()
        self.eps = eps

    def forward(self, x):
        mean = x.mean(dim=-1, keepdim=True)
        variance = (x * x).mean(dim=-1, keepdim=True) - mean * mean
        return (x - mean) / (variance + self.eps).sqrt()


class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.standardize = Standardize(eps)
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))

    def forward(self, x):
        return self.standardize(x) * self.weight + self.bias


class FeedForward(nn.Sequential):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.add_module("linear1", nn.Linear(d_model, d_ff))
        self.add_module("relu", nn.ReLU(inplace=True))
        self.add_module("linear2", nn.Linear(d_ff, d_model))


def padding_mask(lengths, T):
    return torch.stack([torch.arange(T) < n for n in lengths]).reshape(len(lengths), 1, 1, T)


class Residual(nn.Module):
    def __init__(self, dropout, norm_first):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, x, norm, find):
        if self.norm_first:
            return x + self.dropout(find(norm(x)))
        return norm(x + self.dropout(find(x)))


class EncoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout)  # noqa: F821 (given)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1 = LayerNorm(d_model)
        self.norm2 = LayerNorm(d_model)
        self.residual = Residual(dropout, norm_first)

    def forward(self, x, mask=None):
        def attend(x):
            out, _ = self.self_attn(x, x, x, mask)
            return out

        x = self.residual(x, self.norm1, attend)
        return self.residual(x, self.norm2, self.feed_forward)


class Encoder(nn.Module):
    def __init__(self, vocab_size, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.layers = nn.ModuleList([])
        self.layers.extend(EncoderLayer(d_model, num_heads, d_ff) for _ in range(num_layers))
        nn.init.normal_(self.embedding.weight, std=d_model**-0.5)

    def forward(self, ids, lengths):
        d = self.embedding.embedding_dim
        mask = padding_mask(lengths, ids.shape[1])  # (B, 1, 1, T)
        words = mask.flatten(1).unsqueeze(-1)  # (B, T, 1)
        pe = positional_encoding(ids.shape[1], d, self.embedding.weight.dtype)
        x = self.embedding(ids).mul(math.sqrt(d)).add(pe)
        for layer in self.layers:
            x = layer(x.masked_fill(~words, 0.0), mask)
        return x.masked_fill(~words, 0.0)
