# passes: the classes read globals of other cells

# %% [markdown]
# Assignment 1: Attention

# %%
import torch
import torch.nn as nn
from dataclasses import dataclass

# %%
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
d_model, num_heads = 512, 8


@dataclass
class Config:
    scale_power: float = -0.5
    minus_infinity: float = float("-inf")


config = Config()
KEY_AXIS = -1

# %% [markdown]
# ## 1. Scaled dot-product attention


# %%
class ScaledDotProductAttention(nn.Module):
    def forward(self, Q, K, V, mask=None):
        scores = Q @ K.transpose(-2, -1) * Q.shape[-1] ** config.scale_power  # (..., n_Q, n_K)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, config.minus_infinity)
        weights = torch.softmax(scores, dim=KEY_AXIS)
        return weights @ V, weights


# %% [markdown]
# ## 2. and 3.


# %%
def split_heads(x, num_heads=num_heads):
    B, T, d_model = x.shape
    return x.view(B, T, num_heads, d_model // num_heads).transpose(TIME, HEADS)


def merge_heads(x):
    return x.transpose(TIME, HEADS).flatten(2).to(device)


# %% [markdown]
# ## 4. Multi-head attention


# %%
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model=d_model, num_heads=num_heads, dropout=0.0):
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


# %%
# used above, defined below: the cells were run in another order
HEADS, TIME = 1, 2
