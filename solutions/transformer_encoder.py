# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "matplotlib"]
#
# [tool.grader]
# title = "Order, norm, residual: an encoder"
# learns = "Positions, layer norm, residuals with the norm before or after, padding, a stack."
# hours = 4
# level = 3
#
# [tool.grader.forbid]
# LayerNorm = ["torch.nn.LayerNorm"]
# EncoderLayer = [
#     "torch.nn.Transformer*", "torch.nn.MultiheadAttention",
#     "torch.nn.functional.scaled_dot_product_attention",
#     "torch.nn.functional.multi_head_attention_forward",
# ]
# Encoder = [
#     "torch.nn.Transformer*", "torch.nn.MultiheadAttention",
#     "torch.nn.functional.scaled_dot_product_attention",
#     "torch.nn.functional.multi_head_attention_forward",
# ]
#
# [tool.grader.limits]
# seconds = 3.0
# memory_mb = 1024
# ///

# %% [markdown]
# Attention alone is not yet a network. It does not know in which order words stand, it is linear in
# what it looks at, and stacked twenty times it would not learn. The encoder of
# [Vaswani et al. 2017, *Attention Is All You Need*](https://arxiv.org/abs/1706.03762) adds what is
# missing: a **position** for every word, a small network for each of them, a **norm** that keeps
# numbers in range, and a **residual** around everything, so that gradients have a straight road
# down. All of these are short. What makes encoders fail is the *order* in which they come.
#
# Attention itself is given here: it is the layer that the attention notebook builds. Torch's
# ready-made Transformer (`nn.TransformerEncoderLayer` and its relatives) and, in part 2,
# `nn.LayerNorm` are off limits.
#
# Letters for shapes, used throughout:
#
# | letter | meaning |
# |---|---|
# | $B$ | batch: how many sequences at once |
# | $T$ | positions of a sequence: the longest of the batch, the others are filled up with padding |
# | $d$ | features of a position, `d_model` |
# | $H$ | number of heads |
#
# **A mask says who may look: True where a query may look at a key.** Torch's own layers mean the
# reverse, True where it may *not*. No slip with Transformers is more frequent.

# %%
import math

import torch
from torch import nn

# %% tags=["include"]
from attention import MultiHeadAttention

# %% [markdown]
# ## 1. Where a word stands
#
# Shuffle the words of a sentence, and attention gives the same answers, shuffled: to it, a sentence
# is a bag of words. So each position $p$ gets a vector of its own, which is added to the word's
# (§3.5). Its features come in pairs, a sine and a cosine, and each pair turns at its own rate:
#
# $$PE_{p,\,2i} = \sin(p\,\omega_i), \qquad PE_{p,\,2i+1} = \cos(p\,\omega_i), \qquad
#   \omega_i = 10000^{-2i/d}$$
#
# **Think of clock hands.** Pair 0 turns by one radian per position, like a second hand; the last
# pairs are hour hands, which hardly move in a whole sentence. Together they tell the time.
#
# **Why sines *and* cosines?** Together they are a point on a circle, and $k$ positions further on,
# this point has turned by the angle $k\,\omega_i$, wherever it started. So "$k$ positions before
# me" is one and the same rotation at every position: a matrix, which a layer can learn.
#
# **The trap is the exponent.** A sine and its cosine share *one* rate. The $i$ of the formula
# counts pairs; if your loop or `arange` counts features, 0, 2, 4, …, then it *is* $2i$ already.
#
# Positions count from 0. If $d$ is odd, the last sine has no cosine.


# %% question="positional_encoding"
def positional_encoding(length, d_model, dtype=None):
    """Give every position a vector of sines and cosines, §3.5 of Vaswani et al. 2017.

    length: how many positions, 0 or more. d_model: how many features, even or odd.
    dtype: of the result, such as torch.float64; None stands for torch's default.

    Returns (length, d_model). Feature 2i of position p is sin(p / 10000^(2i/d_model)), and
    feature 2i + 1 is the cosine of the same.
    """
    # BEGIN SOLUTION
    positions = torch.arange(length, dtype=dtype or torch.get_default_dtype()).unsqueeze(1)
    even = torch.arange(0, d_model, 2).to(positions)  # 2i
    angles = positions * 10000 ** (-even / d_model)  # (length, pairs)
    encoding = positions.new_empty(length, d_model)
    encoding[:, 0::2] = torch.sin(angles)
    encoding[:, 1::2] = torch.cos(angles[:, : d_model // 2])
    return encoding
    # END SOLUTION


# %% tags=["check"]
def test_position_0_is_0_1_0_1(student):
    """At position 0 all angles are 0: sines of 0 and cosines of 1, in turn."""
    encoding = student.positional_encoding(3, 4)
    assert encoding.shape == (3, 4), f"it should be (3, 4), yours is {tuple(encoding.shape)}"
    first = encoding[0].tolist()
    assert first == [0, 1, 0, 1], f"your position 0 is {first}"


def test_position_1_turns_by_the_rates_themselves(student):
    """With d = 4 the rates are 1 and 1/100: position 1 is sin 1, cos 1, sin 0.01, cos 0.01."""
    # Hint: Print the rates before you take any sine: for d = 4 they should be 1 and 0.01.
    # Hint: If the rates are right, print position 1 times rates, and then look at which place each
    #   sine and cosine goes to.
    second = student.positional_encoding(3, 4)[1]
    due = torch.tensor([0.8415, 0.5403, 0.0100, 0.9999])
    assert (second - due).abs().max() < 1e-3, f"yours is {[round(n, 4) for n in second.tolist()]}"


def test_a_sine_and_its_cosine_make_a_circle(student):
    """For every pair and every position, sin² + cos² is 1."""
    circles = student.positional_encoding(9, 6).square().unflatten(1, (3, 2)).sum(dim=-1)
    assert (circles - 1).abs().max() < 1e-4, f"your sums run from {circles.min():.3f}"


# %% [markdown]
# ### What the clock hands look like
#
# Nothing to write here. On the left, the features from left to right turn more and more slowly:
# each pair has its own wavelength. On the right, the similarity (the cosine of the angle) between
# every two positions: it depends on how far they are apart and on nothing else, so all diagonals
# are of one colour.

# %%
import matplotlib.pyplot as plt

encoding = positional_encoding(60, 64)
unit = encoding / encoding.norm(dim=-1, keepdim=True)

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
image = left.imshow(encoding, cmap="RdBu", vmin=-1, vmax=1, aspect="auto")
left.set(title="position encoding", xlabel="feature", ylabel="position")
figure.colorbar(image, ax=left)
image = right.imshow(unit @ unit.T, cmap="viridis", vmax=1)
right.set(title="similarity of two positions", xlabel="position", ylabel="position")
figure.colorbar(image, ax=right, label="cosine")
plt.show()

# %% [markdown]
# ## 2. Keeping numbers in range
#
# Twenty layers that each make numbers a little larger make them a million times as large. *Layer
# normalization* ([Ba, Kiros & Hinton 2016](https://arxiv.org/abs/1607.06450)) brings every position
# back to mean 0 and variance 1, and then lets it learn a gain and a bias for each feature:
#
# $$\mu = \frac1d \sum_{j=1}^{d} x_j, \qquad
#   \sigma^2 = \frac1d \sum_{j=1}^{d} (x_j - \mu)^2, \qquad
#   y_j = \frac{x_j - \mu}{\sqrt{\sigma^2 + \varepsilon}}\; g_j + b_j$$
#
# The sums run over the features of **one position of one sequence**. Neither its neighbours nor
# the rest of the batch has any part in it, so there is nothing to average over time, and training
# and evaluation do the same. That is what sets it apart from batch norm.
#
# **Two traps.** Torch's `x.var()` and `x.std()` divide by $d - 1$ unless you say otherwise; the
# formula divides by $d$. And $\varepsilon$ stands **under** the root. Where all features are equal,
# $\sigma$ is 0, and $\varepsilon$ is all that keeps you from 0/0.
#
# $\mu$ and $\sigma$ are computed *from x*: gradients go back through them as well. So leave them
# in the graph.


# %% question="LayerNorm"
class LayerNorm(nn.Module):
    """Layer normalization over the last axis."""

    def __init__(self, d_model, eps=1e-5):
        """Create the gain and the bias.

        weight: (d_model), the gain; starts as ones. bias: (d_model); starts as zeros. The names
            matter, and there are no other parameters.
        eps: added to the variance, under the root.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))
        # END SOLUTION

    def forward(self, x):
        """Bring every position to mean 0 and variance 1, then apply gain and bias.

        x: (..., d_model), with any axes in front, or none. It stays as it is.

        Returns (..., d_model).
        """
        # BEGIN SOLUTION
        centred = x - x.mean(dim=-1, keepdim=True)
        variance = centred.square().mean(dim=-1, keepdim=True)
        return centred / torch.sqrt(variance + self.eps) * self.weight + self.bias
        # END SOLUTION


# %% tags=["check"]
def test_one_and_three_become_minus_one_and_one(student):
    """[1, 3] has the mean 2 and the variance 1 (not 2): it becomes [-1, 1]."""
    # Hint: Print the mean and the variance of (1, 3) in your code: 2 and 1.
    # Hint: If you get ±0.707, the variance was 2. Divided by what?
    y = student.LayerNorm(2)(torch.tensor([[1.0, 3.0]]))
    assert y.shape == (1, 2), f"the shape should stay (1, 2), yours is {tuple(y.shape)}"
    assert (y - torch.tensor([[-1.0, 1.0]])).abs().max() < 1e-3, f"yours is {y.tolist()}"


def test_the_norm_of_equal_features_is_zero(student):
    """Where all features are equal the result is 0, and not 0/0."""
    y = student.LayerNorm(4)(torch.full((2, 3, 4), 5.0))
    assert (y.abs() < 1e-4).all(), f"it holds {y.flatten()[0]}"


def test_a_position_does_not_see_its_neighbours(student):
    """Changing one position changes its own result and nothing else."""
    # Hint: Print the shape of the mean: for x (2, 3, 4), each of 6 positions has one.
    # Hint: Over which axis of x do the sums of the formula run?
    norm, x = student.LayerNorm(4), torch.randn(2, 3, 4)
    before = norm(x)
    x[0, 0] = torch.tensor([9.0, -9.0, 4.0, 0.0])
    changed = (norm(x) - before).abs().amax(dim=-1) > 1e-4  # (2, 3)
    assert changed[0, 0], "the changed position has the same result as before"
    assert changed.sum() == 1, f"{changed.sum()} positions have changed, it should be 1"


# %% [markdown]
# ## 3. A network for every position
#
# Attention moves information between positions. What a position does with it is decided in a
# network of two layers, which treats each position alone, and all alike (§3.3):
#
# $$\text{FFN}(x) = \max(0,\; x W_1^\top + b_1)\, W_2^\top + b_2$$
#
# The middle is wider, $d_{ff} = 4\,d$ as a rule. Two thirds of the parameters of a Transformer are
# here, and not in its attention. `nn.Linear` acts on the last axis and leaves all others alone, so
# no loop over positions is needed.


# %% question="FeedForward"
class FeedForward(nn.Module):
    """Two linear maps with a relu between them, §3.3 of Vaswani et al. 2017."""

    def __init__(self, d_model, d_ff):
        """Create both maps, each an nn.Linear with a bias.

        linear1: from d_model to d_ff features. linear2: from d_ff to d_model. The names matter, and
            there are no other parameters.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.linear1 = nn.Linear(d_model, d_ff)
        self.linear2 = nn.Linear(d_ff, d_model)
        # END SOLUTION

    def forward(self, x):
        """Apply linear1, relu and linear2 to every position.

        x: (..., d_model). It stays as it is.

        Returns (..., d_model).
        """
        # BEGIN SOLUTION
        return self.linear2(torch.relu(self.linear1(x)))
        # END SOLUTION


# %% tags=["check"]
def test_the_middle_is_as_wide_as_d_ff(student):
    """linear1 maps d_model features to d_ff, linear2 maps them back; both have a bias."""
    shapes = {n: tuple(p.shape) for n, p in student.FeedForward(4, 12).named_parameters()}
    due = {
        "linear1.weight": (12, 4), "linear1.bias": (12,),
        "linear2.weight": (4, 12), "linear2.bias": (4,),
    }  # fmt: skip
    assert shapes == due, f"they should be {due}, yours are {shapes}"


def test_what_is_below_zero_in_the_middle_is_lost(student):
    """With weights of 1 and -1, then 1 and 1, the network is |x|: relu(x) + relu(-x)."""
    network = student.FeedForward(1, 2)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.fill_(0.0 if "bias" in name else 1.0)
            if name == "linear1.weight":
                parameter[1] = -1.0
    y = network(torch.tensor([[[3.0], [-2.0], [0.0]]]))
    assert y.shape == (1, 3, 1), f"the shape should stay (1, 3, 1), yours is {tuple(y.shape)}"
    found = y.flatten().tolist()
    assert max(abs(n - due) for n, due in zip(found, (3, 2, 0), strict=True)) < 1e-4, (
        f"3, -2 and 0 should become 3, 2 and 0, yours are {found}"
    )


# %% [markdown]
# ## 4. Who is padding
#
# Sentences of a batch have different lengths, and the shorter ones are filled up. Nobody may look
# at what stands behind the end of a sentence. The mask for that is the same for all heads and all
# queries of a sequence, so it has axes of size 1 for them, $(B, 1, 1, T)$: attention's scores are
# $(B, H, T, T)$, and broadcasting does the rest.
#
# **Keep the two axes of size 1.** A mask $(B, T)$ is taken as (queries, keys). That is an error if
# you are lucky. If $B = T$, it is none: sequence 2 then decides what *query 2* may see.


# %% question="padding_mask"
def padding_mask(lengths, T):
    """Say which keys are words and which are padding.

    lengths: (B), whole numbers from 1 to T: how many positions of each sequence are words; padding
        stands behind them. T: the number of positions.

    Returns a mask (B, 1, 1, T) of truth values (torch.bool): True where there is a word, at which
    every query may look, and False for padding.
    """
    # BEGIN SOLUTION
    return torch.arange(T, device=lengths.device) < lengths.reshape(-1, 1, 1, 1)
    # END SOLUTION


# %% tags=["check"]
def test_two_words_of_three_are_visible(student):
    """With lengths 2 and 3 and T = 3, the third position of the first sequence is padding."""
    # Hint: Write the six truth values on paper, a row for each sentence, and your own below them.
    # Hint: If the values are right and the shape is not, count the axes: sentences, heads, queries,
    #   keys.
    mask = student.padding_mask(torch.tensor([2, 3]), 3)
    assert mask.shape == (2, 1, 1, 3), f"it should be (2, 1, 1, 3), yours is {tuple(mask.shape)}"
    assert mask.dtype == torch.bool, f"it should hold True and False, yours is {mask.dtype}"
    found = mask.flatten().tolist()
    assert found == [True, True, False, True, True, True], f"yours is {found}"


# %% [markdown]
# ## 5. A layer
#
# Now all of it is put together. A layer has two **sub-layers**: attention of the sequence to
# itself, and the network for each position. Around each stands a **residual**: what the sub-layer
# finds is *added* to what came in. In the first version (§3.1), the norm comes after the sum,
# *post-norm*; in most models since about 2019 it comes first, and the sum is left alone, *pre-norm*
# ([Xiong et al. 2020](https://arxiv.org/abs/2002.04745)):
#
# $$\text{post-norm:}\quad
#   \begin{aligned} y &= \text{norm}_1(x + \text{attention}(x)) \\
#   z &= \text{norm}_2(y + \text{FFN}(y)) \end{aligned}
#   \qquad\qquad \text{pre-norm:}\quad
#   \begin{aligned} y &= x + \text{attention}(\text{norm}_1(x)) \\
#   z &= y + \text{FFN}(\text{norm}_2(y)) \end{aligned}$$
#
# **Why residuals?** The derivative of $x + f(x)$ is $1 + f'(x)$: however small $f'$ is, the 1
# stays, and through twenty layers there is a road on which the gradient is not changed at all. With
# pre-norm, nothing stands on that road, which is why deep models prefer it.
#
# **The traps.** The second sub-layer reads $y$, what the first has made, and not $x$: they are in
# series. Post-norm norms the *sum*; $x + \text{norm}(f(x))$ is neither of the two. In pre-norm,
# queries, keys *and* values are normed. And `x += ...` would overwrite what your caller has given
# you.
#
# **Dropout** acts in three places, in training only, and never on the residual: on the weights of
# attention (hand `dropout` to `MultiHeadAttention`), on what attention has found, and on what the
# network has found, both before they are added (§5.4).


# %% question="EncoderLayer"
class EncoderLayer(nn.Module):
    """Self-attention and a network for each position, with norms and residuals around them."""

    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        """Create the parts, under these names; there are no other parameters.

        self_attn: a MultiHeadAttention, which drops weights. feed_forward: a FeedForward.
        norm1: the LayerNorm that goes with self_attn. norm2: the one that goes with feed_forward.
        dropout: probability of dropping, in all three places.
        norm_first: True for pre-norm, False for post-norm.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1 = LayerNorm(d_model)
        self.norm2 = LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first
        # END SOLUTION

    def forward(self, x, mask=None):
        """Let every position look at the others, and work on what it has seen.

        x: (B, T, d_model). It stays as it is.
        mask: None, or broadcastable to (B, H, T, T); True where a query may look at a key. Every
            query may look at one key at least.

        Returns (B, T, d_model).
        """
        # BEGIN SOLUTION
        if self.norm_first:
            normed = self.norm1(x)
            attended, _ = self.self_attn(normed, normed, normed, mask)
            x = x + self.dropout(attended)
            return x + self.dropout(self.feed_forward(self.norm2(x)))
        attended, _ = self.self_attn(x, x, x, mask)
        x = self.norm1(x + self.dropout(attended))
        return self.norm2(x + self.dropout(self.feed_forward(x)))
        # END SOLUTION


# %% tags=["check"]
def silent(layer, *names):
    """Let parts of a layer find nothing: set these parameters to 0."""
    parameters = dict(layer.named_parameters())
    with torch.no_grad():
        for name in names:
            assert name in parameters, f"there is no {name}; there is {list(parameters)}"
            parameters[name].zero_()
    return layer


SUB_LAYERS = [
    f"{part}.{kind}"
    for part in ("self_attn.out_proj", "feed_forward.linear2")
    for kind in ("weight", "bias")
]


def test_a_layer_takes_and_gives_vectors(student):
    """A layer takes (B, T, d_model) and gives (B, T, d_model), whichever norm comes first."""
    for norm_first in (False, True):
        y = student.EncoderLayer(12, 3, 20, norm_first=norm_first)(torch.randn(2, 5, 12))
        assert y.shape == (2, 5, 12), f"it should be (2, 5, 12), yours is {tuple(y.shape)}"


def test_pre_norm_leaves_the_road_free(student):
    """With pre-norm, if both sub-layers find nothing, x comes out as it went in."""
    # Hint: Both sub-layers find 0 here. Print x after each of your lines: which one changes it?
    # Hint: On the straight road of pre-norm there is nothing but plus signs. What stands on yours?
    layer, x = student.EncoderLayer(12, 3, 20, norm_first=True), torch.randn(2, 5, 12)
    assert (silent(layer, *SUB_LAYERS)(x) - x).abs().max() < 1e-4, (
        "x does not come out as it went in"
    )


def test_post_norm_norms_the_sum(student):
    """With post-norm, if both find nothing, x is normed: every position has mean 0, variance 1."""
    # Hint: Print mean and variance after each of the two norms, and see which one does not come
    #   last.
    y = silent(student.EncoderLayer(12, 3, 20), *SUB_LAYERS)(5 + 3 * torch.randn(2, 5, 12))
    mean, variance = y.mean(dim=-1), y.var(dim=-1, correction=0)
    assert mean.abs().max() < 1e-3, f"your means reach {mean.abs().max():.3f}"
    assert (variance - 1).abs().max() < 1e-2, f"your variances reach {variance.max():.3f}"


def test_a_layer_does_not_know_the_order(student):
    """Shuffling the positions shuffles the results and changes nothing else."""
    layer, x, order = student.EncoderLayer(12, 3, 20), torch.randn(2, 4, 12), [2, 0, 3, 1]
    assert (layer(x[:, order]) - layer(x)[:, order]).abs().max() < 1e-4, (
        "shuffled positions give other results"
    )


def test_nobody_looks_at_what_is_hidden(student):
    """What stands at a hidden position makes no difference to the others."""
    # Hint: Print the weights of attention of this layer: the last two columns should be 0.
    # Hint: If they are not, print the mask where it reaches attention: is it None, or turned round?
    layer, x = student.EncoderLayer(12, 3, 20), torch.randn(2, 5, 12)
    mask = torch.tensor([True, True, True, False, False]).reshape(1, 1, 1, 5)
    before = layer(x, mask)[:, :3]
    x[:, 3:] = 7.0
    assert (layer(x, mask)[:, :3] - before).abs().max() < 1e-4, "a hidden position has an influence"


# %% [markdown]
# ## 6. The encoder
#
# An encoder turns the words' numbers into vectors, adds where they stand, and sends them through
# layer after layer (§3.4, fig. 1):
#
# $$x^{(0)} = \sqrt{d}\; E[\text{ids}] + PE, \qquad x^{(n)} = \text{layer}_n\big(x^{(n-1)}\big)$$
#
# **Why $\sqrt d$?** Transformers start with embeddings of size $1/\sqrt d$. Times $\sqrt d$, a word
# is as loud as its position, which is of size 1; without it, the position would drown the word. It
# is the *embedding* that is scaled, not the sum. And the position is added once, at the bottom.
#
# **Layers are alike, but they are not the same layer.** `[EncoderLayer(...)] * N` is a list of $N$
# names for *one* layer: whatever it learns, all learn. A plain list has a second flaw. The module
# does not see what is in it, so the optimizer gets none of its parameters. `nn.ModuleList` is the
# list that a module does see.


# %% question="Encoder"
class Encoder(nn.Module):
    """An embedding, positions, and a stack of layers with post-norm."""

    def __init__(self, vocab_size, d_model, num_heads, d_ff, num_layers):
        """Create the parts, under these names; there are no other parameters.

        embedding: an nn.Embedding of vocab_size words with d_model features.
        layers: num_layers of EncoderLayer (post-norm, no dropout), each with parameters of its own,
            in an nn.ModuleList.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.layers = nn.ModuleList(
            EncoderLayer(d_model, num_heads, d_ff) for _ in range(num_layers)
        )
        # END SOLUTION

    def forward(self, ids, lengths):
        """Turn sentences into a vector for every word, which has seen all other words.

        ids: (B, T), whole numbers below vocab_size. lengths: (B), from 1 to T: how many of them are
            words. What stands behind them is padding, at which nobody looks, in any layer.

        Returns (B, T, d_model). What it holds at padding is left open.
        """
        # BEGIN SOLUTION
        T, d_model = ids.size(1), self.embedding.embedding_dim
        x = math.sqrt(d_model) * self.embedding(ids)  # (B, T, d_model)
        x = x + positional_encoding(T, d_model, x.dtype).to(x.device)
        mask = padding_mask(lengths, T)
        for layer in self.layers:
            x = layer(x, mask)
        return x
        # END SOLUTION


# %% tags=["check"]
def test_five_words_get_five_vectors(student):
    """Two sentences of five words become (2, 5, 12)."""
    y = student.Encoder(7, 12, 3, 20, 2)(torch.randint(7, (2, 5)), torch.tensor([5, 4]))
    assert y.shape == (2, 5, 12), f"it should be (2, 5, 12), yours is {tuple(y.shape)}"


def test_two_layers_have_twice_the_parameters(student):
    """Each layer adds as many parameters as the first one: none is a second name for another."""
    sizes = [sum(p.numel() for p in student.Encoder(7, 12, 3, 20, n).parameters()) for n in (1, 3)]
    first = sizes[0] - 7 * 12  # without the embedding
    assert first > 0, "the optimizer sees no layer: are they in an nn.ModuleList?"
    assert sizes[1] - 7 * 12 == 3 * first, f"one layer has {first}, three have {sizes[1] - 84}"


def test_other_orders_mean_something_else(student):
    """The same words in another order mean something else."""
    encoder, ids = student.Encoder(7, 12, 3, 20, 2), torch.tensor([[1, 2, 3, 4]])
    y, turned = encoder(ids, torch.tensor([4])), encoder(ids.flip(1), torch.tensor([4]))
    assert (y - turned.flip(1)).abs().max() > 1e-3, "every word has the same vector as before"


def test_padding_changes_nothing(student):
    """A sentence of three words gets the same vectors, whatever stands behind it."""
    # Hint: Print your mask for this sentence: three times True and twice False, in (1, 1, 1, 5).
    # Hint: If it holds with one layer and not with two, who gets no mask?
    encoder, three = student.Encoder(7, 12, 3, 20, 2), torch.tensor([3])
    alone = encoder(torch.tensor([[1, 2, 3]]), three)
    for padding in ([0, 0], [6, 5]):
        padded = encoder(torch.tensor([[1, 2, 3, *padding]]), three)[:, :3]
        assert (padded - alone).abs().max() < 1e-4, f"with {padding} behind it, they differ"


# %% [markdown]
# ## Who bites whom?
#
# Nothing to write here. Below are the vectors that a fresh encoder gives the words of two
# sentences, drawn in the plane in which they differ most. Without positions (on the left), both
# sentences are the same bag of words: each cross lies on the dot of its word. With positions (on
# the right), the man who bites is somebody else than the man who is bitten, and even the two *the*
# of one sentence are told apart.
#
# (`nn.Embedding` starts with numbers of size 1. The line with `nn.init` makes them as small as
# Transformers have them; otherwise words would be $\sqrt d$ times as loud as positions.)

# %%
torch.manual_seed(1)
words = ["the", "dog", "man", "bites"]
sentences = ["the dog bites the man", "the man bites the dog"]
ids = torch.tensor([[words.index(word) for word in sentence.split()] for sentence in sentences])
encoder = Encoder(len(words), 16, 2, 64, 2)
nn.init.normal_(encoder.embedding.weight, std=16**-0.5)
with torch.no_grad():
    with_order = encoder(ids, torch.tensor([5, 5]))  # (2, 5, 16)
    without = math.sqrt(16) * encoder.embedding(ids)
    for layer in encoder.layers:
        without = layer(without)

figure, panels = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for axes, x, title in zip(
    panels, (without, with_order), ("without positions", "with positions"), strict=True
):
    flat = x.flatten(0, 1) - x.mean(dim=(0, 1))  # (10, 16)
    plane = (flat @ torch.linalg.svd(flat).Vh[:2].T).unflatten(0, (2, 5))
    for points, sentence, look, below in zip(
        plane, sentences, ("C0o", "C1x"), (6, -14), strict=True
    ):
        axes.plot(*points.T, look, markersize=9, label=sentence)
        for point, word in zip(points.tolist(), sentence.split(), strict=True):
            axes.annotate(word, point, (7, below), textcoords="offset points", color=look[:2])
    axes.set(title=title, xticks=[], yticks=[])
    axes.margins(0.2)
panels[0].legend()
plt.show()

# %% [markdown]
# ## What the heads look at
#
# Nothing to write here. An encoder of one layer and two heads learns a simple trade on random
# sentences: every word shall say which word stands **before** it and which one stands **after** it.
# Where to look, nobody tells it. Still, the two heads divide the work. Row by row, where does the
# word on the left look? One head has learned the rotation by one position back, the other one by
# one position ahead. (The first word has none before it, and the last none after it: there, a head
# may look wherever it likes.)

# %%
torch.manual_seed(0)
line = ["an", "old", "cat", "sleeps", "on", "the", "roof"]  # words 0 to 6 of 40
T = len(line)
encoder, before, after = Encoder(40, 32, 2, 64, 1), nn.Linear(32, 40), nn.Linear(32, 40)
nn.init.normal_(encoder.embedding.weight, std=32**-0.5)
learning = [p for module in (encoder, before, after) for p in module.parameters()]
optimizer = torch.optim.Adam(learning, lr=1e-2)
for _ in range(400):
    ids = torch.randint(40, (64, T))
    y = encoder(ids, torch.full((64,), T))
    wrong_before = nn.functional.cross_entropy(before(y[:, 1:]).mT, ids[:, :-1])
    wrong_after = nn.functional.cross_entropy(after(y[:, :-1]).mT, ids[:, 1:])
    optimizer.zero_grad()
    (wrong_before + wrong_after).backward()
    optimizer.step()
print(f"loss {wrong_before.item():.2f} and {wrong_after.item():.2f}; guessing: {math.log(40):.2f}")

with torch.no_grad():
    x = math.sqrt(32) * encoder.embedding(torch.arange(T)) + positional_encoding(T, 32)
    _, weights = encoder.layers[0].self_attn(x[None], x[None], x[None])  # (1, 2, T, T)

figure, panels = plt.subplots(1, 2, figsize=(10, 4.5), layout="constrained")
for head, axes in enumerate(panels):
    image = axes.imshow(weights[0, head], cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(T), line, rotation=45)
    axes.set_yticks(range(T), line)
    axes.set(title=f"head {head + 1}", xlabel="looks at")
figure.colorbar(image, ax=panels, label="weight")
plt.show()
