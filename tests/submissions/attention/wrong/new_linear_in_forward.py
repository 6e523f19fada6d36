# fails MultiHeadAttention: makes a new random nn.Linear at every call

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
    batch_size, seq_len, d_model = x.size()
    d_head = d_model // num_heads
    x = x.reshape(batch_size, seq_len, num_heads, d_head)
    return x.permute(0, 2, 1, 3)


# %% [markdown]
# ## 3. Merge the heads


# %%
def merge_heads(x):
    batch_size, num_heads, seq_len, d_head = x.size()
    x = x.permute(0, 2, 1, 3).contiguous()
    return x.view(batch_size, seq_len, num_heads * d_head)


# %% [markdown]
# ## 4. Multi-head attention


# %%
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads, dropout=0.0):
        super().__init__()
        assert d_model % num_heads == 0
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_head = d_model // num_heads
        self.q_proj = nn.Linear(d_model, d_model)
        self.k_proj = nn.Linear(d_model, d_model)
        self.v_proj = nn.Linear(d_model, d_model)
        self.out_proj = nn.Linear(d_model, d_model)
        self.dropout = nn.Dropout(p=dropout)

    def forward(self, Q, K, V, mask=None):
        batch_size = Q.size(0)
        n_Q, n_K = Q.size(1), K.size(1)

        q = self.q_proj(Q).view(batch_size, n_Q, self.num_heads, self.d_head).transpose(1, 2)
        k = self.k_proj(K).view(batch_size, n_K, self.num_heads, self.d_head).transpose(1, 2)
        v = self.v_proj(V).view(batch_size, n_K, self.num_heads, self.d_head).transpose(1, 2)

        scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(self.d_head)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        weights = torch.softmax(scores, dim=-1)

        out = torch.matmul(self.dropout(weights), v)
        out = out.transpose(1, 2).contiguous().view(batch_size, n_Q, self.d_model)
        W_o = nn.Linear(self.d_model, self.d_model)
        return W_o(out), weights
