# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "matplotlib"]
#
# [tool.grader]
# title = "Attention, from one query to many heads"
# forbid = [
#     "torch.nn.functional.scaled_dot_product_attention",
#     "torch.nn.functional.multi_head_attention_forward",
#     "torch.nn.MultiheadAttention",
# ]
#
# [tool.grader.limits]
# seconds = 3.0
# memory_mb = 1024
# ///

# %% [markdown]
# You will build the heart of the Transformer in four steps: attention itself, the two
# reshapings that let several heads work side by side, and the layer that puts them together.
# Everything follows [Vaswani et al. 2017, *Attention Is All You Need*](https://arxiv.org/abs/1706.03762).
#
# Write it from matrix products and a softmax. Torch's ready-made attention
# (`scaled_dot_product_attention`, `multi_head_attention_forward`, `nn.MultiheadAttention`)
# is off limits here. You will be glad of it later, once you know what it does.
#
# Letters for shapes, used throughout:
#
# | letter | meaning |
# |---|---|
# | $B$ | batch: how many sequences at once |
# | $n_Q$, $n_K$ | number of queries; number of keys, which is also the number of values |
# | $d$, $e$ | features of a query or key; features of a value |
# | $H$ | number of heads |
# | $d_\text{model}$ | features of a whole vector, which the heads share |
# | $d_\text{head}$ | features of one head, $d_\text{model} / H$ |

# %%
import math

import torch
from torch import nn

# %% [markdown]
# ## 1. Scaled dot-product attention
#
# Attention is a soft look-up. Each **query** is compared with every **key**, and the better a
# key fits, the more of its **value** goes into the answer (eq. (1) of the paper):
#
# $$\text{Attention}(Q, K, V) = \text{softmax}\!\left(\frac{Q K^\top}{\sqrt{d}}\right) V$$
#
# **Why divide by $\sqrt{d}$?** Take $q$ and $k$ with independent entries of mean 0 and
# variance 1. Their dot product $\sum_{i=1}^{d} q_i k_i$ is a sum of $d$ terms of variance 1, so
# it has variance $d$: at $d = 64$, scores of $\pm 8$ are ordinary. A softmax over such scores puts
# nearly all weight on one key, and there its gradient is almost zero: the layer stops learning.
# Dividing by $\sqrt{d}$ brings the variance back to 1 (§3.2.1, footnote 4).
#
# **Why mask before the softmax?** A mask says which keys a query may look at. Setting a hidden
# score to $-\infty$ makes its weight $e^{-\infty} = 0$ exactly, and the softmax shares the whole
# weight of 1 among the keys that are left. If you erase weights *after* the softmax, the row
# no longer sums to 1, and the hidden keys have already had their say in its denominator.


# %% question="ScaledDotProductAttention"
class ScaledDotProductAttention(nn.Module):
    """Scaled dot-product attention, eq. (1) of Vaswani et al. 2017."""

    def forward(self, Q, K, V, mask=None):
        """Let every query look at the keys and return a mixture of the values.

        Q: (..., n_Q, d), K: (..., n_K, d), V: (..., n_K, e), with any batch dimensions in front.
        mask: None, or broadcastable to (..., n_Q, n_K); True (or 1) where a query may look,
            False (or 0) where it may not. Every query may look at one key at least.

        The scores are divided by √d, where d is the number of features of Q as it arrives here.
        The softmax runs over the keys.

        Returns (out, weights): out (..., n_Q, e) and the attention weights (..., n_Q, n_K).
        """
        # BEGIN SOLUTION
        scores = Q @ K.transpose(-2, -1) / math.sqrt(Q.size(-1))  # (..., n_Q, n_K)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, float("-inf"))  # bool and 0/1 masks alike
        weights = torch.softmax(scores, dim=-1)  # (..., n_Q, n_K)
        return weights @ V, weights  # (..., n_Q, e)
        # END SOLUTION


# %% tags=["check"]
def test_attention_has_one_output_per_query(student):
    """Every query gets one output with the features of V, and one weight for every key."""
    Q, K, V = torch.randn(2, 5, 8), torch.randn(2, 7, 8), torch.randn(2, 7, 3)
    out, weights = student.ScaledDotProductAttention()(Q, K, V)
    assert out.shape == (2, 5, 3), f"the output should be (2, 5, 3), yours is {tuple(out.shape)}"
    assert weights.shape == (2, 5, 7), f"weights should be (2, 5, 7), not {tuple(weights.shape)}"


def test_weights_of_a_query_sum_to_one(student):
    """The weights of each query are not negative, and over the keys they sum to 1."""
    Q, K, V = torch.randn(2, 5, 8), torch.randn(2, 7, 8), torch.randn(2, 7, 3)
    _, weights = student.ScaledDotProductAttention()(Q, K, V)
    assert (weights >= 0).all(), "some weight is negative"
    sums = weights.sum(dim=-1)
    assert (sums - 1).abs().max() < 1e-4, f"yours sum to {sums.min():.3f} … {sums.max():.3f}"


def test_scores_are_divided_by_the_root_of_d(student):
    """With d = 4, scores of 2·ln 3 and 0 become ln 3 and 0: weights of 3/4 and 1/4."""
    Q = torch.ones(1, 1, 4)
    K = torch.stack([torch.full((4,), math.log(3) / 2), torch.zeros(4)])[None]  # (1, 2, 4)
    _, weights = student.ScaledDotProductAttention()(Q, K, torch.randn(1, 2, 3))
    first, second = weights.flatten().tolist()
    assert abs(first - 0.75) < 1e-4, f"your weights are {first:.4f} and {second:.4f}"


def test_equal_keys_get_equal_attention(student):
    """If all keys are equal, no key fits better: the output is the mean of the values."""
    Q, K, V = torch.randn(2, 5, 8), torch.randn(2, 1, 8).repeat(1, 7, 1), torch.randn(2, 7, 3)
    out, _ = student.ScaledDotProductAttention()(Q, K, V)
    assert (out - V.mean(dim=-2, keepdim=True)).abs().max() < 1e-4


def test_identity_values_read_the_weights(student):
    """With the identity matrix as V, the output is the matrix of weights itself."""
    Q, K, V = torch.randn(2, 5, 8), torch.randn(2, 7, 8), torch.eye(7).repeat(2, 1, 1)
    out, weights = student.ScaledDotProductAttention()(Q, K, V)
    assert (out - weights).abs().max() < 1e-4


def test_masked_keys_get_no_weight(student):
    """A key that the mask hides gets a weight of exactly 0, and the rest still sum to 1."""
    Q, K, V = torch.randn(2, 5, 8), torch.randn(2, 7, 8), torch.randn(2, 7, 3)
    mask = torch.ones(5, 7, dtype=torch.bool).tril()  # query i may look at keys 0 … i
    _, weights = student.ScaledDotProductAttention()(Q, K, V, mask)
    assert (weights[:, ~mask] == 0).all(), "a hidden key still has weight"
    assert (weights.sum(dim=-1) - 1).abs().max() < 1e-4, "the other weights do not sum to 1"


def test_masks_may_hold_zeros_and_ones(student):
    """A mask of zeros and ones means the same as one of False and True."""
    Q, K, V = torch.randn(2, 5, 8), torch.randn(2, 7, 8), torch.randn(2, 7, 3)
    attention, mask = student.ScaledDotProductAttention(), torch.ones(5, 7).tril()
    out, _ = attention(Q, K, V, mask)
    expected, _ = attention(Q, K, V, mask.bool())
    assert (out - expected).abs().max() < 1e-4


# %% [markdown]
# ## 2. Splitting into heads
#
# One attention can ask one question at a time. With $H$ heads, each of them looks at its own
# slice of the features and asks its own question: one may follow grammar, another one position
# (§3.2.2). No loop is needed. Give the heads an axis of their own, in front of the positions, and
# the attention you wrote above treats it as one more batch dimension.
#
# Take care how you get there: a single `view` to $(B, H, T, d_\text{head})$ has the right shape
# but mixes the positions, because it cuts the memory in the wrong order.


# %% question="split_heads"
def split_heads(x, num_heads):
    """Give each head its slice of the features.

    x: (B, T, d_model), where d_model is a multiple of num_heads.

    Returns (B, H, T, d_head) with H = num_heads and d_head = d_model / H. Head h holds, for every
    position, the features h·d_head … (h+1)·d_head - 1.
    """
    # BEGIN SOLUTION
    B, T, d_model = x.shape
    return x.reshape(B, T, num_heads, d_model // num_heads).transpose(1, 2)  # (B, H, T, d_head)
    # END SOLUTION


# %% tags=["check"]
def test_split_heads_makes_an_axis_of_heads(student):
    """12 features split into 3 heads are 4 features a head, the heads in front of the positions."""
    heads = student.split_heads(torch.randn(2, 5, 12), 3)
    assert heads.shape == (2, 3, 5, 4), f"expected (2, 3, 5, 4), got {tuple(heads.shape)}"


def test_head_h_holds_the_parth_of_the_features(student):
    """Head h holds the h-th slice of the features of every position, in their order."""
    x = torch.arange(2 * 5 * 12).reshape(2, 5, 12) / 10
    heads = student.split_heads(x, 3)
    for h in range(3):
        expected = x[:, :, 4 * h : 4 * (h + 1)]  # (2, 5, 4)
        assert heads[:, h].shape == expected.shape, f"head {h} is {tuple(heads[:, h].shape)}"
        assert (heads[:, h] - expected).abs().max() < 1e-4, f"head {h} holds other features"


# %% [markdown]
# ## 3. Merging the heads
#
# The way back: put the answers of the heads next to each other again. This is the *Concat* of
# §3.2.2. Every step of the split is undone in reverse order.


# %% question="merge_heads"
def merge_heads(x):
    """Put the features of all heads side by side: undo split_heads.

    x: (B, H, T, d_head).

    Returns (B, T, H·d_head).
    """
    # BEGIN SOLUTION
    B, H, T, d_head = x.shape
    return x.transpose(1, 2).reshape(B, T, H * d_head)  # (B, T, d_model)
    # END SOLUTION


# %% tags=["check"]
def test_merged_heads_lie_side_by_side(student):
    """Every position gets the features of head 0, then of head 1, and so on."""
    heads = torch.arange(2 * 3 * 5 * 4).reshape(2, 3, 5, 4) / 10
    merged = student.merge_heads(heads)
    assert merged.shape == (2, 5, 12), f"expected (2, 5, 12), got {tuple(merged.shape)}"
    for h in range(3):
        part = merged[:, :, 4 * h : 4 * (h + 1)]
        assert (part - heads[:, h]).abs().max() < 1e-4, f"head {h} is elsewhere"


def test_merge_heads_undoes_split_heads(student):
    """Splitting and then merging gives back what you started from."""
    x = torch.randn(2, 5, 12)
    merged = student.merge_heads(student.split_heads(x, 3))
    assert merged.shape == x.shape, f"expected (2, 5, 12), got {tuple(merged.shape)}"
    assert (merged - x).abs().max() < 1e-4


# %% [markdown]
# ## 4. Multi-head attention
#
# Four linear maps turn this into a layer that learns (§3.2.2). $W^Q$, $W^K$ and $W^V$ decide
# what each head asks for, what it can be found by, and what it hands over. $W^O$ mixes the answers:
#
# $$\text{head}_h = \text{Attention}(Q_h, K_h, V_h), \qquad
#   \text{MultiHead}(Q, K, V) = \text{Concat}(\text{head}_1, \dots, \text{head}_H)\, W^O$$
#
# where $Q_h$ is the $h$-th slice of `q_proj(Q)`, and likewise $K_h$ and $V_h$. One map for all
# heads, sliced afterwards, is the same as one small map per head, and faster.
#
# **Mind the scale.** A query of one head has $d_\text{head}$ features, so its scores are divided by
# $\sqrt{d_\text{head}}$, *not* by $\sqrt{d_\text{model}}$. Many a published solution gets this
# wrong; the variances of part 1 tell you which is right. If you split first and then use your
# `ScaledDotProductAttention`, it comes out right by itself.
#
# **Dropout** (`nn.Dropout`) acts on the weights, after the softmax and before they meet the
# values, and only in training: after `model.eval()` it does nothing.


# %% question="MultiHeadAttention"
class MultiHeadAttention(nn.Module):
    """Multi-head attention, §3.2.2 of Vaswani et al. 2017."""

    def __init__(self, d_model, num_heads, dropout=0.0):
        """Create the layer's four linear maps and remember what forward needs.

        q_proj, k_proj, v_proj, out_proj: nn.Linear from d_model to d_model, each with a bias.
            The names matter, and there are no other parameters.
        num_heads: how many heads share the d_model features evenly.
        dropout: probability with which an attention weight is dropped in training.
        """
        super().__init__()
        if d_model % num_heads:
            raise ValueError(f"{d_model} features cannot be shared evenly by {num_heads} heads")
        # BEGIN SOLUTION
        self.num_heads = num_heads
        self.q_proj = nn.Linear(d_model, d_model)
        self.k_proj = nn.Linear(d_model, d_model)
        self.v_proj = nn.Linear(d_model, d_model)
        self.out_proj = nn.Linear(d_model, d_model)
        self.attention = ScaledDotProductAttention()
        self.dropout = nn.Dropout(dropout)
        # END SOLUTION

    def forward(self, Q, K, V, mask=None):
        """Attend with every head and mix their answers.

        Q: (B, n_Q, d_model), K: (B, n_K, d_model), V: (B, n_K, d_model).
        mask: None, or broadcastable to (B, H, n_Q, n_K); True (or 1) where a query may look,
            False (or 0) where it may not. Every query may look at one key at least.

        The scores of each head are divided by √d_head.

        Returns (out, weights): out (B, n_Q, d_model) and the weights (B, H, n_Q, n_K) of all heads
        as they are before dropout, so that the weights of a query sum to 1 in training, too.
        """
        # BEGIN SOLUTION
        q = split_heads(self.q_proj(Q), self.num_heads)  # (B, H, n_Q, d_head)
        k = split_heads(self.k_proj(K), self.num_heads)  # (B, H, n_K, d_head)
        v = split_heads(self.v_proj(V), self.num_heads)  # (B, H, n_K, d_head)
        _, weights = self.attention(q, k, v, mask)  # (B, H, n_Q, n_K)
        heads = self.dropout(weights) @ v  # (B, H, n_Q, d_head)
        return self.out_proj(merge_heads(heads)), weights  # (B, n_Q, d_model)
        # END SOLUTION


# %% tags=["check"]
def test_queries_and_keys_may_differ_in_number(student):
    """Five queries may look at seven keys: five outputs, and weights (5, 7) for every head."""
    Q, K, V = torch.randn(2, 5, 12), torch.randn(2, 7, 12), torch.randn(2, 7, 12)
    out, weights = student.MultiHeadAttention(12, 3)(Q, K, V)
    assert out.shape == (2, 5, 12), f"the output should be (2, 5, 12), not {tuple(out.shape)}"
    assert weights.shape == (2, 3, 5, 7), f"expected (2, 3, 5, 7), not {tuple(weights.shape)}"


def test_the_layer_has_four_projections(student):
    """The layer has the parameters of q_proj, k_proj, v_proj and out_proj, square each."""
    shapes = {n: tuple(p.shape) for n, p in student.MultiHeadAttention(12, 3).named_parameters()}
    for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
        assert shapes.get(f"{name}.weight") == (12, 12), f"{name}.weight should be (12, 12)"
        assert shapes.get(f"{name}.bias") == (12,), f"{name}.bias should be (12,)"


def test_weights_of_every_head_sum_to_one(student):
    """In every head the weights of a query sum to 1, in training with dropout as well."""
    Q, K, V = torch.randn(2, 5, 12), torch.randn(2, 7, 12), torch.randn(2, 7, 12)
    _, weights = student.MultiHeadAttention(12, 3, dropout=0.5).train()(Q, K, V)
    assert weights.shape == (2, 3, 5, 7), f"expected (2, 3, 5, 7), not {tuple(weights.shape)}"
    assert (weights.sum(dim=-1) - 1).abs().max() < 1e-4


def test_the_order_of_the_keys_does_not_matter(student):
    """Shuffling the keys together with their values leaves every output as it was."""
    Q, K, V = torch.randn(2, 5, 12), torch.randn(2, 7, 12), torch.randn(2, 7, 12)
    layer, order = student.MultiHeadAttention(12, 3), torch.tensor([3, 0, 6, 1, 5, 2, 4])
    out, _ = layer(Q, K, V)
    shuffled, _ = layer(Q, K[:, order], V[:, order])
    assert (out - shuffled).abs().max() < 1e-4


def test_equal_values_leave_nothing_to_choose(student):
    """If all values are equal, the output is the same for whatever queries and keys."""
    layer, V = student.MultiHeadAttention(12, 3), torch.randn(2, 1, 12).repeat(1, 7, 1)
    out, _ = layer(torch.randn(2, 5, 12), torch.randn(2, 7, 12), V)
    other, _ = layer(torch.randn(2, 5, 12), torch.randn(2, 7, 12), V)
    assert (out - other).abs().max() < 1e-4


def test_masked_keys_have_no_influence(student):
    """What a hidden key and its value hold makes no difference, in any head."""
    Q, K, V = torch.randn(2, 5, 12), torch.randn(2, 7, 12), torch.randn(2, 7, 12)
    layer, mask = student.MultiHeadAttention(12, 3), torch.ones(5, 7, dtype=torch.bool)
    mask[:, 4:] = False  # the last three keys are padding
    out, weights = layer(Q, K, V, mask)
    K[:, 4:], V[:, 4:] = 5.0, -5.0
    changed, _ = layer(Q, K, V, mask)
    assert (weights[..., 4:] == 0).all(), "a hidden key still has weight"
    assert (out - changed).abs().max() < 1e-4, "a hidden key has changed the output"


def test_every_sequence_may_have_its_own_mask(student):
    """A mask (B, 1, n_Q, n_K) hides other keys in every sequence, and the same in all heads."""
    Q, K, V = torch.randn(2, 5, 12), torch.randn(2, 7, 12), torch.randn(2, 7, 12)
    mask = torch.arange(7) < torch.tensor([4, 6]).reshape(2, 1, 1, 1)  # (2, 1, 1, 7)
    mask = mask.expand(2, 1, 5, 7)
    _, weights = student.MultiHeadAttention(12, 3)(Q, K, V, mask)
    assert (weights[0, :, :, 4:] == 0).all(), "the first sequence has four keys to look at"
    assert (weights[1, :, :, 6:] == 0).all(), "the second sequence has six keys to look at"
    assert (weights[1, :, :, 4:6] > 0).all(), "keys 4 and 5 are hidden in the first sequence only"


def test_dropout_acts_in_training_only(student):
    """With dropout, training changes the output; after eval() every call gives the same."""
    Q, K, V = torch.randn(2, 5, 12), torch.randn(2, 7, 12), torch.randn(2, 7, 12)
    layer = student.MultiHeadAttention(12, 3, dropout=0.5)
    training, _ = layer.train()(Q, K, V)
    first, _ = layer.eval()(Q, K, V)
    second, _ = layer(Q, K, V)
    assert (first - second).abs().max() < 1e-4, "two calls differ after eval()"
    assert (first - training).abs().max() > 1e-4, "training with dropout changes nothing"


# %% [markdown]
# ## What attention looks like
#
# Nothing to write here. Every word asks for words like itself, and a causal mask hides what
# comes later. Row by row: where does the word on the left look? Watch the *fish* share their weight
# among ever more fish, and notice the empty upper triangle.

# %%
import matplotlib.pyplot as plt

words = ["one", "fish", "two", "fish", "red", "fish", "blue", "fish"]
vocabulary = sorted(set(words))
x = 3 * torch.eye(len(vocabulary))[[vocabulary.index(word) for word in words]]  # (8, 5)
causal = torch.ones(len(words), len(words), dtype=torch.bool).tril()  # (8, 8)
_, weights = ScaledDotProductAttention()(x, x, x, causal)  # (8, 8)

figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
image = axes.imshow(weights.numpy(), cmap="Blues", vmin=0, vmax=1)
axes.set_xticks(range(len(words)), words, rotation=45)
axes.set_yticks(range(len(words)), words)
axes.set_xlabel("key")
axes.set_ylabel("query")
axes.set_title("Weights of a causal attention")
figure.colorbar(image, label="weight")
plt.show()
