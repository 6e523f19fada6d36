# fails MultiHeadAttention: projects Q, K and V with q_proj

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
    def forward(self, Q, K, V, mask=None):
        scores = torch.einsum("...qd,...kd->...qk", Q, K) / math.sqrt(Q.size(-1))
        if mask is not None:
            scores = torch.where(mask.bool(), scores, float("-inf"))
        weights = scores.softmax(-1)
        return torch.einsum("...qk,...ke->...qe", weights, V), weights


# %% [markdown]
# ## 2. Split the heads


# %%
def split_heads(x, num_heads):
    return x.unflatten(-1, (num_heads, -1)).transpose(1, 2)


# %% [markdown]
# ## 3. Merge the heads


# %%
def merge_heads(x):
    return x.transpose(1, 2).flatten(2)


# %% [markdown]
# ## 4. Multi-head attention


# %%
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads, dropout=0.0):
        super().__init__()
        self.num_heads, self.dropout = num_heads, dropout
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (
            nn.Linear(d_model, d_model) for _ in range(4)
        )
        self.sdpa = ScaledDotProductAttention()

    def forward(self, Q, K, V, mask=None):
        q, k, v = (
            split_heads(proj(x), self.num_heads)
            for proj, x in [(self.q_proj, Q), (self.q_proj, K), (self.q_proj, V)]
        )
        out, weights = self.sdpa(q, k, v, mask)
        if self.training and self.dropout > 0:
            out = nn.functional.dropout(weights, self.dropout, self.training) @ v
        return self.out_proj(merge_heads(out)), weights
