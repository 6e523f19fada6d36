# errors ScaledDotProductAttention, split_heads, merge_heads, MultiHeadAttention: not implemented yet

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
    """Average V with weights softmax(QKᵀ/√d)."""

    def forward(self, Q, K, V, mask=None):
        """Q (..., n_Q, d), K (..., n_K, d), V (..., n_K, e) to out (..., n_Q, e) and weights."""
        # your code here
        raise NotImplementedError


# %% [markdown]
# ## 2. Split the heads


# %%
def split_heads(x, num_heads):
    """x (B, T, d_model) to (B, H, T, d_head)."""
    # your code here
    raise NotImplementedError


# %% [markdown]
# ## 3. Merge the heads


# %%
def merge_heads(x):
    """x (B, H, T, d_head) back to (B, T, d_model)."""
    # your code here
    raise NotImplementedError


# %% [markdown]
# ## 4. Multi-head attention


# %%
class MultiHeadAttention(nn.Module):
    """Attend with several heads at once."""

    def __init__(self, d_model, num_heads, dropout=0.0):
        super().__init__()
        # your code here
        raise NotImplementedError

    def forward(self, Q, K, V, mask=None):
        """Return out (B, n_Q, d_model) and weights (B, H, n_Q, n_K)."""
        # your code here
        raise NotImplementedError
