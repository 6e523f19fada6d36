# passes: one head after the other in a Python loop

# %% [markdown]
# # Assignment 1: Attention
# Build multi-head attention from matrix products alone. `mask` is True where a query may look.
#
# Slow but clear: I loop over the heads.

# %%
import math

import torch
from torch import nn

# %% [markdown]
# ## 1. Scaled dot-product attention


# %%
def attend(Q, K, V, mask=None):
    """Attention for matrices with any leading axes."""
    d = Q.shape[-1]
    scores = torch.matmul(Q * d**-0.5, K.mT)
    if mask is not None:
        scores = scores.masked_fill(~mask.to(torch.bool), float("-inf"))
    weights = scores.softmax(dim=-1)
    return torch.matmul(weights, V), weights


class ScaledDotProductAttention(nn.Module):
    def forward(self, Q, K, V, mask=None):
        return attend(Q, K, V, mask)


# %% [markdown]
# ## 2. Split the heads


# %%
def split_heads(x, num_heads):
    d_head = x.shape[2] // num_heads
    heads = []
    for h in range(num_heads):
        heads.append(x[:, :, h * d_head : (h + 1) * d_head])
    return torch.stack(heads, dim=1)


# %% [markdown]
# ## 3. Merge the heads


# %%
def merge_heads(x):
    return torch.cat([x[:, h] for h in range(x.shape[1])], dim=-1)


# %% [markdown]
# ## 4. Multi-head attention


# %%
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads, dropout=0.0):
        super().__init__()
        self.num_heads = num_heads
        self.d_head = d_model // num_heads
        self.q_proj = nn.Linear(d_model, d_model)
        self.k_proj = nn.Linear(d_model, d_model)
        self.v_proj = nn.Linear(d_model, d_model)
        self.out_proj = nn.Linear(d_model, d_model)
        self.drop = nn.Dropout(dropout)

    def forward(self, Q, K, V, mask=None):
        q, k, v = self.q_proj(Q), self.k_proj(K), self.v_proj(V)
        if mask is not None:
            mask = mask.expand(Q.shape[0], self.num_heads, Q.shape[1], K.shape[1])
        outs, all_weights = [], []
        for h in range(self.num_heads):
            part = slice(h * self.d_head, (h + 1) * self.d_head)
            this_mask = None if mask is None else mask[:, h]
            _, w = attend(q[..., part], k[..., part], v[..., part], this_mask)
            outs.append(self.drop(w) @ v[..., part])
            all_weights.append(w)
        return self.out_proj(torch.cat(outs, dim=-1)), torch.stack(all_weights, dim=1)
