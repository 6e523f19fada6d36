"""numpy for what has no gradient."""

import numpy as np
import torch
from torch import nn


def positional_encoding(length, d_model, dtype=None):
    position = np.arange(length)[:, np.newaxis]
    i = np.arange(d_model)[np.newaxis, :]
    angles = position / np.power(10000, (2 * (i // 2)) / np.float64(d_model))
    angles[:, 0::2] = np.sin(angles[:, 0::2])
    angles[:, 1::2] = np.cos(angles[:, 1::2])
    return torch.tensor(angles, dtype=dtype or torch.get_default_dtype())


class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.from_numpy(np.ones(d_model)).to(torch.get_default_dtype()))
        self.bias = nn.Parameter(torch.from_numpy(np.zeros(d_model)).to(torch.get_default_dtype()))
        self.eps = np.float64(eps)

    def forward(self, x):
        mean = x.mean(-1, keepdim=True)
        mean_of_squares = ((x - mean) ** 2).sum(-1, keepdim=True) / np.size(x.detach().numpy(), -1)
        return self.weight * (x - mean) / torch.sqrt(mean_of_squares + float(self.eps)) + self.bias


class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff, bias=True)
        self.linear2 = nn.Linear(d_ff, d_model, bias=True)

    def forward(self, x):
        z = self.linear1(x)
        return self.linear2(z * torch.from_numpy(z.detach().numpy() > 0))


def padding_mask(lengths, T):
    rows = np.arange(T)[None, :] < lengths.numpy()[:, None]
    return torch.from_numpy(rows[:, None, None, :])


class EncoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout)  # noqa: F821 (given)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1 = LayerNorm(d_model)
        self.norm2 = LayerNorm(d_model)
        self.norm_first = norm_first
        self.dropout = dropout

    def drop(self, x):
        if not self.training or self.dropout == 0:
            return x
        keep = torch.rand(x.shape) >= self.dropout
        return x * keep.to(x) / (1 - self.dropout)

    def forward(self, x, mask=None):
        if self.norm_first:
            normed = self.norm1(x)
            x = x + self.drop(self.self_attn(normed, normed, normed, mask=mask)[0])
            return x + self.drop(self.feed_forward(self.norm2(x)))
        x = self.norm1(x + self.drop(self.self_attn(x, x, x, mask=mask)[0]))
        return self.norm2(x + self.drop(self.feed_forward(x)))


class Encoder(nn.Module):
    def __init__(self, vocab_size, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.d_model = d_model
        self.layers = nn.ModuleList(
            [EncoderLayer(d_model, num_heads, d_ff) for _ in np.arange(num_layers)]
        )

    def forward(self, ids, lengths):
        x = self.embedding(ids) * float(np.sqrt(self.d_model))
        x = x + positional_encoding(ids.shape[1], self.d_model, x.dtype)
        for layer in self.layers:
            x = layer(x, padding_mask(lengths, ids.shape[1]))
        return x
