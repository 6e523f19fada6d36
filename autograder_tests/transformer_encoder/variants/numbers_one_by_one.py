"""Loops over positions, features and sequences, as one writes them from the formulas."""

import math

import torch
from torch import nn


def positional_encoding(length, d_model, dtype=None):
    pe = torch.zeros(length, d_model, dtype=dtype)
    for pos in range(length):
        for i in range(0, d_model, 2):
            angle = pos / (10000 ** (i / d_model))
            pe[pos, i] = math.sin(angle)
            if i + 1 < d_model:
                pe[pos, i + 1] = math.cos(angle)
    return pe


class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))
        self.eps = eps
        self.d_model = d_model

    def forward(self, x):
        rows = []
        for row in x.reshape(-1, self.d_model):
            mean = sum(row) / self.d_model
            variance = sum((number - mean) ** 2 for number in row) / self.d_model
            rows.append((row - mean) / (variance + self.eps) ** 0.5 * self.weight + self.bias)
        return torch.stack(rows).reshape(x.shape)


class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)

    def forward(self, x):
        flat = x.reshape(-1, x.shape[-1])
        out = [self.linear2(torch.relu(self.linear1(position))) for position in flat]
        return torch.stack(out).reshape(x.shape)


def padding_mask(lengths, T):
    mask = torch.zeros(len(lengths), 1, 1, T, dtype=torch.bool)
    for b in range(len(lengths)):
        for t in range(T):
            if t < lengths[b]:
                mask[b, 0, 0, t] = True
    return mask


class EncoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout=dropout)  # noqa: F821
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1, self.norm2 = LayerNorm(d_model), LayerNorm(d_model)
        self.dropout1, self.dropout2 = nn.Dropout(dropout), nn.Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, x, mask=None):
        residual = x
        if self.norm_first:
            x = self.norm1(x)
        x, _ = self.self_attn(x, x, x, mask)
        x = residual + self.dropout1(x)
        if not self.norm_first:
            x = self.norm1(x)
        residual = x
        if self.norm_first:
            x = self.norm2(x)
        x = self.feed_forward(x)
        x = residual + self.dropout2(x)
        if not self.norm_first:
            x = self.norm2(x)
        return x


class Encoder(nn.Module):
    def __init__(self, vocab_size, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.layers = nn.ModuleList()
        for _ in range(num_layers):
            self.layers.append(EncoderLayer(d_model, num_heads, d_ff, 0.0, False))
        self.scale = d_model**0.5

    def forward(self, ids, lengths):
        B, T = ids.shape
        pe = positional_encoding(T, self.embedding.embedding_dim)
        x = torch.stack([self.embedding(ids[b]) * self.scale + pe for b in range(B)])
        mask = padding_mask(lengths, T)
        for i in range(len(self.layers)):
            x = self.layers[i](x, mask)
        return x
