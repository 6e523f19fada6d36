"""Functions of torch wherever there is one; logarithms for the rates."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def positional_encoding(length, d_model, dtype=None):
    position = torch.arange(length).unsqueeze(1)
    div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
    pe = torch.zeros(length, d_model)
    pe[:, 0::2] = torch.sin(position * div_term)
    pe[:, 1::2] = torch.cos(position * div_term[: d_model // 2])
    return pe if dtype is None else pe.to(dtype)


class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))
        self.eps = eps

    def forward(self, x):
        var, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
        return torch.addcmul(self.bias, (x - mean) * torch.rsqrt(var + self.eps), self.weight)


class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff)
        self.linear2 = nn.Linear(d_ff, d_model)

    def forward(self, x):
        hidden = F.relu(F.linear(x, self.linear1.weight, self.linear1.bias))
        return F.linear(hidden, self.linear2.weight, self.linear2.bias)


def padding_mask(lengths, T):
    return torch.lt(torch.arange(T).expand(len(lengths), T), lengths[:, None])[:, None, None, :]


class EncoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout)  # noqa: F821 (given)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1 = LayerNorm(d_model)
        self.norm2 = LayerNorm(d_model)
        self.p = dropout
        self.norm_first = norm_first

    def forward(self, x, mask=None):
        if not self.norm_first:
            attended = self.self_attn(x, x, x, mask)[0]
            x = self.norm1(torch.add(x, F.dropout(attended, self.p, self.training)))
            return self.norm2(x + F.dropout(self.feed_forward(x), self.p, self.training))
        n = self.norm1(x)
        x = x + F.dropout(self.self_attn(n, n, n, mask)[0], self.p, self.training)
        return x + F.dropout(self.feed_forward(self.norm2(x)), self.p, self.training)


class Encoder(nn.Module):
    def __init__(self, vocab_size, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        layers = [EncoderLayer(d_model, num_heads, d_ff) for _ in range(num_layers)]
        self.layers = nn.ModuleList(layers)

    def forward(self, ids, lengths):
        x = F.embedding(ids, self.embedding.weight) * math.sqrt(self.embedding.embedding_dim)
        x = torch.add(x, positional_encoding(x.shape[1], x.shape[2]).to(x))
        mask = padding_mask(lengths, ids.shape[1])
        for layer in self.layers:
            x = layer(x, mask)
        return x
