# passes: %%time above the definitions

# %% [markdown]
# Assignment 1: Attention

# %%
import math

import torch
from torch import nn


# %%
# %%time
class ScaledDotProductAttention(nn.Module):
    """softmax(QK^T / sqrt(d)) V"""

    def __init__(self):
        super().__init__()
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, Q, K, V, mask=None):
        d_k = K.size(-1)
        scores = torch.matmul(Q, K.transpose(-2, -1))
        scores = scores / d_k**0.5
        if mask is not None:
            scores = scores.masked_fill(mask.bool().logical_not(), -torch.inf)
        attn = self.softmax(scores)
        out = torch.matmul(attn, V)
        return out, attn


# %%
# %%time
def split_heads(x, num_heads):
    batch_size, seq_len, d_model = x.size()
    d_head = d_model // num_heads
    x = x.reshape(batch_size, seq_len, num_heads, d_head)
    return x.permute(0, 2, 1, 3)


# %%
# %%time
def merge_heads(x):
    batch_size, num_heads, seq_len, d_head = x.size()
    x = x.permute(0, 2, 1, 3).contiguous()
    return x.view(batch_size, seq_len, num_heads * d_head)


# %%
# %%time
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads, dropout=0.0):
        super().__init__()
        self.num_heads = num_heads
        self.q_proj = nn.Linear(d_model, d_model)
        self.k_proj = nn.Linear(d_model, d_model)
        self.v_proj = nn.Linear(d_model, d_model)
        self.out_proj = nn.Linear(d_model, d_model)
        self.attention = ScaledDotProductAttention()
        self.dropout = nn.Dropout(dropout)

    def forward(self, Q, K, V, mask=None):
        q = split_heads(self.q_proj(Q), self.num_heads)  # (B, H, n_Q, d_head)
        k = split_heads(self.k_proj(K), self.num_heads)  # (B, H, n_K, d_head)
        v = split_heads(self.v_proj(V), self.num_heads)  # (B, H, n_K, d_head)
        _, weights = self.attention(q, k, v, mask)  # (B, H, n_Q, n_K)
        heads = self.dropout(weights) @ v  # (B, H, n_Q, d_head)
        return self.out_proj(merge_heads(heads)), weights
