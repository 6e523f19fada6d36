# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "matplotlib", "scikit-learn"]
#
# [tool.grader]
# title = "Where to look while speaking, and a question about a picture"
# learns = "Soft attention that can be seen: captions word by word, and answers to questions."
# hours = 6
# level = 4
# builds_on = ["gru", "attention"]
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
# You show a network a picture, and it says what it sees: *nine, four, nine*. You ask it *is there
# any seven?*, and it answers. In this capstone you build both, after [Xu et al. 2015, *Show, Attend
# and Tell*](https://arxiv.org/abs/1502.03044) and [Antol et al. 2015, *Visual Question
# Answering*](https://arxiv.org/abs/1505.00468). It is small enough to train in ten seconds, and
# has what the large ones have: features of places, a memory that speaks, and attention between the
# two.
#
# The best of attention is that it can be *seen*. While the network says a word, it puts a weight on
# every place of the picture; at the end you will draw these weights, word by word, and find out
# whether it looks at what it names.
#
# What you have built in earlier notebooks you may now take from torch: `nn.GRUCell`, `nn.GRU`,
# `nn.Embedding` and `nn.Linear`. Only the attention you write yourself.
#
# | letter | meaning |
# |---|---|
# | $B$ | batch: how many pictures at once |
# | $L$ | places of a picture; here 9, the cells of a 3 × 3 grid |
# | $F$ | features of a place, `feature_size` |
# | $H$ | features of the state, `hidden_size` |
# | $A$ | features in which state and place are compared, `attention_size` |
# | $E$ | features of a word, `embedding_size` |
# | $V$ | words, `vocab_size` |
# | $T$ | words of the longest caption or question |

# %%
import torch
from torch import nn

# %% [markdown]
# ## The pictures
#
# Nothing to write here. One, two or three of scikit-learn's handwritten digits lie somewhere on a
# 3 × 3 grid, in noise. The caption names them in reading order, and ends with `<eos>`; shorter
# captions are filled up with `<pad>`. Digits in test pictures come from a drawer of their own: the
# network never sees one of them while it learns.

# %%
import matplotlib.pyplot as plt

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
WORDS = ["<pad>", "<bos>", "<eos>", *NAMES]
PAD, BOS, EOS = 0, 1, 2


def load_digits():
    """Return (images, labels) for training pictures and for test pictures: 1,500 and 297."""
    from sklearn import datasets

    digits = datasets.load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32) / 16  # (N, 8, 8)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    images, labels = images[order], torch.tensor(digits.target)[order]
    return (images[:1500], labels[:1500]), (images[1500:], labels[1500:])


def lay_out(drawer, n, seed):
    """Make n pictures with digits from a drawer.

    Returns cells (n, 9, 8, 8), the digit in each cell (n, 9), -1 where there is none, and captions
    (n, 4).
    """
    images, labels = drawer
    generator = torch.Generator().manual_seed(seed)
    which = torch.randint(len(images), (n, 9), generator=generator)
    count = torch.randint(1, 4, (n, 1), generator=generator)
    rank = torch.rand(n, 9, generator=generator).argsort(dim=1)
    filled = rank < count  # (n, 9)
    noise = 0.05 * torch.randn(n, 9, 8, 8, generator=generator)
    cells = images[which] * filled[..., None, None] + noise
    digits = torch.where(filled, labels[which], -1)
    places = filled.int().argsort(dim=1, descending=True, stable=True)  # full cells come first
    words = digits.gather(1, places)[:, :4] + 3
    ends = torch.arange(4)
    captions = torch.where(ends < count, words, torch.where(ends == count, EOS, PAD))
    return cells, digits, captions


def said(words):
    """Write words, numbers up to the first <eos>, as text."""
    names = [WORDS[int(word)] for word in words]
    return " ".join(names[: names.index("<eos>")] if "<eos>" in names else names)


def show(panel, cells, title, color="black", weights=None):
    """Draw a picture (9, 8, 8), and in orange the weights of its cells (9), if there are any."""
    framed = nn.functional.pad(cells, (2, 2, 2, 2))  # (9, 12, 12)
    picture = framed.reshape(3, 3, 12, 12).transpose(1, 2).reshape(36, 36)
    panel.imshow(picture, cmap="Greys", vmin=0, vmax=1)
    if weights is not None:
        heat = weights.reshape(3, 3).repeat_interleave(12, 0).repeat_interleave(12, 1)
        orange = torch.tensor([1.0, 0.5, 0.05]).expand(36, 36, 3)
        panel.imshow(torch.cat([orange, 0.7 * heat.unsqueeze(-1)], dim=-1))
        for place, weight in enumerate(weights.tolist()):
            if weight > 0.05:
                x, y = 12 * (place % 3) + 11, 12 * (place // 3) + 1
                panel.text(x, y, f"{weight:.2f}", ha="right", va="center", fontsize=6)
    panel.set(xticks=[11.5, 23.5], yticks=[11.5, 23.5], xticklabels=[], yticklabels=[])
    panel.tick_params(length=0)
    panel.grid(color="0.8", linewidth=0.8)
    panel.set_title(title, fontsize=9, color=color)


train_drawer, test_drawer = load_digits()
cells, digits, captions = lay_out(train_drawer, 12_000, seed=1)
test_cells, test_digits, test_captions = lay_out(test_drawer, 1_000, seed=2)

figure, axes = plt.subplots(1, 6, figsize=(12, 2.3), layout="constrained")
for panel, picture, caption_ids in zip(axes, cells, captions, strict=False):
    show(panel, picture, said(caption_ids))
plt.show()

# %% [markdown]
# And here are the **eyes** of the network: the same small network for every cell, 64 pixels to $F$
# features, and a learned vector that says *where* the cell lies. (Without it, nine cells would be a
# bag of cells, and nobody could read them in order.)


# %%
class Eyes(nn.Module):
    """Turns cells (B, L, 8, 8) into features (B, L, F)."""

    def __init__(self, feature_size, places=9):
        super().__init__()
        self.what = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, feature_size))
        self.where = nn.Parameter(torch.randn(places, feature_size))

    def forward(self, cells):
        return self.what(cells.flatten(2)) + self.where


# %% [markdown]
# ## 1. Soft attention
#
# The state $h$ knows what has been said, and the features $f_1, \dots, f_L$ are what there is to
# see. A score says how much place $i$ is worth a look, now that the state is $h$. [Bahdanau et al.
# 2015](https://arxiv.org/abs/1409.0473) take a network with one hidden layer for it:
#
# $$e_i = v^\top \tanh(W_h h + W_f f_i), \qquad
#   \alpha = \operatorname{softmax}(e_1, \dots, e_L), \qquad
#   c = \sum_{i=1}^{L} \alpha_i f_i$$
#
# It is called *additive* attention, as state and place are added where the Transformer multiplies
# them. The **context** $c$ is a mixture of the features themselves, $F$ numbers; $W_f f_i$ serves
# the comparison alone.
#
# **Why the tanh?** Leave it away, and $v^\top W_h h$ is one number that is added to all scores of a
# picture. The softmax does not notice what is added to all: the state would have no say in where to
# look, and the network would stare at one place for the whole sentence. You would see no error.
#
# **Traps.** $h$ is $(B, H)$ and the features are $(B, L, F)$: the state needs an axis for the
# places. `unsqueeze(1)` puts it where it belongs; with `unsqueeze(0)` the code runs while $B = L$,
# and each place is compared with the state of another picture. The softmax runs over the places, so
# that the weights of *one picture* sum to 1. A place that the mask hides gets its score set to
# $-\infty$ *before* the softmax. In a mask, as everywhere in this course, **True means: may look**.


# %% question="soft_attention"
def soft_attention(h, features, W_h, W_f, v, mask=None):
    """Look at the places of a picture, as the state asks.

    h: (B, H), features: (B, L, F).
    W_h: (A, H), W_f: (A, F), v: (A).
    mask: None, or (B, L) bool: True where the picture may be looked at, False where it may not.
        There is a True in every row.

    All arguments stay as they are.

    Returns (context, weights): context (B, F) is the mean of the features by the weights, and
    weights (B, L) are the softmax of the scores over the places, 0 where the mask hides one.
    """
    # BEGIN SOLUTION
    asked = (h @ W_h.T).unsqueeze(1)  # (B, 1, A)
    scores = torch.tanh(asked + features @ W_f.T) @ v  # (B, L)
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = torch.softmax(scores, dim=-1)
    context = (weights.unsqueeze(-1) * features).sum(dim=1)  # (B, F)
    return context, weights
    # END SOLUTION


# %% tags=["check"]
def test_every_picture_gets_a_context_and_weights(student):
    """Two pictures of five places give contexts (2, 3) and weights (2, 5)."""
    sizes = ((2, 4), (2, 5, 3), (6, 4), (6, 3), (6,))
    context, weights = student.soft_attention(*map(torch.randn, sizes))
    assert context.shape == (2, 3), f"the context should be (2, 3), yours is {tuple(context.shape)}"
    assert weights.shape == (2, 5), f"weights should be (2, 5), yours are {tuple(weights.shape)}"


def test_without_a_preference_the_context_is_the_mean(student):
    """With v = 0 all scores are 0: each of the five places weighs 1/5."""
    h, features = torch.randn(2, 4), torch.randn(2, 5, 3)
    given = torch.randn(6, 4), torch.randn(6, 3), torch.zeros(6)
    context, weights = student.soft_attention(h, features, *given)
    assert (weights - 0.2).abs().max() < 1e-4, f"your weights are {weights.tolist()}"
    assert (context - features.mean(dim=1)).abs().max() < 1e-4, "the context is not the mean"


def look(student, h, features, v, mask=None):
    """Look at places with one feature each, where H, A and all weights are 1."""
    h, features = torch.tensor([[h]]), torch.tensor(features).reshape(1, -1, 1)
    one = torch.ones(1, 1)
    _, weights = student.soft_attention(h, features, one, one, torch.tensor([v]), mask)
    return weights.flatten()


def test_a_place_that_fits_weighs_more(student):
    """With h = 0, tanh(0.5493) = 0.5 and v = 2 ln 3, scores 0 and ln 3 give 1/4 and 3/4."""
    # Hint: Print the two scores: they should be 0 and ln 3 = 1.0986.
    # Hint: From where on do they differ: the sum, its tanh, or its product with v?
    weights = look(student, 0.0, [0.0, 0.5493], 2.1972)
    due = torch.tensor([0.25, 0.75])
    assert (weights - due).abs().max() < 1e-3, f"your weights are {weights.tolist()}"


def test_the_state_decides_where_to_look(student):
    """Features -1 and 1, v = 1: the second weighs 0.8210 for h = 0, and 0.7239 for h = 1."""
    # Hint: Print both scores for h = 0 and for h = 1. What has changed: both by the same, or their
    #   difference?
    # Hint: Where does h come in: before the tanh or behind it?
    for h, due in ((0.0, 0.8210), (1.0, 0.7239)):
        weight = float(look(student, h, [-1.0, 1.0], 1.0)[1])
        assert abs(weight - due) < 1e-3, f"with h = {h:.0f} yours is {weight:.4f}"


def test_the_only_place_in_sight_is_all_there_is(student):
    """If the mask leaves one place, the context is that feature, whatever the scores."""
    # Hint: Print the scores after the mask has acted. Which score has a weight of exactly 0?
    # Hint: If the wrong place is left over, read your mask aloud: True means …
    h, features, mask = torch.randn(2, 4), torch.randn(2, 5, 3), torch.zeros(2, 5).bool()
    mask[0, 3] = mask[1, 0] = True
    given = torch.randn(6, 4), torch.randn(6, 3), torch.randn(6)
    context, weights = student.soft_attention(h, features, *given, mask)
    assert (weights - mask.float()).abs().max() < 1e-4, "a hidden place has weight"
    due = torch.stack([features[0, 3], features[1, 0]])
    assert (context - due).abs().max() < 1e-4, "the context is another feature"


# %% [markdown]
# ## 2. One word
#
# A step of the speaker reads the last word, looks at the picture, and moves its state on:
#
# $$
# \begin{aligned}
# c_t, \alpha_t &= \operatorname{attention}(h_{t-1}, f) && \text{where to look} \\
# h_t &= \operatorname{GRU}\!\left([\,\operatorname{embed}(w_{t-1});\; c_t\,],\; h_{t-1}\right)
#   && \text{what to remember} \\
# \text{logits}_t &= W h_t + b && \text{what to say}
# \end{aligned}
# $$
#
# **Mind the order.** It looks *first*, from the state before the step, and speaks with what it has
# seen. The other order, to look from $h_t$ (as [Luong et al.
# 2015](https://arxiv.org/abs/1508.04025) do), is another network.
#
# In `[embed(w); c]` the embedding stands in front.


# %% question="CaptionCell"
class CaptionCell(nn.Module):
    """One step of a network that looks and says a word."""

    def __init__(self, vocab_size, embedding_size, feature_size, hidden_size, attention_size):
        """Create the parts, under these names and with no parameters beside theirs.

        embedding: nn.Embedding, a vector of embedding_size numbers for each word.
        W_h (A, H), W_f (A, F), v (A): nn.Parameters, for the attention. They start small: normal
            numbers with a standard deviation of 0.1 will do.
        gru: nn.GRUCell, from embedding_size + feature_size features to hidden_size.
        head: nn.Linear, from hidden_size features to a logit for each word.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.W_h = nn.Parameter(0.1 * torch.randn(attention_size, hidden_size))
        self.W_f = nn.Parameter(0.1 * torch.randn(attention_size, feature_size))
        self.v = nn.Parameter(0.1 * torch.randn(attention_size))
        self.gru = nn.GRUCell(embedding_size + feature_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)
        # END SOLUTION

    def forward(self, token, h, features):
        """Look at the picture, and say what word comes next.

        token: (B) int64, the word before. h: (B, H), the state before. features: (B, L, F).

        Returns (logits, h, weights): logits (B, V) for the next word, the state after the step
        (B, H), and weights (B, L), where it has looked.
        """
        # BEGIN SOLUTION
        context, weights = soft_attention(h, features, self.W_h, self.W_f, self.v)
        h = self.gru(torch.cat([self.embedding(token), context], dim=-1), h)
        return self.head(h), h, weights
        # END SOLUTION


# %% tags=["check"]
def test_a_step_gives_logits_a_state_and_weights(student):
    """Five pictures of nine places, H = 4 and V = 7: logits (5, 7), h (5, 4), weights (5, 9)."""
    cell = student.CaptionCell(7, 2, 3, 4, 6)
    found = cell(torch.randint(7, (5,)), torch.randn(5, 4), torch.randn(5, 9, 3))
    shapes = [tuple(result.shape) for result in found]
    assert shapes == [(5, 7), (5, 4), (5, 9)], f"yours are {shapes}"


def test_the_parts_have_these_names(student):
    """With V = 7, E = 2, F = 3, H = 4 and A = 6, the parameters have these names and shapes."""
    cell = student.CaptionCell(7, 2, 3, 4, 6)
    due = {"embedding.weight": (7, 2), "W_h": (6, 4), "W_f": (6, 3), "v": (6,)}
    due |= {"gru.weight_ih": (12, 5), "gru.weight_hh": (12, 4)}
    due |= {"gru.bias_ih": (12,), "gru.bias_hh": (12,)}
    due |= {"head.weight": (7, 4), "head.bias": (7,)}
    shapes = {name: tuple(p.shape) for name, p in cell.named_parameters()}
    assert shapes == due, f"they should be {due}, yours are {shapes}"


def test_it_looks_before_it_speaks(student):
    """The weights are those of `soft_attention` from the state before the step."""
    # Hint: Print the state that you hand to `soft_attention`, and the one that came in as `h`.
    cell, h, features = student.CaptionCell(7, 2, 3, 4, 6), torch.randn(5, 4), torch.randn(5, 9, 3)
    nn.init.normal_(cell.v)
    _, _, weights = cell(torch.randint(7, (5,)), h, features)
    _, due = student.soft_attention(h, features, cell.W_h, cell.W_f, cell.v)
    assert (weights - due).abs().max() < 1e-4, "the weights are those of another state"


def stepped(student, cell, token, h, features):
    """Return the state after a step, by torch's own formula, and the logits that follow from it."""
    context, _ = student.soft_attention(h, features, cell.W_h, cell.W_f, cell.v)
    x = torch.cat([cell.embedding.weight[token], context], dim=-1)
    weights, biases = (cell.gru.weight_ih, cell.gru.weight_hh), (cell.gru.bias_ih, cell.gru.bias_hh)
    after = torch.gru_cell(x, h, *weights, *biases)
    return after, after @ cell.head.weight.T + cell.head.bias


def test_the_gru_reads_the_word_and_then_the_context(student):
    """The new state is what `gru` makes of [embedding; context]; the logits are `head` of it."""
    # Hint: Print what the GRU is given: the first numbers are the embedding's, and the others the
    #   context's.
    # Hint: If the state is right and the logits are not, which state does `head` read?
    cell, h, features = student.CaptionCell(7, 2, 3, 4, 6), torch.randn(5, 4), torch.randn(5, 9, 3)
    token = torch.randint(7, (5,))
    logits, after, _ = cell(token, h, features)
    due, said_then = stepped(student, cell, token, h, features)
    assert (after - due).abs().max() < 1e-4, "the state is another one"
    assert (logits - said_then).abs().max() < 1e-4, "the logits are not those of the new state"


# %% [markdown]
# ## 3. The whole sentence
#
# While it learns, the network is not left to its own words. **Teacher forcing**: at each step it
# reads the *true* word before, and is asked for the next one. So the words that it reads are the
# caption, shifted by one, with `bos` in front:
#
# | step | 0 | 1 | 2 | 3 |
# |---|---|---|---|---|
# | reads | `<bos>` | nine | four | nine |
# | shall say | nine | four | nine | `<eos>` |
#
# Shift them the wrong way or not at all, and it is shown the word that it shall say. Its loss then
# falls to 0 in no time, and it cannot speak a word when nobody is there to tell it.
#
# The state that it starts from is made of the whole picture, of the mean of all features:
# $h_0 = \tanh\left(W_0\, \tfrac{1}{L}\sum_i f_i + b_0\right)$. `begin`, which is given, does that.


# %% question="Captioner"
class Captioner(nn.Module):
    """A network that says what is in a picture."""

    def __init__(self, vocab_size, embedding_size, feature_size, hidden_size, attention_size):
        """Create start, which makes the first state, and cell, your CaptionCell."""
        super().__init__()
        self.start = nn.Linear(feature_size, hidden_size)
        self.cell = CaptionCell(
            vocab_size, embedding_size, feature_size, hidden_size, attention_size
        )

    def begin(self, features):
        """Return the state (B, H) before the first word, for features (B, L, F)."""
        return torch.tanh(self.start(features.mean(dim=1)))

    def forward(self, features, captions, bos):
        """Say captions, each word after the true words before it.

        features: (B, L, F). captions: (B, T) int64, the words that are to be said, T ≥ 1.
        bos: an int, the word that stands for the beginning.

        All arguments stay as they are.

        Returns (logits, weights): logits (B, T, V), at [:, t] those for word t of the captions, and
        weights (B, T, L), where it looked for that.
        """
        # BEGIN SOLUTION
        h, token = self.begin(features), torch.full_like(captions[:, 0], bos)
        logits, weights = [], []
        for t in range(captions.shape[1]):
            logits_t, h, weights_t = self.cell(token, h, features)
            logits.append(logits_t)
            weights.append(weights_t)
            token = captions[:, t]
        return torch.stack(logits, dim=1), torch.stack(weights, dim=1)
        # END SOLUTION


# %% tags=["check"]
def test_every_word_gets_logits_and_weights(student):
    """Five captions of six words, V = 7 and L = 9: logits (5, 6, 7) and weights (5, 6, 9)."""
    found = student.Captioner(7, 2, 3, 4, 6)(torch.randn(5, 9, 3), torch.randint(7, (5, 6)), 1)
    shapes = [tuple(result.shape) for result in found]
    assert shapes == [(5, 6, 7), (5, 6, 9)], f"yours are {shapes}"


def test_it_begins_with_bos(student):
    """The first logits are those of a step from `begin` that reads bos."""
    model, features = student.Captioner(7, 2, 3, 4, 6), torch.randn(5, 9, 3)
    logits, _ = model(features, torch.randint(7, (5, 6)), 1)
    h = torch.tanh(features.mean(dim=1) @ model.start.weight.T + model.start.bias)
    _, due = stepped(student, model.cell, torch.ones(5).long(), h, features)
    assert (logits[:, 0] - due).abs().max() < 1e-4, "the first logits are not those of that step"


def test_a_word_is_read_only_after_it_was_to_be_said(student):
    """Another word at step 2 changes the logits of steps 3, 4 and 5, and none before."""
    # Hint: The message lists how much each of the six steps changes. Which is the first that
    #   should?
    # Hint: One step too early is a missing shift; no change at all means that true words are not
    #   read.
    model, features = student.Captioner(7, 2, 3, 4, 6), torch.randn(5, 9, 3)
    words = torch.randint(3, (5, 6))
    before, _ = model(features, words, 1)
    words[:, 2] += 3
    after, _ = model(features, words, 1)
    change = (after - before).abs().amax(dim=(0, 2))  # (T)
    assert change[:3].max() < 1e-5, f"it knows a word that it shall say: {change.tolist()}"
    assert change[3:].min() > 1e-5, f"it does not read what was said: {change.tolist()}"


# %% [markdown]
# ## 4. What it costs
#
# The mean cross-entropy over all *words* of the batch. What is filled in is not a word: it costs
# nothing, and it is not counted in the mean either. And it is one mean over the batch, and not a
# mean of the captions' means, in which the word of a short caption would count more than that of a
# long one.
#
# **The edge.** A batch without a single word, all of it `pad`, costs 0. Divided without care, 0/0
# is NaN, and one NaN in one step of training is the end of all parameters.


# %% question="caption_loss"
def caption_loss(logits, captions, pad):
    """Return how surprising captions are, on average over their words.

    logits: (B, T, V), at [:, t] those for word t. captions: (B, T) int64.
    pad: an int, the word that fills up shorter captions.

    All arguments stay as they are.

    Returns a tensor without axes: the mean over all words but pad, in natural logarithms, or 0 if
    there are none.
    """
    # BEGIN SOLUTION
    loss = nn.functional.cross_entropy(
        logits.flatten(0, 1), captions.flatten(), ignore_index=pad, reduction="sum"
    )
    return loss / (captions != pad).sum().clamp(min=1)
    # END SOLUTION


# %% tags=["check"]
def test_guessing_among_four_words_costs_ln_4(student):
    """If all of four words are as likely, each costs ln 4 = 1.3863, however many there are."""
    captions = torch.tensor([[3, 2, 0], [2, 0, 0]])
    loss = float(student.caption_loss(torch.zeros(2, 3, 4), captions, 0))
    assert abs(loss - 1.3863) < 1e-4, f"yours is {loss:.4f}"


def test_every_word_counts_alike(student):
    """Three words that are sure, and one that costs ln 4: the mean is ln 4 / 4 = 0.3466."""
    # Hint: Print the cost of each of the six places: 0 three times, ln 4, and two that do not
    #   count.
    # Hint: By which number is their sum divided on paper?
    captions = torch.tensor([[3, 1, 2], [2, 0, 0]])
    logits = 100 * torch.eye(4)[captions]
    logits[1] = 0.0
    loss = float(student.caption_loss(logits, captions, 0))
    assert abs(loss - 0.3466) < 1e-4, f"yours is {loss:.4f}"


def test_the_number_for_pad_is_an_argument(student):
    """With pad = 3, the word 0 is a word, and 3 is not."""
    captions = torch.tensor([[0, 3, 3]])
    loss = float(student.caption_loss(100 * torch.eye(4)[torch.tensor([[0, 1, 1]])], captions, 3))
    assert abs(loss) < 1e-4, f"the one word is sure, but your loss is {loss:.4f}"


def test_nothing_but_padding_costs_nothing(student):
    """A batch without a word costs 0."""
    loss = float(student.caption_loss(torch.randn(2, 3, 4), torch.zeros(2, 3).long(), 0))
    assert loss == 0, f"yours is {loss}"


# %% [markdown]
# ## 5. Speaking
#
# Now nobody tells it the words. It says the likeliest word, **reads what it has said**, and goes on
# from its new state. Several pictures are captioned at once, and each caption ends on its own, when
# its next word is `eos`. Those that have ended are silent while others go on; when all have ended,
# or when `max_length` words were said, the loop is over. Do not call the cell once more: nobody is
# left to hear it.
#
# Keep the weights: a row for every word that was said. (It also looked for its `eos`, but that is
# not a word of the caption.)
#
# **Trap.** `[[]] * B` is *one* list, B times. What one picture says, all have said.


# %% question="caption"
def caption(model, features, bos, eos, max_length):
    """Let a model say what is in pictures, always the likeliest word.

    model: as a Captioner. model.begin(features) is the first state h, and
        model.cell(token, h, features) returns (logits, h, weights): (B, V), (B, H) and (B, L). It
        is called for all B pictures at once: with bos first, then with the words that it said.
    features: (B, L, F).
    bos, eos: ints, the words for the beginning and for the end.
    max_length: the largest number of words of a caption, 1 or more.

    The cell is not called again after all captions have ended or have max_length words. Nobody
    learns here, so the model is called under torch.no_grad().

    Returns (words, weights), two lists with an entry for each picture: words[b] is a list of ints,
    without bos and eos, and weights[b] is a tensor (len(words[b]), L), where the model looked for
    each of these words.
    """
    # BEGIN SOLUTION
    B, L = features.shape[:2]
    words, looked = [[] for _ in range(B)], [[] for _ in range(B)]
    speaking = set(range(B))
    with torch.no_grad():
        h, token = model.begin(features), torch.full((B,), bos, device=features.device)
        for _ in range(max_length):
            logits, h, weights = model.cell(token, h, features)
            token = logits.argmax(dim=-1)  # (B)
            speaking -= {b for b in speaking if token[b] == eos}
            if not speaking:
                break
            for b in speaking:
                words[b].append(int(token[b]))
                looked[b].append(weights[b])
    none = features.new_zeros(0, L)
    return words, [torch.stack(rows) if rows else none for rows in looked]
    # END SOLUTION


# %% tags=["check"]
class Countdown(nn.Module):
    """Counts down from the number that a picture shows; its words are numbers, and 0 is the end."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def begin(self, features):
        return features[:, 0]  # (B, 1)

    def cell(self, token, h, features):
        self.calls += 1
        weights = torch.zeros(len(h), features.shape[1])
        weights[:, self.calls - 1] = 1.0  # step by step, it looks at one place after the other
        return torch.eye(9)[h[:, 0].long().clamp(min=0)], h - 1, weights


def counted(student, *numbers, max_length=7):
    """Caption a picture for each number."""
    features, model = torch.tensor(numbers).float().reshape(-1, 1, 1).repeat(1, 8, 1), Countdown()
    words, weights = student.caption(model, features, 8, 0, max_length)
    return [[int(word) for word in row] for row in words], weights, model.calls


def test_three_one_and_nothing(student):
    """3 says 3, 2, 1; at the same time 1 says 1, and 0 says nothing at all."""
    # Hint: Print at each step what each of the three says, and who is still speaking.
    # Hint: The third one says its end at once. What have you written down for it by then?
    words, _, _ = counted(student, 3, 1, 0)
    assert words == [[3, 2, 1], [1], []], f"yours are {words}"


def test_max_length_counts_words(student):
    """With max_length = 2, a countdown from 5 gets as far as 4."""
    words, _, calls = counted(student, 5, 1, max_length=2)
    assert words == [[5, 4], [1]], f"yours are {words}"
    assert calls == 2, f"two words need two calls of the cell, you make {calls}"


def test_the_end_is_the_last_call(student):
    """Counting down from 3 takes four calls: 3, 2, 1 and the end."""
    _, _, calls = counted(student, 3, 1)
    assert calls == 4, f"you make {calls}"


def test_a_word_has_a_row_of_weights(student):
    """For 2 and 0 there are weights (2, 8) and (0, 8); the first word looked at place 0."""
    _, weights, _ = counted(student, 2, 0)
    shapes = [tuple(rows.shape) for rows in weights]
    assert shapes == [(2, 8), (0, 8)], f"yours are {shapes}"
    assert weights[0].argmax(dim=-1).tolist() == [0, 1], "these are the weights of other words"


# %% [markdown]
# ### Where does it look?
#
# Nothing to write here. Eyes and captioner learn together, from nothing but pictures and captions.
# **Nobody tells them where a digit lies**: where to look is found out by itself, since it lowers
# the loss. On one core it takes about seven seconds. When this was written, 93 of 100 captions of
# digits that it had never seen came out right to the last word, and for 98 of 100 words it looked
# most at the digit whose turn it was.
#
# In the picture a row is a test picture: on the left what the network says, then each of its words,
# with the weights of the nine cells in orange. The last rows are captions that are wrong (red, and
# in brackets what would be right). See where it looked: more often than not it was at the right
# place, and took one digit for another.


# %%
def train(parameters, batch_loss, epochs, lr):
    """Train on all pictures several times, in batches of 100."""
    optimizer = torch.optim.Adam(parameters, lr)
    steps = epochs * len(cells) // 100
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(cells)).split(100):
            loss = batch_loss(rows)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def captioning_loss(rows):
    """Return the loss of a batch of training pictures."""
    logits, _ = captioner(eyes(cells[rows]), captions[rows], BOS)
    return caption_loss(logits, captions[rows], PAD)


torch.manual_seed(0)
sizes = {"embedding_size": 16, "feature_size": 48, "hidden_size": 64, "attention_size": 32}
eyes = Eyes(sizes["feature_size"])
captioner = Captioner(len(WORDS), **sizes)
train([*eyes.parameters(), *captioner.parameters()], captioning_loss, 10, 5e-3)

with torch.no_grad():
    words, looked = caption(captioner, eyes(test_cells), BOS, EOS, 5)
right, looks = [], []
for row, due, weights, places in zip(words, test_captions, looked, test_digits, strict=True):
    right.append(said(row) == said(due))
    filled = (places >= 0).nonzero().flatten().tolist()
    looks += [int(w.argmax()) == place for w, place in zip(weights, filled, strict=False)]
print(f"{sum(right) / len(right):.1%} of the captions are right to the last word.")
print(f"{sum(looks) / len(looks):.1%} of the words have most weight on the digit whose turn it is.")

examples = [b for b in range(len(right)) if right[b] and len(words[b]) == 3][:2]
examples += [b for b in range(len(right)) if right[b] and len(words[b]) == 2][:1]
examples += [b for b in range(len(right)) if not right[b] and 0 < len(words[b]) <= 3][:2]
figure, axes = plt.subplots(len(examples), 4, figsize=(8.5, 2.3 * len(examples)), squeeze=False)
for panels, b in zip(axes, examples, strict=True):
    due = "" if right[b] else f"\n({said(test_captions[b])})"
    show(panels[0], test_cells[b], said(words[b]) + due, "black" if right[b] else "firebrick")
    for panel in panels[1:]:
        panel.axis("off")
    for panel, word, weights in zip(panels[1:], words[b], looked[b], strict=False):
        panel.axis("on")
        show(panel, test_cells[b], WORDS[word], weights=weights)
figure.tight_layout()
plt.show()

# %% [markdown]
# ## 6. A question about a picture
#
# *Is there any seven? How many digits? What is the largest digit?* The answer is one of a few
# words, so this is a classifier, with two inputs of different kinds. After Antol et al.:
#
# $$
# \begin{aligned}
# q &= \text{the state of a GRU after the last word of the question} \\
# c, \alpha &= \operatorname{attention}(q, f) && \text{the question decides where to look} \\
# \text{logits} &= W\left(\tanh(W_c c + b_c) \odot \tanh(W_q q + b_q)\right) + b
# \end{aligned}
# $$
#
# Both are brought to the same number of features, and **multiplied**, number by number. Why not
# added? In a sum, the picture would vote for an answer, and the question for another one, each
# without listening. In a product, the question can open and close what the picture shows: whether
# "there is a seven" matters depends on what was asked.
#
# **Trap.** Questions have different lengths, and `lengths` says how many of their words are real.
# The state at the *last column* has read the padding. It must be the state at `lengths - 1`, for
# each question its own.


# %% question="VQA"
class VQA(nn.Module):
    """Answers questions about pictures."""

    def __init__(
        self,
        vocab_size,
        embedding_size,
        feature_size,
        hidden_size,
        attention_size,
        joint_size,
        num_answers,
    ):
        """Create the parts, under these names and with no parameters beside theirs.

        embedding: nn.Embedding, a vector of embedding_size numbers for each word.
        gru: nn.GRU from embedding_size to hidden_size features, one layer, batch first.
        W_h (A, H), W_f (A, F), v (A): nn.Parameters, as in CaptionCell.
        image, question: nn.Linear, from feature_size and from hidden_size features to joint_size.
        head: nn.Linear, from joint_size features to num_answers.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.W_h = nn.Parameter(0.1 * torch.randn(attention_size, hidden_size))
        self.W_f = nn.Parameter(0.1 * torch.randn(attention_size, feature_size))
        self.v = nn.Parameter(0.1 * torch.randn(attention_size))
        self.image = nn.Linear(feature_size, joint_size)
        self.question = nn.Linear(hidden_size, joint_size)
        self.head = nn.Linear(joint_size, num_answers)
        # END SOLUTION

    def forward(self, features, questions, lengths):
        """Read a question about each picture, and answer it.

        features: (B, L, F). questions: (B, T) int64, filled up with any words.
        lengths: (B) int64, from 1 to T, how many words of each question are real.

        All arguments stay as they are, and words that are filled in have no influence.

        Returns (logits, weights): logits (B, num_answers), and weights (B, L), where it has looked.
        """
        # BEGIN SOLUTION
        out, _ = self.gru(self.embedding(questions))  # (B, T, H)
        q = out[torch.arange(len(out), device=out.device), lengths - 1]  # (B, H)
        context, weights = soft_attention(q, features, self.W_h, self.W_f, self.v)
        joint = torch.tanh(self.image(context)) * torch.tanh(self.question(q))
        return self.head(joint), weights
        # END SOLUTION


# %% tags=["check"]
def small_vqa(student):
    """Make a VQA with V = 9, E = 2, F = 3, H = 4, A = 6, 5 joint features and 7 answers."""
    return student.VQA(9, 2, 3, 4, 6, 5, 7)


def test_every_question_gets_a_logit_for_each_answer(student):
    """Two questions about pictures of five places: logits (2, 7) and weights (2, 5)."""
    model = small_vqa(student)
    found = model(torch.randn(2, 5, 3), torch.randint(9, (2, 4)), torch.tensor([4, 2]))
    shapes = [tuple(result.shape) for result in found]
    assert shapes == [(2, 7), (2, 5)], f"yours are {shapes}"


def test_the_parts_of_vqa_have_these_names(student):
    """The parameters have the names and shapes that __init__ lists."""
    due = {"embedding.weight": (9, 2), "W_h": (6, 4), "W_f": (6, 3), "v": (6,)}
    due |= {"gru.weight_ih_l0": (12, 2), "gru.weight_hh_l0": (12, 4)}
    due |= {"gru.bias_ih_l0": (12,), "gru.bias_hh_l0": (12,)}
    due |= {"image.weight": (5, 3), "image.bias": (5,)}
    due |= {"question.weight": (5, 4), "question.bias": (5,)}
    due |= {"head.weight": (7, 5), "head.bias": (7,)}
    shapes = {name: tuple(p.shape) for name, p in small_vqa(student).named_parameters()}
    assert shapes == due, f"they should be {due}, yours are {shapes}"


def test_what_is_filled_in_is_not_read(student):
    """A question gets the answer that it gets alone, whatever words stand behind its end."""
    # Hint: Print q of the second question, in the batch and alone.
    # Hint: If they differ, print which step of `out` q is: its own last one, or the last column?
    model, features, words = small_vqa(student), torch.randn(2, 5, 3), torch.randint(9, (2, 4))
    together, _ = model(features, words, torch.tensor([4, 2]))
    alone, _ = model(features[1:], words[1:, :2], torch.tensor([2]))
    assert (together[1] - alone[0]).abs().max() < 1e-4, (
        "the answer depends on the words behind the end"
    )


def test_a_closed_question_lets_nothing_through(student):
    """If `question` gives 0, the product is 0: the logits are the bias of `head`."""
    model = small_vqa(student)
    nn.init.zeros_(model.question.weight)
    nn.init.zeros_(model.question.bias)
    logits, _ = model(torch.randn(2, 5, 3), torch.randint(9, (2, 4)), torch.tensor([4, 2]))
    assert (logits - model.head.bias).abs().max() < 1e-4, "the logits are not the bias of the head"


def test_two_questions_look_elsewhere(student):
    """Two questions about one picture get different weights."""
    model, words = small_vqa(student), torch.tensor([[1, 2, 3], [4, 5, 6]])
    for parameter in (model.W_h, model.W_f, model.v):
        nn.init.normal_(parameter)
    _, weights = model(torch.randn(1, 5, 3).repeat(2, 1, 1), words, torch.tensor([3, 3]))
    assert (weights[0] - weights[1]).abs().max() > 1e-4, "both questions get the same weights"


# %% [markdown]
# ## 7. How many answers are right?
#
# One number hides a lot. Who answers every "is there a …?" with *yes* is right half of the time
# and knows nothing. So take the share of right answers for **each kind of question** by itself. The
# answer is the one with the largest logit. Of a kind that nobody has asked, the share is 0 (and not
# 0/0).


# %% question="answer_accuracy"
def answer_accuracy(logits, answers, kinds, num_kinds):
    """Return the share of right answers, for each kind of question.

    logits: (B, C). answers: (B) int64, the right ones.
    kinds: (B) int64, from 0 to num_kinds - 1, of which kind each question is.

    Returns (num_kinds), numbers from 0 to 1; 0 for a kind that does not occur.
    """
    # BEGIN SOLUTION
    right = (logits.argmax(dim=-1) == answers).to(logits.dtype)  # (B)
    of_kind = nn.functional.one_hot(kinds, num_kinds).to(logits.dtype)  # (B, K)
    return right @ of_kind / of_kind.sum(dim=0).clamp(min=1)
    # END SOLUTION


# %% tags=["check"]
def test_each_kind_has_its_own_share(student):
    """Kind 0: one of two is right. Kind 1: two of two. Kind 2 was not asked."""
    logits = torch.tensor([[2.0, 1.0, 0.0], [5.0, 0.0, 4.0], [-3.0, -2.0, -9.0], [0.0, 0.0, 1.0]])
    answers, kinds = torch.tensor([0, 2, 1, 2]), torch.tensor([0, 0, 1, 1])
    shares = student.answer_accuracy(logits, answers, kinds, 3)
    assert shares.shape == (3,), f"three shares were asked for, yours are {tuple(shares.shape)}"
    assert (shares - torch.tensor([0.5, 1.0, 0.0])).abs().max() < 1e-4, f"{shares.tolist()}"


# %% [markdown]
# ### Questions, and somebody who does not look
#
# Nothing to write from here on. Four kinds of questions are asked about the same pictures. The eyes
# are those of the captioner and learn nothing more: what they have learned to see for speaking will
# do for answering.
#
# Beside your network learns a **blind** one: the same, but what it is shown is all zeros. What it
# gets right it owes to the question alone. Such a baseline is a must wherever two inputs meet. Of
# the questions about photographs that Antol et al. collected, a network without eyes answered
# nearly half as people do: who asks for the color of a banana mostly hears *yellow*.
#
# The first picture has the shares of right answers. When this was written, 96 of 100 were right,
# and 31 of 100 without looking. The second one has four questions of each kind, with what it looked
# at. Asked for the largest digit, it looks at the largest, and asked whether there is any seven, at
# what looks most like one. Asked for their number, it looks around: a mean over the nine cells
# tells how full they are. A wrong answer is red, and the right one stands in brackets.

# %%
KINDS = ("how many", "is there", "largest", "smallest")
ASKED = ["<pad>", "how", "many", "digits", "is", "there", "any", "what", "the", "digit", *NAMES]
ASKED += ["largest", "smallest"]
ANSWERS = ["no", "yes", *NAMES]
NUMBER = {word: n for n, word in enumerate(ASKED)}


def ask(digits, seed):
    """Ask a question about each picture; return questions, lengths, answers and kinds."""
    generator = torch.Generator().manual_seed(seed)
    kinds = torch.randint(len(KINDS), (len(digits),), generator=generator)
    questions, answers = torch.zeros(len(digits), 5, dtype=torch.int64), []
    for row, places, kind in zip(questions, digits, kinds.tolist(), strict=True):
        there = [digit for digit in places.tolist() if digit >= 0]
        if KINDS[kind] == "is there":
            yes = bool(torch.randint(2, (), generator=generator))
            pool = [digit for digit in range(10) if (digit in there) == yes]
            digit = pool[int(torch.randint(len(pool), (), generator=generator))]
            text, answer = f"is there any {NAMES[digit]}", "yes" if yes else "no"
        elif KINDS[kind] == "how many":
            text, answer = "how many digits", NAMES[len(there)]
        else:
            best = max(there) if KINDS[kind] == "largest" else min(there)
            text, answer = f"what is the {KINDS[kind]} digit", NAMES[best]
        numbers = [NUMBER[word] for word in text.split()]
        row[: len(numbers)] = torch.tensor(numbers)
        answers.append(ANSWERS.index(answer))
    return questions, (questions > 0).sum(dim=1), torch.tensor(answers), kinds


with torch.no_grad():
    seen, test_seen = eyes(cells), eyes(test_cells)
questions, lengths, answers, _ = ask(digits, seed=3)
test_questions, test_lengths, test_answers, test_kinds = ask(test_digits, seed=4)
shares, found = {}, {}
for name, light in (("with the picture", 1.0), ("blind", 0.0)):
    torch.manual_seed(0)
    vqa = VQA(len(ASKED), **sizes, joint_size=64, num_answers=len(ANSWERS))

    def answering_loss(rows, vqa=vqa, light=light):
        """Return the loss of a batch of questions about training pictures."""
        logits, _ = vqa(light * seen[rows], questions[rows], lengths[rows])
        return nn.functional.cross_entropy(logits, answers[rows])

    train(vqa.parameters(), answering_loss, 5, 1e-2)
    with torch.no_grad():
        found[name] = vqa(light * test_seen, test_questions, test_lengths)
    shares[name] = answer_accuracy(found[name][0], test_answers, test_kinds, len(KINDS))
    print(f"{name}: {(found[name][0].argmax(dim=-1) == test_answers).float().mean():.1%} are right")

figure, axes = plt.subplots(figsize=(6, 2.8), layout="constrained")
for n, (name, color) in enumerate((("with the picture", "tab:orange"), ("blind", "0.6"))):
    places = [kind + 0.4 * n - 0.2 for kind in range(len(KINDS))]
    bars = axes.bar(places, shares[name], 0.38, label=name, color=color)
    axes.bar_label(bars, fmt="{:.0%}", fontsize="small")
axes.set(xticks=range(len(KINDS)), xticklabels=KINDS, ylabel="share of right answers")
axes.set_ylim(0, 1.4)
axes.legend(loc="upper center", ncols=2, frameon=False)
plt.show()

logits, weights = found["with the picture"]
guesses, blind = logits.argmax(dim=-1), found["blind"][0].argmax(dim=-1)
figure, axes = plt.subplots(len(KINDS), 4, figsize=(10, 2.75 * len(KINDS)))
for kind, panels in enumerate(axes):
    of_kind = (test_kinds == kind).nonzero().flatten().tolist()
    chosen = sorted(of_kind, key=lambda b: bool(guesses[b] == test_answers[b]))[:1] + of_kind[:4]
    for panel, b in zip(panels, dict.fromkeys(chosen), strict=False):
        text = " ".join(ASKED[word] for word in test_questions[b, : test_lengths[b]])
        good = bool(guesses[b] == test_answers[b])
        said_so = ANSWERS[guesses[b]] + ("" if good else f" ({ANSWERS[test_answers[b]]})")
        title = f"{text}?\n{said_so}   [blind: {ANSWERS[blind[b]]}]"
        show(panel, test_cells[b], title, "black" if good else "firebrick", weights[b])
figure.tight_layout()
plt.show()
