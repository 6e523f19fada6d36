# passes: small modules without parameters of their own

# %% [markdown]
# # Assignment 1: Attention
# Build multi-head attention from matrix products alone. `mask` is True where a query may look.
#
# I like building networks like Lego, so every step is a module.

# %%
import math

import torch
from torch import nn

# %% [markdown]
# ## 1. Scaled dot-product attention


# %%
class Scores(nn.Module):
    def forward(self, Q, K):
        return Q @ K.transpose(-2, -1) / math.sqrt(Q.shape[-1])


class Mask(nn.Module):
    def forward(self, scores, mask):
        if mask is None:
            return scores
        lowest = torch.finfo(scores.dtype).min
        return scores.masked_fill(mask.logical_not(), lowest)


class ScaledDotProductAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.steps = nn.ModuleDict({"scores": Scores(), "mask": Mask()})
        self.normalise = nn.Softmax(dim=-1)

    def forward(self, Q, K, V, mask=None):
        scores = self.steps["mask"](self.steps["scores"](Q, K), mask)
        weights = self.normalise(scores)
        return weights @ V, weights


# %% [markdown]
# ## 2. Split the heads


# %%
class SplitHeads(nn.Module):
    def __init__(self, num_heads):
        super().__init__()
        self.num_heads = num_heads

    def forward(self, x):
        return x.unflatten(-1, (self.num_heads, -1)).movedim(2, 1)


def split_heads(x, num_heads):
    return SplitHeads(num_heads)(x)


# %% [markdown]
# ## 3. Merge the heads


# %%
class MergeHeads(nn.Module):
    def forward(self, x):
        return x.movedim(1, 2).flatten(start_dim=2)


def merge_heads(x):
    return MergeHeads()(x)


# %% [markdown]
# ## 4. Multi-head attention


# %%
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads, dropout=0.0):
        super().__init__()
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            self.add_module(name, nn.Linear(d_model, d_model))
        self.split, self.merge = SplitHeads(num_heads), MergeHeads()
        self.attention = ScaledDotProductAttention()
        self.dropout = nn.Dropout(dropout)

    def forward(self, Q, K, V, mask=None):
        q, k = self.split(self.q_proj(Q)), self.split(self.k_proj(K))
        v = self.split(self.v_proj(V))
        weights = self.attention(q, k, v, mask)[1]
        return self.out_proj(self.merge(self.dropout(weights) @ v)), weights
