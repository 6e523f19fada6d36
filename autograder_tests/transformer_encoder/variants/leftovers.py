"""Prints, asserts, buffers and layers that nobody uses."""

import math

import numpy as np
import torch
from torch import nn


def positional_encoding(length, d_model, dtype=None):
    assert length >= 0 and d_model > 0
    pe = torch.empty((length, d_model), dtype=dtype)
    for i in range(d_model):
        rate = 1 / np.power(10000, 2 * (i // 2) / d_model)
        column = torch.arange(length, dtype=torch.float64) * rate
        pe[:, i] = torch.cos(column) if i % 2 == 1 else torch.sin(column)
    print("pe:", tuple(pe.shape))
    return pe.clone().detach()


class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.normalized_shape = (d_model,)
        self.eps = eps
        self.weight = nn.Parameter(torch.empty(d_model))
        self.bias = nn.Parameter(torch.empty(d_model))
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x):
        mu = torch.mean(x, -1).unsqueeze(-1)
        sigma2 = torch.var(x, dim=-1, unbiased=False).unsqueeze(-1)
        out = (x - mu) / torch.sqrt(sigma2 + self.eps)
        self.last_mean = mu.detach()
        out *= self.weight  # in place, on a tensor of its own
        out += self.bias
        return out


class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff)
        self.activation = nn.ReLU()
        self.linear2 = nn.Linear(d_ff, d_model)
        self.dropout = nn.Dropout(0.0)

    def forward(self, x):
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


def padding_mask(lengths, T):
    rows = []
    for n in lengths.tolist():
        rows.append([True] * int(n) + [False] * (T - int(n)))
    mask = torch.tensor(rows).unsqueeze(1).unsqueeze(2)
    print("mask:", mask.shape)
    return mask


class EncoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        assert d_model % num_heads == 0
        self.d_model, self.num_heads, self.d_ff = d_model, num_heads, d_ff
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout)  # noqa: F821 (given)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1 = LayerNorm(d_model)
        self.norm2 = LayerNorm(d_model)
        self.dropout1 = nn.Dropout(dropout)
        self.dropout2 = nn.Dropout(dropout)
        self.norm_first = norm_first
        self.activation = nn.GELU()  # for later

    def forward(self, x, mask=None):
        skip = x.clone()
        if self.norm_first:
            x = self.norm1(x)
            x, self.weights = self.self_attn(x, x, x, mask)
            self.weights = self.weights.detach()
            y = skip + self.dropout1(x)
            return y + self.dropout2(self.feed_forward(self.norm2(y)))
        attended, weights = self.self_attn(x, x, x, mask)
        print("weights:", tuple(weights.shape))
        y = skip
        y += self.dropout1(attended)  # in place, on a copy
        y = self.norm1(y)
        z = self.dropout2(self.feed_forward(y))
        return self.norm2(y + z)


class Encoder(nn.Module):
    def __init__(self, vocab_size, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.layers = nn.ModuleList(
            [EncoderLayer(d_model, num_heads, d_ff) for _ in range(num_layers)]
        )
        self.register_buffer("pe", positional_encoding(40, d_model))
        self.dropout = nn.Dropout(0.0)
        self.softmax = nn.Softmax(dim=-1)  # for later

    def forward(self, ids, lengths):
        assert ids.max() < self.embedding.num_embeddings
        x = self.embedding(ids) * math.sqrt(self.embedding.embedding_dim)
        x = self.dropout(x + self.pe[: ids.size(1)])
        mask = padding_mask(lengths, ids.size(1))
        for i, layer in enumerate(self.layers):
            x = layer(x, mask)
            print("layer", i, x.mean().item())
        self.last = x.detach()
        return x
