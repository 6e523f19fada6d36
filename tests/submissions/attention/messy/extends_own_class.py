# passes: a class is redefined as a subclass of itself

# %% [markdown]
# Assignment 1: Attention

# %%
import math

import torch
from torch import nn

# %% [markdown]
# ## 1. Scaled dot-product attention


# %%
class ScaledDotProductAttention(nn.Module):
    def forward(self, Q, K, V, mask=None):
        scores = Q @ K.transpose(-2, -1) / math.sqrt(Q.shape[-1])  # (..., n_Q, n_K)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, float("-inf"))
        weights = torch.softmax(scores, dim=-1)
        return weights @ V, weights


# %% [markdown]
# ## 2. Split the heads


# %%
def split_heads(x, num_heads):
    B, T, d_model = x.shape
    return x.view(B, T, num_heads, d_model // num_heads).transpose(1, 2)


# %% [markdown]
# ## 3. Merge the heads


# %%
def merge_heads(x):
    B, H, T, d_head = x.shape
    return x.transpose(1, 2).reshape(B, T, H * d_head)


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


# %%
class MultiHeadAttention(MultiHeadAttention):
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
        return self.out_proj(out), weights
