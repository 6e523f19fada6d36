# passes: the way of the lecture, part by part
# %% [markdown]
# # Homework 8: the encoder
# MultiHeadAttention is the one that was given.

# %%
import math

import torch
from torch import nn


# %%
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads, dropout=0.0):
        super().__init__()
        self.num_heads = num_heads
        self.q_proj = nn.Linear(d_model, d_model)
        self.k_proj = nn.Linear(d_model, d_model)
        self.v_proj = nn.Linear(d_model, d_model)
        self.out_proj = nn.Linear(d_model, d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, Q, K, V, mask=None):
        projected = (self.q_proj(Q), self.k_proj(K), self.v_proj(V))
        q, k, v = (x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for x in projected)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        weights = torch.softmax(scores, dim=-1)
        heads = self.dropout(weights) @ v
        return self.out_proj(heads.transpose(1, 2).flatten(-2)), weights


# %%
def positional_encoding(length, d_model, dtype=None):
    pe = torch.zeros(length, d_model, dtype=dtype)
    pos = torch.arange(length, dtype=pe.dtype).unsqueeze(1)
    two_i = torch.arange(0, d_model, 2, dtype=pe.dtype)
    div = torch.exp(two_i * -(math.log(10000.0) / d_model))
    pe[:, 0::2] = torch.sin(pos * div)
    pe[:, 1::2] = torch.cos(pos * div[: d_model // 2])
    return pe


# %%
class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))
        self.eps = eps

    def forward(self, x):
        mean = x.mean(-1, keepdim=True)
        var = x.var(-1, keepdim=True, unbiased=False)
        return self.weight * (x - mean) / torch.sqrt(var + self.eps) + self.bias


# %%
class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff)
        self.relu = nn.ReLU()
        self.linear2 = nn.Linear(d_ff, d_model)

    def forward(self, x):
        return self.linear2(self.relu(self.linear1(x)))


# %%
def padding_mask(lengths, T):
    mask = torch.arange(T)[None, :] < lengths[:, None]
    return mask[:, None, None, :]


# %%
class EncoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1 = LayerNorm(d_model)
        self.norm2 = LayerNorm(d_model)
        self.dropout1 = nn.Dropout(dropout)
        self.dropout2 = nn.Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, x, mask=None):
        if self.norm_first:
            h = self.norm1(x)
            h, _ = self.self_attn(h, h, h, mask)
            x = x + self.dropout1(h)
            h = self.feed_forward(self.norm2(x))
            x = x + self.dropout2(h)
        else:
            h, _ = self.self_attn(x, x, x, mask)
            x = self.norm1(x + self.dropout1(h))
            h = self.feed_forward(x)
            x = self.norm2(x + self.dropout2(h))
        return x


# %%
class Encoder(nn.Module):
    def __init__(self, vocab_size, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.d_model = d_model
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.layers = nn.ModuleList(
            [EncoderLayer(d_model, num_heads, d_ff) for _ in range(num_layers)]
        )

    def forward(self, ids, lengths):
        T = ids.shape[1]
        x = self.embedding(ids) * math.sqrt(self.d_model) + positional_encoding(T, self.d_model)
        mask = padding_mask(lengths, T)
        for layer in self.layers:
            x = layer(x, mask)
        return x


# %%
encoder = Encoder(10, 16, 2, 32, 2)
print(encoder(torch.randint(10, (2, 5)), torch.tensor([5, 3])).shape)
