"""Everything in float32, as a notebook has it by default."""

import torch
from torch import nn


def positional_encoding(length, d_model, dtype=None):
    position = torch.arange(length, dtype=torch.float32).reshape(-1, 1)
    i = torch.arange(d_model, dtype=torch.float32) // 2
    angle = position / torch.pow(torch.tensor(10000.0, dtype=torch.float32), 2 * i / d_model)
    pe = torch.zeros(length, d_model, dtype=torch.float32)
    pe[:, ::2] = angle[:, ::2].sin()
    pe[:, 1::2] = angle[:, 1::2].cos()
    return pe if dtype is None else pe.to(dtype)


class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model, dtype=torch.float32))
        self.bias = nn.Parameter(torch.zeros(d_model, dtype=torch.float32))
        self.eps = eps

    def forward(self, x):
        x = x.float()
        mean = x.mean(-1, keepdim=True)
        var = ((x - mean) ** 2).mean(-1, keepdim=True)
        return (x - mean) / (var + self.eps).sqrt() * self.weight.float() + self.bias.float()


class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff, dtype=torch.float32)
        self.linear2 = nn.Linear(d_ff, d_model, dtype=torch.float32)

    def forward(self, x):
        hidden = x.float() @ self.linear1.weight.float().T + self.linear1.bias.float()
        return hidden.relu() @ self.linear2.weight.float().T + self.linear2.bias.float()


def padding_mask(lengths, T):
    position = torch.arange(T, dtype=torch.float32)
    return (position < lengths.float().unsqueeze(1)).unsqueeze(1).unsqueeze(1)


class EncoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout)  # noqa: F821 (given)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1 = LayerNorm(d_model)
        self.norm2 = LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first
        self.one = torch.ones((), dtype=torch.float32)

    def forward(self, x, mask=None):
        x = torch.mul(x, self.one)
        if self.norm_first:
            y = self.norm1(x).to(x)
            x = x + self.dropout(self.self_attn(y, y, y, mask)[0])
            return (x + self.dropout(self.feed_forward(self.norm2(x).to(x)))).float()
        x = self.norm1(x + self.dropout(self.self_attn(x, x, x, mask)[0])).to(x)
        return self.norm2(x + self.dropout(self.feed_forward(x))).float()


class Encoder(nn.Module):
    def __init__(self, vocab_size, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.layers = nn.ModuleList(
            EncoderLayer(d_model, num_heads, d_ff) for _ in range(num_layers)
        )

    def forward(self, ids, lengths):
        x = self.embedding(ids)
        root = torch.sqrt(torch.tensor(x.shape[-1], dtype=torch.float32))
        pe = positional_encoding(x.shape[1], x.shape[-1], torch.float32)
        x = x * root + pe
        mask = padding_mask(lengths, ids.shape[1])
        for layer in self.layers:
            x = layer(x, mask)
        return x.float()
