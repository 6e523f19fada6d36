# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "matplotlib"]
#
# [tool.grader]
# title = "Two gates, many layers, both directions"
# learns = "The reset and the update gate, and sequences of any length in one batch."
# hours = 4
# level = 3
# builds_on = ["lstm_mnist"]
#
# [tool.grader.forbid]
# gru_step = ["torch.nn.GRU*", "torch.nn.LSTM*", "torch.nn.RNN*", "torch.gru*", "torch.lstm*"]
# GRU = ["torch.nn.GRU*", "torch.nn.LSTM*", "torch.nn.RNN*", "torch.gru*", "torch.lstm*"]
#
# [tool.grader.limits]
# seconds = 3.0
# memory_mb = 1024
# ///

# %% [markdown]
# An LSTM has three gates and two memories. The *gated recurrent unit* of [Cho et al.
# 2014](https://aclanthology.org/D14-1179) asks whether that many are needed: it has two gates and
# one memory, and learns about as well. You will build it, stack it in layers, and let it read in
# both directions, as `torch.nn.GRU` does. Then you will take care of what real batches are like:
# sentences of different lengths, filled up with padding.
#
# In parts 1 and 2 torch's own recurrent layers are off limits; from part 6 on you may use them.
#
# Letters for shapes, used throughout:
#
# | letter | meaning |
# |---|---|
# | $B$ | batch: how many sequences at once |
# | $T$ | time: steps of a sequence |
# | $I$ | features of one step, `input_size` |
# | $H$ | features of the state, `hidden_size` |
# | $L$ | layers, `num_layers` |
# | $D$ | directions: 1, or 2 if `bidirectional` |
# | $C$ | classes, `num_classes` |

# %%
import torch
from torch import nn

# %% [markdown]
# ## 1. One step
#
# $$
# \begin{aligned}
# r &= \sigma(W_{ir} x + b_{ir} + W_{hr} h + b_{hr}) && \text{reset gate} \\
# z &= \sigma(W_{iz} x + b_{iz} + W_{hz} h + b_{hz}) && \text{update gate} \\
# n &= \tanh(W_{in} x + b_{in} + r \odot (W_{hn} h + b_{hn})) && \text{candidate} \\[4pt]
# h' &= (1 - z) \odot n + z \odot h
# \end{aligned}
# $$
#
# The new state is a *mixture* of the candidate and of the old state, feature by feature. Where
# $z = 1$ the state is kept, and the gradient passes as it is: it is the additive path that you know
# from the LSTM, with one gate where that has two. Where $r = 0$ the candidate does not look
# at the old state at all, and starts afresh.
#
# **Three conventions to be careful with.** All of these can be found in papers and in libraries,
# and all of them make networks that learn. But weights fit only the convention in which they were
# learned, and here it is torch's:
#
# * the order of the gates in the stacked matrices is $r, z, n$ (in the paper and in Keras, $z$ is
#   first);
# * $z$ says how much of the *old* state is kept (in many texts, how much of the new one is taken);
# * $r$ acts *after* the product, and on its bias: $r \odot (W_{hn} h + b_{hn})$. In the first paper
#   it acts before: $W_{hn} (r \odot h) + b_{hn}$.
#
# The last one has a consequence. For the LSTM you could add the two products before you cut the sum
# into gates. Here the two parts of $n$ must be kept apart, since $r$ acts on only one of them.
#
# | parameter | shape | holds |
# |---|---|---|
# | `weight_ih` | $(3H, I)$ | $W_{ir}, W_{iz}, W_{in}$, on top of each other |
# | `weight_hh` | $(3H, H)$ | $W_{hr}, W_{hz}, W_{hn}$ |
# | `bias_ih`, `bias_hh` | $(3H)$ | the biases, in the same order |


# %% question="gru_step"
def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    """Do one step of a GRU.

    x: (B, I), h: (B, H).
    weight_ih: (3H, I), weight_hh: (3H, H), bias_ih and bias_hh: (3H); gates in the order r, z, n.

    All arguments stay as they are.

    Returns the next h (B, H).
    """
    # BEGIN SOLUTION
    r_x, z_x, n_x = (x @ weight_ih.T + bias_ih).chunk(3, dim=-1)  # (B, H) each
    r_h, z_h, n_h = (h @ weight_hh.T + bias_hh).chunk(3, dim=-1)
    r = torch.sigmoid(r_x + r_h)
    z = torch.sigmoid(z_x + z_h)
    n = torch.tanh(n_x + r * n_h)
    return (1 - z) * n + z * h
    # END SOLUTION


# %% tags=["check"]
def with_biases(student, h, r=(0.0, 0.0), z=(0.0, 0.0), n=(0.0, 0.0)):
    """Do a step, I = 3 and H = 2, whose weights are 0: two biases, b_i and b_h, set each gate."""
    bias_ih, bias_hh = (torch.tensor([r[i], z[i], n[i]]).repeat_interleave(2) for i in (0, 1))
    weights = torch.zeros(6, 3), torch.zeros(6, 2)
    return student.gru_step(torch.randn(len(h), 3), h, *weights, bias_ih, bias_hh)


def test_a_step_gives_a_state(student):
    """A step returns the next state, with H features for each sequence."""
    after = with_biases(student, torch.randn(5, 2))
    assert after.shape == (5, 2), f"h should be (5, 2), yours is {tuple(after.shape)}"


def test_with_zeros_half_of_the_state_is_left(student):
    """If all weights and biases are 0, z is ½ and n is 0: h is halved."""
    # Hint: Print r, z and n one after the other: they should be ½, ½ and 0.
    # Hint: Put these three numbers into the last equation, on paper. Which of the two terms is off
    #   in your code?
    h = torch.randn(5, 2)
    assert (with_biases(student, h) - h / 2).abs().max() < 1e-4, "what comes out is not h / 2"


def test_z_keeps_the_old_state(student):
    """Where z is 1, h stays; where it is 0, h becomes the candidate, here tanh(0.5) = 0.4621."""
    # Hint: Print z in this check, first: it should be 1 and then 0. If it is not, look at how you
    #   cut the gates apart.
    # Hint: If z is right, only the mixture is left: which part does z stand at?
    h = torch.randn(5, 2)
    kept = with_biases(student, h, z=(50.0, 0.0), n=(0.5, 0.0))
    assert (kept - h).abs().max() < 1e-4, "with z = 1, h should stay as it is"
    taken = with_biases(student, h, z=(-50.0, 0.0), n=(0.5, 0.0))
    assert (taken - 0.4621).abs().max() < 1e-4, f"with z = 0, yours is {taken.tolist()}"


def test_r_acts_on_the_second_bias_as_well(student):
    """With b_in = 0.5 and b_hn = 1, n is tanh(1.5) = 0.9051 for r = 1 and tanh(0.5) for r = 0."""
    # Hint: Print r, and what it is multiplied by. Here the weights are 0, so that nothing but
    #   biases is left.
    # Hint: Of b_in = 0.5 and b_hn = 1, which one should be gone when r is 0?
    h = torch.randn(5, 2)
    for r, due in ((50.0, 0.9051), (-50.0, 0.4621)):
        n = with_biases(student, h, r=(r, 0.0), z=(-50.0, 0.0), n=(0.5, 1.0))
        assert (n - due).abs().max() < 1e-4, f"n should be {due}, yours is {n.tolist()}"


# %% [markdown]
# ## 2. Layers and directions
#
# A **layer** above the first reads what the one below it shows at every step. A **direction** is a
# second reader with parameters of its own, which goes through the same input from the last step to
# the first. At step $t$, the first has read everything up to $t$, and the second everything from
# $t$ on: side by side, they know the whole sequence at every step. (So a network that is to
# *predict* what comes next must not have the second.)
#
# **Mind the alignment.** The reverse reader produces its outputs in the order in which it reads:
# the first of them belongs to step $T - 1$. What stands in `out[:, t]` must be its output for step
# $t$, so turn them round before you put the two side by side.
#
# **Mind the end.** The reverse reader *ends* at step 0. Its last state is `out[:, 0, H:]`; at
# `out[:, -1, H:]` it has read one single step.
#
# **Mind the width.** The second layer reads both directions of the first, in either of its own: its
# `weight_ih` is $(3H, 2H)$.
#
# Names and orders are torch's. Layer $k$ has `weight_ih_l{k}`, `weight_hh_l{k}`, `bias_ih_l{k}`,
# `bias_hh_l{k}`, and for the reverse direction the same with `_reverse` at the end. `h_0` and `h_n`
# hold one state for each layer and direction: layer 0 forwards, layer 0 in reverse, layer 1
# forwards, and so on.


# %% question="GRU"
class GRU(nn.Module):
    """A GRU of one or more layers, reading whole sequences in one direction or in both.

    Its parameters are made once, in __init__.
    """

    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        """Create for each layer k weight_ih_l{k}, weight_hh_l{k}, bias_ih_l{k} and bias_hh_l{k}.

        With bidirectional, there are four more for each layer, whose names end with _reverse. Layer
        0 takes input_size features, every other layer all that the layer below shows. As in torch,
        they start uniformly distributed between -1/√H and 1/√H. There are no other parameters.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.suffixes = ("", "_reverse") if bidirectional else ("",)
        bound = hidden_size**-0.5
        for layer in range(num_layers):
            features = input_size if layer == 0 else len(self.suffixes) * hidden_size
            for suffix in self.suffixes:
                for name, shape in (
                    ("weight_ih", (3 * hidden_size, features)),
                    ("weight_hh", (3 * hidden_size, hidden_size)),
                    ("bias_ih", (3 * hidden_size,)),
                    ("bias_hh", (3 * hidden_size,)),
                ):
                    parameter = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
                    self.register_parameter(f"{name}_l{layer}{suffix}", parameter)
        # END SOLUTION

    def forward(self, x, h_0=None):
        """Read sequences.

        x: (B, T, I), with T ≥ 1.
        h_0: (L·D, B, H), where each layer and direction starts; None means zeros.

        All arguments stay as they are.

        Returns (out, h_n): out (B, T, D·H) is what the last layer shows at each step, the reverse
        direction behind the other one; h_n (L·D, B, H) are the states in which each layer and
        direction has ended.
        """
        # BEGIN SOLUTION
        D, last = len(self.suffixes), []
        if h_0 is None:
            h_0 = x.new_zeros(self.num_layers * D, len(x), self.hidden_size)
        for layer in range(self.num_layers):
            shown = []
            for direction, suffix in enumerate(self.suffixes):
                names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                parameters = [getattr(self, f"{name}_l{layer}{suffix}") for name in names]
                h, states = h_0[layer * D + direction], []
                for x_t in (x.flip(1) if suffix else x).unbind(dim=1):
                    h = gru_step(x_t, h, *parameters)
                    states.append(h)
                out = torch.stack(states, dim=1)  # (B, T, H), as it was read
                shown.append(out.flip(1) if suffix else out)
                last.append(h)
            x = torch.cat(shown, dim=-1)  # (B, T, D·H), what the next layer reads
        return x, torch.stack(last)
        # END SOLUTION


# %% tags=["check"]
def with_parameters_of(gru, torchs):
    """Give a GRU the parameters of torch's."""
    gru.load_state_dict(torchs.state_dict())
    return gru


def test_a_gru_returns_outputs_and_states(student):
    """Two layers in both directions: an output of 2H for each step, and four states."""
    out, h_n = student.GRU(3, 4, num_layers=2, bidirectional=True)(torch.randn(5, 7, 3))
    assert out.shape == (5, 7, 8), f"out should be (5, 7, 8), yours is {tuple(out.shape)}"
    assert h_n.shape == (4, 5, 4), f"h_n should be (4, 5, 4), yours is {tuple(h_n.shape)}"


def test_parameters_are_named_as_in_torch(student):
    """Names and shapes are those of nn.GRU: the second layer reads 2H features."""
    gru = student.GRU(3, 4, num_layers=2, bidirectional=True)
    shapes = {name: tuple(p.shape) for name, p in gru.named_parameters()}
    due = {}
    for layer, features in enumerate((3, 8)):
        for suffix in ("", "_reverse"):
            end = f"_l{layer}{suffix}"
            due |= {f"weight_ih{end}": (12, features), f"weight_hh{end}": (12, 4)}
            due |= {f"bias_ih{end}": (12,), f"bias_hh{end}": (12,)}
    assert shapes == due, f"with I = 3, H = 4, L = 2 they should be {due}, yours are {shapes}"


def test_one_step_is_gru_step(student):
    """A sequence of one step gives what your gru_step gives."""
    # Hint: Print `out.shape` and `h_n.shape` before you look at the numbers.
    # Hint: If `h_0` plays no part, the two would agree for zeros alone. Try that to tell the two
    #   causes apart.
    gru, x, h_0 = student.GRU(3, 4), torch.randn(5, 1, 3), torch.randn(1, 5, 4)
    out, h_n = gru(x, h_0)
    parameters = [getattr(gru, f"{name}_l0") for name in ("weight_ih", "weight_hh")]
    parameters += [gru.bias_ih_l0, gru.bias_hh_l0]
    due = student.gru_step(x[:, 0], h_0[0], *parameters)
    assert (out[:, 0] - due).abs().max() < 1e-4, "out[:, 0] is something else"
    assert (h_n[0] - due).abs().max() < 1e-4, "h_n[0] is something else"


def test_a_constant_input_looks_alike_from_both_ends(student):
    """If both directions have equal parameters and all steps are equal, out is its own mirror."""
    # Hint: Print `out[0, :, 0]` and `out[0, :, 4]` below each other: one row should be the other
    #   read backwards.
    # Hint: If both rows grow in the same direction, one of two turns is missing. Before reading
    #   there is one; where is the other?
    gru = student.GRU(3, 4, bidirectional=True)
    with torch.no_grad():
        for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
            getattr(gru, f"{name}_reverse").copy_(getattr(gru, name))
    out, h_n = gru(torch.randn(5, 1, 3).repeat(1, 7, 1))
    forwards, reverse = out.chunk(2, dim=-1)
    assert (forwards - reverse.flip(1)).abs().max() < 1e-4, "the two directions are no mirrors"
    assert (reverse[:, 0] - h_n[1]).abs().max() < 1e-4, "the reverse direction ends at step 0"
    assert (forwards[:, -1] - h_n[0]).abs().max() < 1e-4, "the other one ends at the last step"


# %% [markdown]
# ## 3. What it costs
#
# A gate is a dense layer from $I$ and from $H$ features to $H$, with two biases; the candidate is
# one, too. Each direction has all of them. And mind again what an upper layer reads.


# %% question="count_parameters"
def count_parameters(input_size, hidden_size, num_layers, bidirectional):
    """Compute how many numbers a GRU learns, from the formula and without building it.

    input_size, hidden_size, num_layers, bidirectional: as in GRU.

    Returns an int.
    """
    # BEGIN SOLUTION
    H, D = hidden_size, 2 if bidirectional else 1
    first = D * 3 * H * (input_size + H + 2)
    others = (num_layers - 1) * D * 3 * H * (D * H + H + 2)
    return first + others
    # END SOLUTION


# %% tags=["check"]
def test_the_smallest_gru_has_12_parameters(student):
    """All sizes 1: two gates and a candidate, with two weights and two biases each."""
    count = student.count_parameters(1, 1, 1, False)
    assert count == 12, f"3 · (1 + 1 + 2) = 12, yours is {count}"


def test_a_second_direction_costs_as_much_as_the_first(student):
    """One layer in both directions has twice the parameters of one direction."""
    one, both = (
        student.count_parameters(3, 5, 1, bidirectional) for bidirectional in (False, True)
    )
    assert both == 2 * one, f"yours are {one} and {both}"


# %% [markdown]
# ## 4. Turning a padded sequence round
#
# Sentences have different lengths. To put them in one tensor, the shorter ones are filled up with
# **padding** at their end, and `lengths` says how many steps of each are real.
#
# A network that reads forwards meets the padding last: stop looking in time, and all is well. One
# that reads in reverse meets it *first*, and starts its sentence from whatever the padding has
# left in its state. So turn round the real part alone, and leave the padding at the end:
#
# $$[a, b, c, \cdot\,] \to [c, b, a, \cdot\,]$$
#
# Turning twice gives back what you had. Find, for each step of each sequence, the step that it
# takes its features from; then one indexing does it. `x[rows, steps]` with `rows` $(B, 1)$ and
# `steps` $(B, T)$ picks $(B, T)$ places.


# %% question="reverse_padded"
def reverse_padded(x, lengths):
    """Turn the steps of each sequence round, and leave its padding where it is.

    x: (B, T, ...), any dtype, and any number of axes behind the first two; it stays as it is.
    lengths: (B), int64, from 1 to T.

    Returns (B, T, ...): for t < lengths[b], step t of sequence b is step lengths[b] - 1 - t of x;
    all other steps are those of x.
    """
    # BEGIN SOLUTION
    steps = torch.arange(x.shape[1], device=x.device)  # (T)
    ends = lengths.unsqueeze(1)  # (B, 1)
    source = torch.where(steps < ends, ends - 1 - steps, steps)  # (B, T)
    rows = torch.arange(len(x), device=x.device).unsqueeze(1)  # (B, 1)
    return x[rows, source]
    # END SOLUTION


# %% tags=["check"]
def test_the_real_part_is_turned_and_the_padding_stays(student):
    """[1, 2, 3, 0] with length 3 becomes [3, 2, 1, 0], and with length 4 it is [0, 3, 2, 1]."""
    # Hint: Make a table for length 3: below each place 0 … 3, write the step that it takes its
    #   number from.
    # Hint: There are two cases in your table. Which comparison tells them apart?
    x = torch.tensor([[1.0, 2.0, 3.0, 0.0], [1.0, 2.0, 3.0, 0.0]])
    turned = student.reverse_padded(x, torch.tensor([3, 4]))
    due = [[3.0, 2.0, 1.0, 0.0], [0.0, 3.0, 2.0, 1.0]]
    assert turned.tolist() == due, f"yours is {turned.tolist()}"


def test_turning_twice_changes_nothing(student):
    """What is turned round twice is what it was."""
    x, lengths = torch.randn(3, 6, 2), torch.tensor([6, 1, 4])
    twice = student.reverse_padded(student.reverse_padded(x, lengths), lengths)
    assert twice.shape == x.shape and (twice - x).abs().max() < 1e-4, (
        "turned twice, it is not what it was"
    )


# %% [markdown]
# ## 5. Where a sentence ends
#
# To classify a sentence, take the states in which both readers have ended. Forwards, that is the
# step at the sentence's *own* length, and not the last column, which is padding for all but the
# longest. In reverse it is step 0.
#
# `out[lengths - 1]` would pick *sequences* by these numbers, and not steps. With as many sequences
# as steps it even runs.


# %% question="last_states"
def last_states(out, lengths):
    """Pick the states in which both directions have ended.

    out: (B, T, 2H), what a GRU in both directions shows, each direction aligned in time. It stays
        as it is.
    lengths: (B), int64, from 1 to T.

    Returns (B, 2H): the first H features at step lengths[b] - 1, the others at step 0.
    """
    # BEGIN SOLUTION
    H = out.shape[-1] // 2
    rows = torch.arange(len(out), device=out.device)
    return torch.cat([out[rows, lengths - 1, :H], out[:, 0, H:]], dim=-1)
    # END SOLUTION


# %% tags=["check"]
def test_both_ends_are_read(student):
    """With H = 1, each step t of sequence b showing 10b + t and its negative: see the numbers."""
    steps = 10 * torch.arange(2.0).unsqueeze(1) + torch.arange(4.0)  # (B, T)
    out = torch.stack([steps, -steps], dim=-1)  # (B, T, 2)
    found = student.last_states(out, torch.tensor([3, 4]))
    assert found.tolist() == [[2.0, 0.0], [13.0, -10.0]], f"yours is {found.tolist()}"


# %% [markdown]
# ## 6. A classifier for sequences of any length
#
# Now put it together. `nn.GRU` does what yours does, faster; use it from here on. But do *not* use
# its `bidirectional=True`: it does not know of your lengths, and its reverse direction would begin
# with the padding. Take two, of one direction each. The second one reads the sequence turned round,
# and what it shows is turned back:
#
# `x` → `reverse_padded` → `back` → `reverse_padded`
#
# A test that finds nearly every slip in such code: **a sentence must get the same logits alone and
# in a batch**, whatever padding the batch brings along.


# %% question="SequenceClassifier"
class SequenceClassifier(nn.Module):
    """Two GRUs that read a sequence from both ends, and a linear layer that names its class."""

    def __init__(self, input_size, hidden_size, num_classes):
        """Create the three parts, under these names and with no parameters beside theirs.

        there, back: nn.GRU (or your GRU) from input_size to hidden_size features, one layer, one
            direction, batch first.
        head: nn.Linear from 2·hidden_size features to num_classes.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.there = nn.GRU(input_size, hidden_size, batch_first=True)
        self.back = nn.GRU(input_size, hidden_size, batch_first=True)
        self.head = nn.Linear(2 * hidden_size, num_classes)
        # END SOLUTION

    def forward(self, x, lengths):
        """Read sequences and return the logits of their classes.

        x: (B, T, I), filled up with padding of any kind; lengths: (B), int64, from 1 to T.

        Returns (B, num_classes): from the last states of `there`, and behind them those of `back`.
            They do not depend on the padding.
        """
        # BEGIN SOLUTION
        there, _ = self.there(x)  # (B, T, H)
        back, _ = self.back(reverse_padded(x, lengths))  # (B, T, H), as it was read
        out = torch.cat([there, reverse_padded(back, lengths)], dim=-1)  # (B, T, 2H)
        return self.head(last_states(out, lengths))  # (B, C)
        # END SOLUTION


# %% tags=["check"]
def test_every_sequence_gets_a_logit_per_class(student):
    """Every sequence gets one number for each class."""
    model = student.SequenceClassifier(3, 4, 6)
    logits = model(torch.randn(5, 7, 3), torch.tensor([7, 3, 1, 7, 5]))
    assert logits.shape == (5, 6), f"expected (5, 6), got {tuple(logits.shape)}"


def test_a_sentence_alone_gets_what_it_gets_in_a_batch(student):
    """Cut to its length, and without the others, a sequence has the same logits."""
    # Hint: Print the logits of one short sentence with 0, 1 and 2 steps of padding behind it. From
    #   which on do they change?
    # Hint: Follow a padding step through your lines: which of the two GRUs reads it before it reads
    #   the sentence?
    model = student.SequenceClassifier(3, 4, 6)
    x, lengths = torch.randn(5, 7, 3), torch.tensor([7, 3, 1, 7, 5])
    together = model(x, lengths)
    for b, length in enumerate(lengths.tolist()):
        alone = model(x[b : b + 1, :length], lengths[b : b + 1])
        off = (alone[0] - together[b]).abs().max()
        assert off < 1e-4, f"sequence {b} of length {length} gets other logits alone"


# %% [markdown]
# ## Gates at work
#
# Nothing to write from here on. A sequence begins with one of two symbols, and noise follows. At
# its end, your `GRU` has to say which it was. Look for a feature whose update gate is open at step
# 0 and near 1 (dark) ever after: it takes the symbol in, and keeps it.

# %%
import matplotlib.pyplot as plt

torch.manual_seed(0)
T, H = 15, 8
gru, head = GRU(1, H), nn.Linear(H, 1)
optimizer = torch.optim.Adam([*gru.parameters(), *head.parameters()], lr=0.02)
for _ in range(120):
    symbols = torch.randint(0, 2, (64,)).float()
    x = torch.randn(64, T, 1)
    x[:, 0, 0] = 6 * symbols - 3
    loss = nn.functional.binary_cross_entropy_with_logits(head(gru(x)[0][:, -1])[:, 0], symbols)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"loss at the end: {loss.item():.3f}; for guessing it is ln 2 = 0.693")

with torch.no_grad():
    out, _ = gru(x)
    before = torch.cat([torch.zeros(64, 1, H), out[:, :-1]], dim=1)  # (B, T, H)
    gates = x @ gru.weight_ih_l0.T + gru.bias_ih_l0 + before @ gru.weight_hh_l0.T + gru.bias_hh_l0
    z = torch.sigmoid(gates[..., H : 2 * H])  # the second of r, z, n

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
image = left.imshow(z[0].T, cmap="Blues", vmin=0, vmax=1, aspect="auto")
left.set(title="update gate z", xlabel="step", ylabel="feature of the state")
figure.colorbar(image)
image = right.imshow(out[0].T, cmap="coolwarm", vmin=-1, vmax=1, aspect="auto")
right.set(title=f"state h, after a {'high' if symbols[0] else 'low'} first symbol", xlabel="step")
figure.colorbar(image)
plt.show()

# %% [markdown]
# ## How far back does the gradient reach?
#
# The gradient of the last output with respect to each step, at the start of training: in a plain
# network, in torch's LSTM, in your GRU, and in your GRU whose update gate is opened by a bias.

# %%
torch.manual_seed(0)
T, H = 40, 32
networks = {
    "plain": nn.RNN(4, H, batch_first=True),
    "LSTM": nn.LSTM(4, H, batch_first=True),
    "GRU": GRU(4, H),
    "GRU, bias of z is 2": GRU(4, H),
}
with torch.no_grad():
    networks["GRU, bias of z is 2"].bias_ih_l0[H : 2 * H] = 2.0

figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
for name, network in networks.items():
    x = torch.randn(32, T, 4, requires_grad=True)
    network(x)[0][:, -1].sum().backward()
    axes.semilogy(x.grad.norm(dim=-1).mean(dim=0), label=name)
axes.set(xlabel="step", ylabel="norm of the gradient")
axes.legend()
plt.show()

# %% [markdown]
# ## Read from both ends
#
# Each sequence is as long as it likes, and the question is whether its first and its last symbol
# are the same. One direction has to carry the first symbol through all of the noise, and so does
# the other with the last: your classifier has both.

# %%
torch.manual_seed(0)
model = SequenceClassifier(1, 16, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
accuracies = []
for _ in range(100):
    x, lengths = torch.randn(64, 10, 1), torch.randint(2, 11, (64,))
    first, last = torch.randint(0, 2, (2, 64))
    x[:, 0, 0] = 6.0 * first - 3
    x[torch.arange(64), lengths - 1, 0] = 6.0 * last - 3
    logits, same = model(x, lengths), (first == last).long()
    loss = nn.functional.cross_entropy(logits, same)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    accuracies.append((logits.argmax(dim=-1) == same).float().mean().item())
print(f"{count_parameters(1, 16, 1, True) + 2 * 33} parameters")

figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.plot(accuracies, linewidth=0.8)
axes.set(xlabel="step of training", ylabel="share of right answers", ylim=(0, 1.02))
plt.show()
