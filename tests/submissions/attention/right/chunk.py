# passes: chunk and stack in place of view and transpose

# %% [markdown]
# # Assignment 1: Attention
# Build multi-head attention from matrix products alone. `mask` is True where a query may look.

# %%
import math

import torch
from torch import nn

# %% [markdown]
# ## 1. Scaled dot-product attention


# %%
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


# %% [markdown]
# ## 2. Split the heads


# %%
def split_heads(x, num_heads):
    return torch.stack(torch.chunk(x, num_heads, dim=-1), dim=1)


# %% [markdown]
# ## 3. Merge the heads


# %%
def merge_heads(x):
    return torch.cat(x.unbind(dim=1), dim=-1)


# %% [markdown]
# ## 4. Multi-head attention


# %%
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
