# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "matplotlib"]
#
# [tool.grader]
# title = "Not looking ahead: a decoder that stops by itself"
# learns = "Causal masks, cross-attention, the whole Transformer, its loss, greedy decoding."
# hours = 4
# level = 3
# forbid = [
#     "torch.nn.Transformer*",
#     "torch.nn.MultiheadAttention",
#     "torch.nn.functional.multi_head_attention_forward",
#     "torch.nn.functional.scaled_dot_product_attention",
# ]
#
# [tool.grader.limits]
# seconds = 3.0
# memory_mb = 1024
# ///

# %% [markdown]
# An encoder reads a sentence that is there in full. A decoder *writes* one, symbol by symbol, and
# has to decide for itself when it is done. In this notebook you build it: the mask that hides what
# has not been said yet, the layer that listens to a source while it speaks, the whole Transformer
# of [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), its loss, and the loop that lets it
# speak. At the end, yours learns to spell words backwards, and shows you where it looks meanwhile.
#
# The difficulty is one of time. In training, the whole target sentence is known, and all of its
# positions are computed **at once**, in parallel. When it speaks, there is only what it has said
# so far. Both must give the same numbers. Everything below serves that one sentence.
#
# Letters for shapes, used throughout:
#
# | letter | meaning |
# |---|---|
# | $B$ | batch: how many sequences at once |
# | $T$ | positions of the target, which is being written |
# | $S$ | positions of the source, which is being listened to |
# | $V$ | vocabulary: how many symbols the target has |
# | $d$ | `d_model`, the features of every position |
#
# **Masks** are bool, and **`True` means: may look.** `nn.MultiheadAttention` and `nn.Transformer`
# of torch mean the opposite by their bool masks. That is the most frequent slip with masks there
# is; when you read other people's code, check this first.
#
# Sequences of unequal length share a batch, so the shorter ones are filled up **behind**, with a
# symbol `pad`. `bos` begins a sentence and `eos` ends it. All three are numbers that you are
# given.
#
# ### What you have already
#
# The next cell is what you wrote in `attention` and `transformer_encoder`. Read it once more; you
# will need `MultiHeadAttention`, `FeedForward`, `LayerNorm`, `positional_encoding`, `padding_mask`
# and `Encoder`.

# %%
import math

import torch
from torch import nn

# %% tags=["include"]
from transformer_encoder import (
    Encoder,
    FeedForward,
    LayerNorm,
    MultiHeadAttention,
    padding_mask,
    positional_encoding,
)

# %% [markdown]
# ## 1. Not looking ahead
#
# Position $t$ of the decoder predicts the symbol after position $t$. If it could look at position
# $t + 1$, it would simply read the answer: the loss falls to 0 in training, and the model cannot
# speak a word, for then nothing stands there. So position $t$ may look at the positions
# $0, \dots, t$ and at no later one:
#
# $$\text{mask}_{ts} = \text{True} \iff s \le t$$
#
# Row $t$ is for the one who looks, column $s$ for what is looked at. For $T = 4$:
#
# $$\begin{pmatrix} 1 & 0 & 0 & 0 \\ 1 & 1 & 0 & 0 \\ 1 & 1 & 1 & 0 \\ 1 & 1 & 1 & 1 \end{pmatrix}$$
#
# **Do not leave out the diagonal.** A position holds what was said *before* what it predicts, so
# it may look at itself. And if it may not, position 0 can look at nothing at all: its scores are
# all $-\infty$, the softmax is 0/0, and the NaN is in every position one layer later.


# %% question="causal_mask"
def causal_mask(T):
    """Say which position may look at which: at itself, and at what was before.

    Returns (T, T), bool: True in row t and column s if position t may look at position s.
    """
    # BEGIN SOLUTION
    return torch.ones(T, T, dtype=torch.bool).tril()
    # END SOLUTION


# %% tags=["check"]
def test_the_mask_of_three_positions(student):
    """For T = 3, the rows are 1 0 0, 1 1 0 and 1 1 1."""
    # Hint: Print `mask.int()` and compare it row by row with the matrix in the text.
    mask = student.causal_mask(3)
    assert mask.dtype == torch.bool, f"the mask should be bool, yours is {mask.dtype}"
    due = [[True, False, False], [True, True, False], [True, True, True]]
    assert mask.tolist() == due, f"yours is {mask.int().tolist()}"


def test_row_t_has_t_plus_one_places(student):
    """Position t may look at t + 1 positions: the rows of T = 5 have 1, 2, 3, 4 and 5."""
    counts = student.causal_mask(5).int().sum(dim=1).tolist()
    assert counts == [1, 2, 3, 4, 5], f"yours have {counts}"


# %% [markdown]
# ## 2. Two masks in one
#
# A batch of sentences has a second reason to hide something: what stands behind the end of a
# sentence is padding. A position may be looked at if **both** allow it:
#
# $$\text{mask}_{b\,1\,ts} = \text{causal}_{ts} \;\wedge\; (s < \text{length}_b)$$
#
# The result has four axes, $(B, 1, T, T)$: there is another mask for each sentence, and the same
# one for all heads. Without that axis of 1, a mask $(B, T, T)$ is lined up with $(B, \text{heads},
# T, T)$ **from the right**. Then $B$ meets the axis of heads: an error if you are lucky; and if
# $B$ equals the number of heads, no error at all, and sentence 1 is masked in head 1.
#
# Padding is hidden as something to look *at*, in the columns. Rows of padding stay as the causal
# mask has them: nobody reads what they compute, and a row without a single `True` would be NaN.


# %% question="combine"
def combine(causal, lengths):
    """Hide what the causal mask hides, and what is padding.

    causal: (T, T), bool, as causal_mask returns it; or any other mask of who may look at whom.
    lengths: (B), int64, how many positions of each sentence are real: from 1 to T. The padding
        stands behind.

    Both stay as they are.

    Returns (B, 1, T, T), bool.
    """
    # BEGIN SOLUTION
    return causal & padding_mask(lengths, causal.shape[1])
    # END SOLUTION


# %% tags=["check"]
def test_padding_is_hidden_in_the_columns(student):
    """With T = 3 and a length of 2, nobody sees the last column; rows are 1 0 0, 1 1 0, 1 1 0."""
    # Hint: Print the shape first. Then print the mask of sentence 1, and look at which row or
    #   column is empty.
    # Hint: Write the second condition, s < length, as a row of three truth values. On which of the
    #   four axes does that row lie?
    causal = torch.tensor([[True, False, False], [True, True, False], [True, True, True]])
    mask = student.combine(causal, torch.tensor([3, 2]))
    assert mask.shape == (2, 1, 3, 3), f"expected (2, 1, 3, 3), got {tuple(mask.shape)}"
    assert mask[0, 0].tolist() == causal.tolist(), "a sentence without padding has another mask"
    due = [[True, False, False], [True, True, False], [True, True, False]]
    assert mask[1, 0].tolist() == due, f"yours is {mask[1, 0].int().tolist()}"


# %% [markdown]
# ## 3. One to the right
#
# What does the decoder read in training? The sentence that it should say, but each position may
# only hold what came **before** the symbol that it has to predict. So everything moves one place
# to the right, `bos` comes in front, and what would stick out at the end is dropped:
#
# | | | | |
# |---|---|---|---|
# | it should say (`targets`) | 5 | 6 | 2 (`eos`) |
# | it is given (`tgt_in`) | 1 (`bos`) | 5 | 6 |
#
# The causal mask alone does not do this: it lets a position look at itself. **If you forget to
# shift**, position $t$ is given exactly what it shall say, and the model learns to copy. Its loss
# is wonderful and it cannot speak. And if you shift twice, here and in the loss, it learns to say
# every second symbol.


# %% question="shift_right"
def shift_right(targets, bos):
    """Give each position what came before the symbol that it has to predict.

    targets: (B, T), int64, the symbols that are to be said. They stay as they are.
    bos: the number of the symbol that begins every sentence.

    Returns (B, T), int64.
    """
    # BEGIN SOLUTION
    first = torch.full_like(targets[:, :1], bos)  # (B, 1)
    return torch.cat([first, targets[:, :-1]], dim=1)
    # END SOLUTION


# %% tags=["check"]
def test_everything_moves_one_place(student):
    """With bos = 1, the sentence 5 6 2 becomes 1 5 6."""
    shifted = student.shift_right(torch.tensor([[5, 6, 2]]), 1)
    assert shifted.tolist() == [[1, 5, 6]], f"yours is {shifted.tolist()}"


def test_each_sentence_moves_by_itself(student):
    """With bos = 9, the sentences 3 4 and 5 6 become 9 3 and 9 5."""
    shifted = student.shift_right(torch.tensor([[3, 4], [5, 6]]), 9)
    assert shifted.tolist() == [[9, 3], [9, 5]], f"yours is {shifted.tolist()}"


# %% [markdown]
# ## 4. A layer that listens while it speaks
#
# A layer of the decoder has three parts, one after the other (figure 1 of the paper, on the
# right):
#
# 1. **self-attention**: every position looks at what has been said, under `mask`;
# 2. **cross-attention**: every position looks at the source. Its queries come from below, from the
#    decoder; keys *and* values come from `memory`, which is what the encoder has made of the
#    source;
# 3. the **feed-forward** network, for each position by itself.
#
# In the self-attention, $T$ positions look at $T$ positions; in the cross-attention, $T$ at $S$.
# **The causal mask has no business there**: the source is known in full before the first word is
# said. What must not be seen of it is its padding: that is `memory_mask`.
#
# Each part has a residual around it and a LayerNorm of its own. Where the norm stands is a choice,
# and you build both. With $f_1$, $f_2$, $f_3$ for the three parts:
#
# $$\textbf{post-norm (the paper's):}\quad x \leftarrow \text{norm}_i\big(x + f_i(x)\big)
#   \qquad\qquad
#   \textbf{pre-norm:}\quad x \leftarrow x + f_i\big(\text{norm}_i(x)\big)$$
#
# In pre-norm, $f_i$ gets to see nothing but the normed $x$, as queries, keys and values alike; the
# residual is the $x$ without a norm. **`memory` is never normed in here**: it is the encoder's
# business. Pre-norm is what most large models use today, since gradients reach the lower layers
# undiminished along the sums.
#
# **Dropout** acts on what each of the three parts returns, before it is added to the residual.


# %% question="DecoderLayer"
class DecoderLayer(nn.Module):
    """A layer of the decoder, §3.1 of Vaswani et al. 2017."""

    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        """Create the parts of the layer.

        self_attn, cross_attn: MultiHeadAttention(d_model, num_heads, dropout).
        feed_forward: FeedForward(d_model, d_ff).
        norm1, norm2, norm3: LayerNorm(d_model), of these three parts in their order.
        dropout: the probability with which an entry of what a part returns is dropped in training.
        norm_first: False for post-norm, True for pre-norm.

        The names matter, and there are no other parameters.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout)
        self.cross_attn = MultiHeadAttention(d_model, num_heads, dropout)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1, self.norm2, self.norm3 = (LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first
        # END SOLUTION

    def forward(self, x, memory, mask=None, memory_mask=None):
        """Listen to what has been said, to the source, and think it over.

        x: (B, T, d), what the layer below has made of the target.
        memory: (B, S, d), what the encoder has made of the source.
        mask: None, or broadcastable to (B, heads, T, T); True where a position of x may look at
            another one.
        memory_mask: None, or broadcastable to (B, heads, T, S); True where a position of x may
            look at the source.

        All of them stay as they are.

        Returns (B, T, d).
        """
        # BEGIN SOLUTION
        if self.norm_first:
            q = self.norm1(x)
            x = x + self.dropout(self.self_attn(q, q, q, mask)[0])
            q = self.norm2(x)
            x = x + self.dropout(self.cross_attn(q, memory, memory, memory_mask)[0])
            return x + self.dropout(self.feed_forward(self.norm3(x)))
        x = self.norm1(x + self.dropout(self.self_attn(x, x, x, mask)[0]))
        x = self.norm2(x + self.dropout(self.cross_attn(x, memory, memory, memory_mask)[0]))
        return self.norm3(x + self.dropout(self.feed_forward(x)))
        # END SOLUTION


# %% tags=["check"]
def test_target_and_source_may_differ_in_length(student):
    """Five positions listen to a source of seven: the result is (2, 5, 12), in both styles."""
    x, memory = torch.randn(2, 5, 12), torch.randn(2, 7, 12)
    for norm_first in (False, True):
        out = student.DecoderLayer(12, 3, 24, norm_first=norm_first)(x, memory)
        assert out.shape == (2, 5, 12), f"expected (2, 5, 12), got {tuple(out.shape)}"


def test_the_layer_has_its_parts(student):
    """There are 2 · 8 parameters of attention, 4 of feed-forward and 3 · 2 of norms: 26."""
    names = [name for name, _ in student.DecoderLayer(12, 3, 24).named_parameters()]
    for part, count in (("self_attn", 8), ("cross_attn", 8), ("feed_forward", 4),
                        ("norm1", 2), ("norm2", 2), ("norm3", 2)):  # fmt: skip
        found = sum(name.startswith(f"{part}.") for name in names)
        assert found == count, f"{part} should have {count} parameters, yours has {found}"
    assert len(names) == 26, f"there are others: you have {len(names)}"


def test_post_norm_ends_with_a_norm(student):
    """In post-norm, a new layer returns positions of mean 0 and variance 1."""
    out = student.DecoderLayer(12, 3, 24)(5 + torch.randn(2, 5, 12), torch.randn(2, 7, 12))
    assert out.mean(dim=-1).abs().max() < 1e-3, "the means are not 0: is the last norm missing?"
    assert (out.var(dim=-1, unbiased=False) - 1).abs().max() < 1e-2, "the variances are not 1"


def test_silent_parts_leave_pre_norm_as_it_was(student):
    """In pre-norm, if all three parts say 0, only the residuals are left: x itself."""
    # Hint: All three parts say 0 here. Print x after each of them: which line changes it?
    # Hint: In the right formula, is there any norm outside of the parentheses of f?
    x, memory = torch.randn(2, 5, 12), torch.randn(2, 7, 12)
    layer = student.DecoderLayer(12, 3, 24, norm_first=True)
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if "out_proj" in name or "linear2" in name:
                parameter.zero_()
    assert (layer(x, memory) - x).abs().max() < 1e-4, "the result is not x"


def test_the_mask_hides_what_follows(student):
    """Under a causal mask, another last position changes the last result and no other."""
    # Hint: Does it fail in post-norm, in pre-norm, or in both? Look at the attention of that
    #   branch.
    # Hint: Print the weights of the self-attention: above the diagonal they should be 0.
    x, memory = torch.randn(2, 5, 12), torch.randn(2, 7, 12)
    other = torch.cat([x[:, :4], torch.randn(2, 1, 12)], dim=1)
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    for norm_first in (False, True):
        layer = student.DecoderLayer(12, 3, 24, norm_first=norm_first)
        change = (layer(x, memory, mask) - layer(other, memory, mask)).abs().amax(dim=(0, 2))
        assert change[:4].max() < 1e-4, "an earlier position has changed"
        assert change[4] > 1e-4, "the last position has not changed"


def test_every_position_listens_to_the_whole_source(student):
    """The causal mask is for the target alone: the end of the source changes every position."""
    # Hint: Which positions are deaf? If it is all but the last, the source is hidden as the target
    #   is.
    # Hint: Print the weights of the cross-attention: each row should have no zeros here.
    x, memory = torch.randn(2, 5, 12), torch.randn(2, 5, 12)
    other = torch.cat([memory[:, :4], torch.randn(2, 1, 12)], dim=1)
    layer, mask = student.DecoderLayer(12, 3, 24), torch.ones(5, 5, dtype=torch.bool).tril()
    change = (layer(x, memory, mask) - layer(x, other, mask)).abs().amax(dim=(0, 2))
    deaf = [t for t in range(5) if change[t] < 1e-5]
    assert not deaf, f"positions {deaf} have not changed"


def test_hidden_source_is_not_heard(student):
    """What memory_mask hides makes no difference."""
    x, memory = torch.randn(2, 5, 12), torch.randn(2, 7, 12)
    layer, seen = student.DecoderLayer(12, 3, 24), (torch.arange(7) < 4).reshape(1, 1, 1, 7)
    other = torch.cat([memory[:, :4], torch.randn(2, 3, 12)], dim=1)
    change = layer(x, memory, None, seen) - layer(x, other, None, seen)
    assert change.abs().max() < 1e-4, "hidden positions of the source have an influence"


def test_dropout_is_for_training(student):
    """With dropout, training changes the result; after eval() every call gives the same."""
    x, memory = torch.randn(2, 5, 12), torch.randn(2, 7, 12)
    layer = student.DecoderLayer(12, 3, 24, dropout=0.5)
    training = layer.train()(x, memory)
    first, second = layer.eval()(x, memory), layer(x, memory)
    assert (first - second).abs().max() < 1e-4, "two calls differ after eval()"
    assert (first - training).abs().max() > 1e-4, "training with dropout changes nothing"


# %% [markdown]
# ## 5. The whole Transformer
#
# Now put it together (figure 1 of the paper). The encoder is given. You write `decode`, which is
# all the rest:
#
# 1. **embed** the symbols in `tgt_in`, multiplied by $\sqrt{d}$, and add the positional encoding,
#    just as `Encoder` does. The target has an embedding of its own: symbol 7 is another word
#    there;
# 2. send them through all layers. Each reads what **the layer below** has made of the target; and
#    each listens to **the same** `memory`. Each has parameters of its own: `[layer] * n` would be
#    one layer under $n$ names;
# 3. a linear map, `head`, turns each position into one number for each symbol, its **logit**.
#
# **No softmax at the end**: the loss takes one. A second softmax of probabilities between 0 and 1
# would be almost flat, and the model hardly learns.
#
# Which masks? Each position may look at itself and at what was before; if there are `tgt_lengths`,
# padding is hidden as well. And of the source nobody may look at the padding. (Between us: since
# the padding stands behind, a real position under the causal mask never meets it. Hiding it only
# matters for the rows of padding, which nobody reads. It is a good habit all the same, as there
# are people who put their padding in front.)


# %% question="Transformer"
class Transformer(nn.Module):
    """Encoder and decoder, in post-norm, as in figure 1 of Vaswani et al. 2017."""

    def __init__(self, src_vocab, tgt_vocab, d_model, num_heads, d_ff, num_layers):
        """Create the parts.

        encoder: Encoder(src_vocab, d_model, num_heads, d_ff, num_layers).
        embedding: nn.Embedding, of the tgt_vocab symbols of the target.
        layers: nn.ModuleList of num_layers DecoderLayers, in post-norm and without dropout.
        head: nn.Linear from d_model to tgt_vocab, with a bias.

        The names matter, and there are no other parameters.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.encoder = Encoder(src_vocab, d_model, num_heads, d_ff, num_layers)
        self.embedding = nn.Embedding(tgt_vocab, d_model)
        self.layers = nn.ModuleList(
            DecoderLayer(d_model, num_heads, d_ff) for _ in range(num_layers)
        )
        self.head = nn.Linear(d_model, tgt_vocab)
        # END SOLUTION

    def decode(self, tgt_in, memory, src_lengths, tgt_lengths=None):
        """Say for each position of the target which symbol should come next.

        tgt_in: (B, T), int64, what each position is given; see shift_right.
        memory: (B, S, d), what the encoder has made of the source.
        src_lengths: (B), int64: how many positions of each source are real.
        tgt_lengths: None, or (B), int64: how many positions of each target are real. What is
            returned for the others does not matter.

        Returns the logits (B, T, tgt_vocab).
        """
        # BEGIN SOLUTION
        T, d_model = tgt_in.shape[1], self.embedding.embedding_dim
        mask = causal_mask(T)
        if tgt_lengths is not None:
            mask = combine(mask, tgt_lengths)
        memory_mask = padding_mask(src_lengths, memory.shape[1])
        x = self.embedding(tgt_in) * math.sqrt(d_model)
        x = x + positional_encoding(T, d_model, x.dtype)
        for layer in self.layers:
            x = layer(x, memory, mask, memory_mask)
        return self.head(x)
        # END SOLUTION

    def forward(self, src, src_lengths, tgt_in, tgt_lengths=None):
        """Read the source, then decode. src: (B, S), int64, with padding behind; see decode."""
        memory = self.encoder(src, src_lengths)
        return self.decode(tgt_in, memory, src_lengths, tgt_lengths)


# %% tags=["check"]
def test_every_position_has_a_logit_for_every_symbol(student):
    """A target of 4 positions and 9 symbols has logits (2, 4, 9), whatever the source."""
    src, tgt_in = torch.randint(11, (2, 6)), torch.randint(9, (2, 4))
    model = student.Transformer(11, 9, 12, 3, 24, 2)
    logits = model(src, torch.tensor([6, 4]), tgt_in)
    assert logits.shape == (2, 4, 9), f"expected (2, 4, 9), got {tuple(logits.shape)}"


def test_two_layers_have_parameters_of_their_own(student):
    """A decoder layer has 26 parameters, an encoder layer 16: a third of each makes 42 more."""
    two, three = (len([*student.Transformer(11, 9, 12, 3, 24, n).parameters()]) for n in (2, 3))
    assert three - two == 42, f"yours has {three - two} more"


def test_what_comes_later_changes_nothing(student):
    """With another symbol at position 2, the logits at 0 and 1 stay as they are."""
    # Hint: Try a model with one layer, and then the layer alone with the same mask. Where does it
    #   begin to look ahead?
    # Hint: Print the mask that the layers get: its shape, and its first row.
    src, lengths = torch.randint(11, (2, 6)), torch.tensor([6, 4])
    model = student.Transformer(11, 9, 12, 3, 24, 2)
    change = model(src, lengths, torch.tensor([[1, 5, 6, 7]] * 2))
    change = (change - model(src, lengths, torch.tensor([[1, 5, 3, 7]] * 2))).abs().amax((0, 2))
    assert change[:2].max() < 1e-4, "the model looks ahead"
    assert change[2:].min() > 1e-5, "a position does not know what it is given"


def test_speaking_gives_what_training_gave(student):
    """The logits for the first two symbols are those of a sentence that has only these two."""
    src, lengths = torch.randint(11, (2, 6)), torch.tensor([6, 4])
    model, tgt_in = student.Transformer(11, 9, 12, 3, 24, 2), torch.randint(9, (2, 4))
    whole, start = model(src, lengths, tgt_in), model(src, lengths, tgt_in[:, :2])
    assert (whole[:, :2] - start).abs().max() < 1e-4, "the logits differ"


def test_padding_of_the_source_is_not_heard(student):
    """With a length of 4, the symbols 4 and 5 of the source make no difference."""
    tgt_in, lengths = torch.randint(9, (2, 4)), torch.tensor([6, 4])
    model = student.Transformer(11, 9, 12, 3, 24, 2)
    src = torch.tensor([[3, 4, 5, 6, 7, 8], [3, 4, 5, 6, 0, 0]])
    other = torch.tensor([[3, 4, 5, 6, 7, 8], [3, 4, 5, 6, 9, 10]])
    change = (model(src, lengths, tgt_in) - model(other, lengths, tgt_in)).abs().max()
    assert change < 1e-4, "the model reads the padding of the source"


# %% [markdown]
# ## 6. What it costs
#
# The loss is the mean, over all symbols that count, of how surprised the model is by the right
# one:
#
# $$L = -\frac{1}{N} \sum_{b,t\,:\,y_{bt} \ne \text{pad}} \log p_{bt}(y_{bt}),
#   \qquad p_{bt} = \text{softmax}(\text{logits}_{bt}),
#   \qquad N = \text{how many } y_{bt} \text{ are not pad}$$
#
# **Every symbol counts alike**: sum over all of the batch, divide once by $N$. The mean over each
# sentence, and then over sentences, would give a symbol of a short sentence more weight than one
# of a long one. And the mean over all $B \cdot T$ positions falls with every bit of padding,
# though the model has learned nothing.
#
# A batch may hold a sentence that is all padding; it adds nothing to the sum and nothing to $N$.
# If there is nothing but padding, $N$ is 0. The loss is then 0, and not 0/0: one NaN in one batch,
# and all parameters are NaN for ever.
#
# (`targets` are what should be said, not shifted. You may use `cross_entropy`.)


# %% question="sequence_loss"
def sequence_loss(logits, targets, pad):
    """Return the mean cross-entropy of all symbols in a batch that are not padding.

    logits: (B, T, V), targets: (B, T), int64. Both stay as they are.
    pad: the number of the symbol that fills up sentences, any of 0 … V - 1.

    Returns one number, without axes; 0 if there is nothing but padding.
    """
    # BEGIN SOLUTION
    costs = nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    counts = targets != pad  # (B, T)
    return costs[counts].sum() / counts.sum().clamp(min=1)
    # END SOLUTION


# %% tags=["check"]
def test_who_knows_nothing_pays_the_logarithm_of_v(student):
    """If all logits are 0, each of 4 symbols has 1/4: the loss is ln 4 = 1.3863."""
    loss = student.sequence_loss(torch.zeros(2, 3, 4), torch.tensor([[1, 2, 3], [3, 1, 0]]), 0)
    assert loss.shape == (), f"the loss is one number, yours has the shape {tuple(loss.shape)}"
    assert abs(float(loss) - math.log(4)) < 1e-4, f"yours is {float(loss):.4f}"


def test_every_symbol_counts_alike(student):
    """Costs of ln 4/3, ln 4/3, ln 4/3 in one sentence and ln 4 in another: 0.5623 on average."""
    # Hint: Print the four costs before you add them up: 0.2877 three times, and 1.3863.
    # Hint: What is the sum divided by, and how many symbols count here?
    # The logits ln 3 and 0 are chances of 3/4 and 1/4. The symbol 2 is padding.
    logits = torch.tensor([math.log(3), 0.0, -1e4]).expand(2, 3, 3)
    loss = float(student.sequence_loss(logits, torch.tensor([[0, 0, 0], [1, 2, 2]]), 2))
    assert abs(loss - (3 * math.log(4 / 3) + math.log(4)) / 4) < 1e-4, f"yours is {loss:.4f}"


def test_nothing_but_padding_costs_nothing(student):
    """A batch of padding costs 0."""
    loss = float(student.sequence_loss(torch.randn(2, 3, 4), torch.zeros(2, 3).long(), 0))
    assert loss == 0, f"yours is {loss}"


# %% [markdown]
# ## 7. Speaking
#
# Now there is no target. The model hears its own words: it starts from `bos`, says the symbol that
# is likeliest, appends it to what it has said, and is asked again, until it says `eos`. Taking the
# likeliest each time is called *greedy*.
#
# `step(ids, memory)` is a model, and a plain function. It is given **all** that was said so far,
# `bos` included, as `ids` $(B, t)$, and it returns logits $(B, t, V)$ for what comes after *each*
# of these positions. You need those of the last one.
#
# Sentences of a batch do not end together. **Whoever has said `eos` is silent from then on**,
# though the model would go on inventing symbols for it; the others go on speaking. When all have
# ended, or when `max_length` symbols have been said, it is over: do not ask `step` once more. (You
# may go on giving ended sentences to `step`, or leave out their rows of `ids` and `memory`.)
#
# **A trap of Python**: `[[]] * B` is *one* list under $B$ names. What one sentence says, all have
# said.
#
# Nobody trains while speaking, so no graph is needed: it would grow with every word. Call `step`
# under `torch.no_grad()`.


# %% question="greedy_decode"
def greedy_decode(step, memory, bos, eos, max_length):
    """Let a model speak, each sentence until its end.

    step: step(ids, memory) returns logits (B, t, V) for ids (B, t), int64. It is called without
        gradients, and no more often than there is somebody who speaks.
    memory: (B, …), what step listens to: one row for each sentence. It stays as it is.
    bos, eos: the symbols that begin and end a sentence.
    max_length: how many symbols a sentence has at most, bos not counted; at least 1.

    Returns a list of B lists of integers: what each sentence says, without bos and eos.
    """
    # BEGIN SOLUTION
    said = [[] for _ in memory]  # a list of its own for each sentence
    ended = torch.zeros(len(memory), dtype=torch.bool)  # (B)
    ids = torch.full((len(memory), 1), bos)  # (B, t)
    for _ in range(max_length):
        with torch.no_grad():
            newest = step(ids, memory)[:, -1].argmax(dim=-1)  # (B)
        ended = ended | (newest == eos)
        if ended.all():
            break
        for b in torch.nonzero(~ended).flatten().tolist():
            said[b].append(int(newest[b]))
        ids = torch.cat([ids, newest[:, None]], dim=1)
    return said
    # END SOLUTION


# %% tags=["check"]
def counting(asked):
    """A model that counts: after the symbol n it says n + memory. It notes what it is asked."""

    def step(ids, memory):
        asked.append(tuple(ids.shape))
        assert len(asked) <= 50, "it is asked again and again: nothing stops it"
        return nn.functional.one_hot((ids + memory).clamp(max=19), 20).float()

    return step


def test_it_counts_to_the_end(student):
    """From bos = 1 it counts 2, 3, 4, 5; at eos = 6 it stops, and the 6 is not returned."""
    said = student.greedy_decode(counting([]), torch.tensor([[1]]), 1, 6, 10)
    assert [[int(n) for n in row] for row in said] == [[2, 3, 4, 5]], f"yours says {said}"


def test_each_sentence_ends_by_itself(student):
    """In steps of 1 and of 3, with eos = 7: one says 2 to 6, the other one 4 and no more."""
    # Hint: Print what each of the two says at every step, and who has ended by then.
    # Hint: The second one says 4 and then 7. Is anything of it kept after that?
    said = student.greedy_decode(counting([]), torch.tensor([[1], [3]]), 1, 7, 10)
    said = [[int(n) for n in row] for row in said]
    assert said == [[2, 3, 4, 5, 6], [4]], f"yours say {said}"


def test_it_does_not_speak_for_ever(student):
    """A model that never says eos is stopped after max_length symbols."""
    said = student.greedy_decode(counting([]), torch.tensor([[2]]), 1, 6, 4)
    assert [[int(n) for n in row] for row in said] == [[3, 5, 7, 9]], f"yours says {said}"


def test_nobody_is_asked_in_vain(student):
    """For 2, 3 and the end at 4, the model is asked three times, with 1, 2 and 3 symbols."""
    asked = []
    student.greedy_decode(counting(asked), torch.tensor([[1]]), 1, 4, 10)
    assert asked == [(1, 1), (1, 2), (1, 3)], f"yours asks with {asked}"


# %% [markdown]
# ## A word, backwards
#
# Nothing to write here. Your Transformer learns to spell words in reverse. It sees 51,200 random
# ones of 2 to 8 letters, which takes about a quarter of a minute. Nobody tells it what "backwards"
# means, or that letters are to be copied: it gets numbers, and other numbers. Ours got 486 of 500
# new words right.

# %%
import string

pad, bos, eos = 0, 1, 2
letters = ["_", "^", ".", *string.ascii_lowercase]  # a symbol's number is its place


def encoded(words):
    """Return src (B, S), its lengths (B) and the targets (B, S + 1), each with its eos."""
    lengths = torch.tensor([len(word) for word in words])
    longest = int(lengths.max())
    src, targets = (torch.full((len(words), longest + n), pad) for n in (0, 1))
    for b, word in enumerate(words):
        numbers = torch.tensor([letters.index(letter) for letter in word])
        src[b, : len(word)] = numbers
        targets[b, : len(word) + 1] = torch.cat([numbers.flip(0), torch.tensor([eos])])
    return src, lengths, targets


def random_words(count):
    """Return words that nobody has ever heard."""
    sizes = torch.randint(2, 9, (count,)).tolist()
    return ["".join(letters[n] for n in torch.randint(3, 29, (size,)).tolist()) for size in sizes]


torch.manual_seed(0)
model, steps = Transformer(len(letters), len(letters), 48, 4, 96, 2), 800
optimizer = torch.optim.Adam(model.parameters())
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=steps)
losses = []
for _ in range(steps):
    src, lengths, targets = encoded(random_words(64))
    logits = model(src, lengths, shift_right(targets, bos), lengths + 1)
    loss = sequence_loss(logits, targets, pad)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    losses.append(loss.item())


def step(ids, memory):
    """Ask the model what comes next. The length of a source is one more feature of its memory."""
    return model.decode(ids, memory[..., :-1], memory[:, 0, -1])


def backwards(words):
    """Let the model speak, and return what it says."""
    src, lengths, _ = encoded(words)
    with torch.no_grad():
        memory = model.encoder(src, lengths)
    memory = torch.cat([memory, lengths[:, None, None].expand(*src.shape, 1)], dim=2)
    said = greedy_decode(step, memory, bos, eos, 12)
    return ["".join(letters[n] for n in sentence) for sentence in said]


model.eval()
words = random_words(500)
right = sum(word[::-1] == said for word, said in zip(words, backwards(words), strict=True))
print(f"the loss was {losses[0]:.2f} and is {sum(losses[-20:]) / 20:.3f}")
print(f"of 500 new words, {right} are spelled backwards without a mistake")
for word in ("stressed", "drawer", "evil", "torch"):
    print(f"{word:>9} → {backwards([word])[0]}")

# %% [markdown]
# **Where it looks.** On the left, each row is a symbol that it has to say, and dark is where in the
# source the last layer looks while it does (the mean of all heads). The dark places run from the
# end of the word to its start: nobody has told it. For `.`, which is `eos`, the word has been
# used up.
#
# **What it expects.** On the right is the logarithm of every symbol's probability, at each step:
# one symbol at nearly 0, and all others far below. Where a row has two bright places, it has
# hesitated.

# %%
import matplotlib.pyplot as plt

word = "stressed"
src, lengths, targets = encoded([word])
tgt_in, says = shift_right(targets, bos), [letters[n] for n in targets[0].tolist()]
heard = []
listening = model.layers[-1].cross_attn
hook = listening.register_forward_hook(lambda module, args, out: heard.append(out[1]))
with torch.no_grad():
    chances = model(src, lengths, tgt_in)[0].log_softmax(dim=-1)  # (T, V)
hook.remove()
weights = heard[-1][0].mean(dim=0)  # (T, S), of all heads

figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 3.6), layout="constrained", width_ratios=[1, 2]
)
image = left.imshow(weights, cmap="Blues", vmin=0)
left.set_xticks(range(len(word)), word)
left.set_yticks(range(len(says)), says)
left.set(title="where it looks", xlabel="source", ylabel="has to say")
figure.colorbar(image, ax=left, label="weight")
image = right.imshow(chances, cmap="viridis", vmin=-12, vmax=0, aspect="auto")
right.set_xticks(range(len(letters)), letters)
right.set_yticks(range(len(says)), says)
right.set(title="what it expects", xlabel="symbol", ylabel="has to say")
figure.colorbar(image, ax=right, label="log-probability")
plt.show()
