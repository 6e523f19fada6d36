# unreadable: no code cell

# %% [markdown]
# Assignment 1: Attention
#
# I worked on paper this time, please see the photos I sent by mail.

# %% [markdown]
# 1. Scaled dot-product attention
#
# $$\mathrm{softmax}(QK^\top / \sqrt{d}) V$$

# %% [markdown]
# ```python
# class ScaledDotProductAttention(nn.Module): ...
# ```
