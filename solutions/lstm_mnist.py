# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "matplotlib", "pooch", "scikit-learn", "tqdm"]
#
# [tool.grader]
# title = "An LSTM that reads digits row by row"
#
# [tool.grader.forbid]
# LSTMCell = [
#     "torch.nn.LSTM", "torch.nn.LSTMCell", "torch.lstm", "torch.lstm_cell",
#     "torch.nn.GRU", "torch.nn.GRUCell", "torch.nn.RNN", "torch.nn.RNNCell",
# ]
# LSTM = [
#     "torch.nn.LSTM", "torch.nn.LSTMCell", "torch.lstm", "torch.lstm_cell",
#     "torch.nn.GRU", "torch.nn.GRUCell", "torch.nn.RNN", "torch.nn.RNNCell",
# ]
#
# [tool.grader.limits]
# seconds = 3.0
# memory_mb = 1024
# ///

# %% [markdown]
# A picture of a digit can be read like a line of text: from top to bottom, one row of pixels at a
# time. You will build the network that reads it, a *long short-term memory*, from matrix products,
# and then train a classifier with it.
#
# The LSTM is due to [Hochreiter & Schmidhuber 1997](https://doi.org/10.1162/neco.1997.9.8.1735).
# The form that everybody uses, with a forget gate, came with
# [Gers, Schmidhuber & Cummins 2000](https://doi.org/10.1162/089976600300015015). Names of
# parameters and the order of the gates are those of
# [`torch.nn.LSTM`](https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html), so that weights
# can be copied from one to the other. In parts 2 and 3 torch's own recurrent layers are off limits;
# from part 5 on you may use them.
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
# | $C$ | classes, `num_classes` |

# %%
import torch
from torch import nn

# %% [markdown]
# ## The data
#
# Nothing to write here. By default, the digits are the 1,797 that come with scikit-learn: real
# handwriting, scanned at 8 × 8 pixels and enlarged to 28 × 28. Set `DATA = "mnist"` to have the
# 70,000 of [MNIST](https://doi.org/10.1109/5.726791) instead. They are downloaded once (11 MB),
# compared with their checksums, and kept; without a network, you get scikit-learn's.

# %%
import gzip
import struct
from pathlib import Path

import matplotlib.pyplot as plt

DATA = "digits"  # or "mnist"

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
FILES = {  # and their checksums
    "train-images-idx3-ubyte.gz": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "md5:d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": (
        "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
    ),
}


def fetch(name):
    """Return the path of a file of MNIST, from the cache or from the first mirror that works.

    Raises OSError if no mirror gives a file with the right checksum.
    """
    import pooch

    problems = []
    for mirror in MIRRORS:
        try:
            return pooch.retrieve(
                mirror + name, FILES[name], name, pooch.os_cache("mnist"), progressbar=True
            )
        except (OSError, ValueError) as error:  # not reachable; another checksum
            problems.append(f"{mirror}: {error}")
    raise OSError(f"no mirror gives {name}\n" + "\n".join(problems))


def read_idx(path):
    """Read a tensor from MNIST's file format: rank, sizes, then one byte for each number."""
    data = bytearray(gzip.decompress(Path(path).read_bytes()))
    rank = data[3]
    start = 4 + 4 * rank
    sizes = struct.unpack(f">{rank}I", data[4:start])
    return torch.frombuffer(data, dtype=torch.uint8, offset=start).reshape(sizes)


def load_mnist():
    """Return (images, labels) to train with, and to test with."""
    images = {part: read_idx(fetch(f"{part}-images-idx3-ubyte.gz")) for part in ("train", "t10k")}
    labels = {part: read_idx(fetch(f"{part}-labels-idx1-ubyte.gz")) for part in ("train", "t10k")}
    return [(images[p].unsqueeze(1) / 255, labels[p].long()) for p in ("train", "t10k")]


def load_digits():
    """Return (images, labels) to train with, and to test with: 1,500 and 297 of them."""
    from sklearn import datasets

    digits = datasets.load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16  # (N, 1, 8, 8)
    images = nn.functional.interpolate(images, size=(28, 28), mode="bilinear")
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    images, labels = images[order], torch.tensor(digits.target)[order]
    return (images[:1500], labels[:1500]), (images[1500:], labels[1500:])


if DATA == "mnist":
    try:
        train, test = load_mnist()
    except (ImportError, OSError) as error:
        print(f"MNIST cannot be had, so you get scikit-learn's digits: {error}")
        DATA = "digits"
if DATA == "digits":
    train, test = load_digits()

train_images, train_labels = train  # (N, 1, 28, 28), (N)
test_images, test_labels = test
source = "MNIST" if DATA == "mnist" else "scikit-learn's digits, enlarged to 28 × 28"
print(f"The data are {source}: {len(train_images)} to train with, {len(test_images)} to test with.")

# %% [markdown]
# ## 1. Rows as time
#
# A recurrent network wants a sequence. Nothing in it says that time must be time: all it needs is
# an order, and something to read at each step. For a picture, take its 28 rows, from top to
# bottom; each has 28 numbers. At step $t$ the network sees row $t$ and must remember what it needs
# of the rows above. It can tell a 4 from a 9 only if the top of the digit is still in its
# memory 20 steps later.
#
# Picture loaders put an axis for colour in front of the rows. It has size 1 here, and must go. Take
# care to remove *this* axis: in a batch of one picture, it is not the only one of size 1.


# %% question="rows_as_sequence"
def rows_as_sequence(images):
    """Read pictures as sequences of their rows.

    images: (B, 28, 28) or, with an axis for colour, (B, 1, 28, 28).

    Returns (B, 28, 28): the batch, the steps from the top row to the bottom row, and the pixels of
    a row from left to right. The pixels keep their values.
    """
    # BEGIN SOLUTION
    return images.squeeze(1) if images.dim() == 4 else images  # (B, 28, 28)
    # END SOLUTION


# %% tags=["check"]
def test_a_picture_becomes_28_steps_of_28_numbers(student):
    """Every picture gives 28 steps of 28 numbers, with or without an axis for colour."""
    for shape in ((3, 28, 28), (3, 1, 28, 28)):
        steps = student.rows_as_sequence(torch.rand(shape))
        assert steps.shape == (3, 28, 28), f"images {shape} become {tuple(steps.shape)}"


def test_row_t_is_step_t(student):
    """If only row 5 of a picture is bright, the network sees something at step 5 alone."""
    images = torch.zeros(3, 1, 28, 28)
    images[:, :, 5] = 1.0
    steps = student.rows_as_sequence(images)
    assert steps.shape == (3, 28, 28), f"expected (3, 28, 28), got {tuple(steps.shape)}"
    bright = (steps > 0).any(dim=2)  # (B, T)
    assert bright[:, 5].all(), "step 5 sees nothing"
    assert bright.sum() == 3, "another step sees something, too"


def test_a_batch_of_one_stays_a_batch(student):
    """One picture alone is a batch of one: its axis stays."""
    steps = student.rows_as_sequence(torch.rand(1, 1, 28, 28))
    assert steps.shape == (1, 28, 28), f"expected (1, 28, 28), got {tuple(steps.shape)}"


# %% [markdown]
# This is what the network will read. The first digit is drawn once more on the right, spread out
# in time.

# %%
steps = rows_as_sequence(train_images[:5])  # (5, 28, 28)

figure, axes = plt.subplots(1, 6, figsize=(12, 2.4), width_ratios=[1] * 5 + [1.6])
for picture, label, panel in zip(steps, train_labels, axes, strict=False):
    panel.imshow(picture, cmap="gray_r")
    panel.set(title=f"a {label}", xticks=[], yticks=[0, 27])
axes[0].set_ylabel("step")
for t, row in enumerate(steps[0]):
    axes[5].plot(row - 0.6 * t, color="black", linewidth=0.8)
axes[5].set(title="28 steps", xticks=[], yticks=[])
figure.tight_layout()
plt.show()

# %% [markdown]
# ## 2. One step
#
# A plain recurrent network has one dense layer, $h' = \tanh(W x + U h + b)$: at every step the
# whole memory is written anew. An LSTM has two memories. The cell state $c$ is the long one, and
# three **gates** between 0 and 1 decide what happens to it: how much of the candidate $g$ comes
# *in*, how much of the old state is *kept*, how much of it is *shown* as the output $h$.
#
# $$
# \begin{aligned}
# i &= \sigma(W_i x + b_i + U_i h + d_i) && \text{input gate} \\
# f &= \sigma(W_f x + b_f + U_f h + d_f) && \text{forget gate: 1 keeps, 0 forgets} \\
# g &= \tanh(W_g x + b_g + U_g h + d_g) && \text{candidate, between $-1$ and 1} \\
# o &= \sigma(W_o x + b_o + U_o h + d_o) && \text{output gate} \\[4pt]
# c' &= f \odot c + i \odot g \\
# h' &= o \odot \tanh(c')
# \end{aligned}
# $$
#
# **A gate is a dense layer** like any other, from the input and the last output, with a $\sigma$
# behind it. There are four such layers where a plain network has one, so an LSTM has four times
# its parameters. Torch stacks the four, **in the order $i, f, g, o$**, so that one matrix product
# serves them all:
#
# | parameter | shape | holds |
# |---|---|---|
# | `weight_ih` | $(4H, I)$ | $W_i, W_f, W_g, W_o$, on top of each other |
# | `weight_hh` | $(4H, H)$ | $U_i, U_f, U_g, U_o$ |
# | `bias_ih` | $(4H)$ | $b_i, b_f, b_g, b_o$ |
# | `bias_hh` | $(4H)$ | $d_i, d_f, d_g, d_o$; one bias would do, but torch has two |
#
# **Why does it remember?** Look at the way from $c$ to $c'$: times $f$, plus something. It is an
# *additive path*: no matrix, no $\tanh$. As long as the forget gate is near 1, a number written
# into $c$ is still there 28 steps later and, on the way back, so is its gradient: along this path,
# $\partial c' / \partial c = f$. In a plain network every step multiplies the gradient by $U^\top$
# and by $\tanh' \le 1$, and after some steps little of it is left.
#
# Write the formulas once, as the function `lstm_step`. The cell uses it here, and your LSTM will
# use it in part 3.


# %% question="LSTMCell"
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh):
    """Do one step of an LSTM.

    x: (B, I), h and c: (B, H). The weights and biases are those of LSTMCell.

    Returns the next (h, c), both (B, H).
    """
    # BEGIN SOLUTION
    gates = x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh  # (B, 4H)
    i, f, g, o = gates.chunk(4, dim=-1)  # (B, H) each
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c
    # END SOLUTION


class LSTMCell(nn.Module):
    """One step of an LSTM, with its parameters."""

    def __init__(self, input_size, hidden_size):
        """Create the parameters weight_ih, weight_hh, bias_ih and bias_hh, and no others.

        Their shapes are (4H, I), (4H, H), (4H) and (4H); the gates stand in the order i, f, g, o.
        As in torch, they start uniformly distributed between -1/√H and 1/√H.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.hidden_size = hidden_size
        bound = hidden_size**-0.5
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(4 * hidden_size))
        self.bias_hh = nn.Parameter(torch.empty(4 * hidden_size))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)
        # END SOLUTION

    def forward(self, x, state=None):
        """Do one step.

        x: (B, I).
        state: (h, c), both (B, H); None means zeros.

        Returns the next (h, c).
        """
        # BEGIN SOLUTION
        zeros = x.new_zeros(len(x), self.hidden_size)
        h, c = (zeros, zeros) if state is None else state
        return lstm_step(
            x, h, c, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        )  # (B, H) each
        # END SOLUTION


# %% tags=["check"]
def cell_with_gates(student, i, f, g, o):
    """Make a cell, I = 3 and H = 2, whose gates do not look at their input: the biases set them."""
    cell = student.LSTMCell(3, 2)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.bias_ih.copy_(torch.tensor([i, i, f, f, g, g, o, o]))
    return cell


def test_the_cell_has_four_parameters(student):
    """The cell has weight_ih (4H, I), weight_hh (4H, H), bias_ih (4H), bias_hh (4H): no others."""
    shapes = {n: tuple(p.shape) for n, p in student.LSTMCell(3, 2).named_parameters()}
    due = {"weight_ih": (8, 3), "weight_hh": (8, 2), "bias_ih": (8,), "bias_hh": (8,)}
    assert shapes == due, f"with I = 3 and H = 2 they should be {due}, yours are {shapes}"


def test_a_step_gives_h_and_c(student):
    """A step returns (h, c), both with H features for each sequence."""
    h, c = student.LSTMCell(3, 2)(torch.randn(5, 3), (torch.randn(5, 2), torch.randn(5, 2)))
    assert h.shape == (5, 2), f"h should be (5, 2), yours is {tuple(h.shape)}"
    assert c.shape == (5, 2), f"c should be (5, 2), yours is {tuple(c.shape)}"


def test_an_open_forget_gate_keeps_the_cell_state(student):
    """With the forget gate at 1 and the input gate at 0, c stays what it was."""
    cell, c = cell_with_gates(student, i=-50.0, f=50.0, g=1.0, o=0.0), torch.randn(5, 2)
    _, after = cell(torch.randn(5, 3), (torch.randn(5, 2), c))
    assert (after - c).abs().max() < 1e-4


def test_a_closed_forget_gate_forgets(student):
    """With forget gate 0 and input gate 1, c becomes the candidate, here tanh(0.5)."""
    cell = cell_with_gates(student, i=50.0, f=-50.0, g=0.5, o=0.0)
    _, after = cell(torch.randn(5, 3), (torch.randn(5, 2), torch.randn(5, 2)))
    assert (after - 0.4621).abs().max() < 1e-4, f"yours is {after.min():.4f} … {after.max():.4f}"


def test_the_output_gate_shows_or_hides(student):
    """h is tanh(c) where the output gate is at 1, and 0 where it is at 0."""
    x, state = torch.randn(5, 3), (torch.randn(5, 2), torch.randn(5, 2))
    h, c = cell_with_gates(student, i=0.0, f=0.0, g=1.0, o=50.0)(x, state)
    assert (h - c.tanh()).abs().max() < 1e-4, "an open output gate should show tanh(c)"
    h, _ = cell_with_gates(student, i=0.0, f=0.0, g=1.0, o=-50.0)(x, state)
    assert h.abs().max() < 1e-4, "a closed output gate should show nothing"


def test_both_biases_count(student):
    """It makes no difference which of the two biases holds a number: they are added."""
    x, cell = torch.randn(5, 3), cell_with_gates(student, i=1.0, f=-1.0, g=0.5, o=2.0)
    before, _ = cell(x)
    with torch.no_grad():
        cell.bias_hh.copy_(cell.bias_ih)
        cell.bias_ih.zero_()
    after, _ = cell(x)
    assert (before - after).abs().max() < 1e-4


def test_no_state_means_zeros(student):
    """Without a state the cell starts from zeros."""
    cell, x = student.LSTMCell(3, 2), torch.randn(5, 3)
    h, c = cell(x)
    h_from_zeros, c_from_zeros = cell(x, (torch.zeros(5, 2), torch.zeros(5, 2)))
    assert (h - h_from_zeros).abs().max() < 1e-4
    assert (c - c_from_zeros).abs().max() < 1e-4


# %% [markdown]
# ## 3. The whole sequence
#
# Now repeat the step: start from a state, feed it row after row, and hand the new state to the next
# step each time. The *same* parameters serve every step. A second layer reads the outputs of the
# first as its input, a third those of the second.
#
# Backpropagation through time needs nothing of you: if each state is computed from the last one,
# autograd sees a network 28 layers deep and sends the gradient back through all of it. It does so
# as long as you leave the states alone. One `.detach()`, `.data` or `torch.tensor(h)` in the loop
# gives the same outputs and cuts the way back, and the network learns from the last row only.
#
# Parameters are named as in torch, by layer: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`,
# `bias_hh_l0` for the first, then `weight_ih_l1` and so on. Only layer 0 sees the input: for all
# others, `weight_ih` is $(4H, H)$. Attributes whose name you compute are set by
# `self.register_parameter(name, parameter)` and read by `getattr(self, name)`.


# %% question="LSTM"
class LSTM(nn.Module):
    """An LSTM of one or more layers, reading whole sequences."""

    def __init__(self, input_size, hidden_size, num_layers=1):
        """Create for each layer k the parameters of a cell: weight_ih_l{k}, weight_hh_l{k}, …

        Layer 0 takes input_size features, every other layer the hidden_size features of the layer
        below. There are no other parameters.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.hidden_size, self.num_layers = hidden_size, num_layers
        for layer in range(num_layers):
            cell = LSTMCell(input_size if layer == 0 else hidden_size, hidden_size)
            for name, parameter in cell.named_parameters():
                self.register_parameter(f"{name}_l{layer}", parameter)
        # END SOLUTION

    def forward(self, x, state=None):
        """Read sequences from their first step to their last.

        x: (B, T, I), with T ≥ 1.
        state: (h_0, c_0), both (L, B, H): where each layer starts; None means zeros.

        Returns (out, (h_n, c_n)): out (B, T, H) is what the last layer shows at each step;
        h_n and c_n, both (L, B, H), are the states of all layers after the last step.
        """
        # BEGIN SOLUTION
        zeros = x.new_zeros(self.num_layers, len(x), self.hidden_size)
        h_0, c_0 = (zeros, zeros) if state is None else state
        last = []
        for layer, (h, c) in enumerate(zip(h_0, c_0, strict=True)):
            names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            parameters = [getattr(self, f"{name}_l{layer}") for name in names]
            outputs = []
            for x_t in x.unbind(dim=1):  # (B, I)
                h, c = lstm_step(x_t, h, c, *parameters)
                outputs.append(h)
            x = torch.stack(outputs, dim=1)  # (B, T, H), what the next layer reads
            last.append((h, c))
        h_n, c_n = (torch.stack(states) for states in zip(*last, strict=True))  # (L, B, H)
        return x, (h_n, c_n)
        # END SOLUTION


# %% tags=["check"]
def test_an_lstm_returns_outputs_and_states(student):
    """An LSTM returns (out, (h_n, c_n)): an output for each step, a state for each layer."""
    out, (h_n, c_n) = student.LSTM(3, 4, num_layers=2)(torch.randn(5, 7, 3))
    assert out.shape == (5, 7, 4), f"out should be (5, 7, 4), yours is {tuple(out.shape)}"
    assert h_n.shape == (2, 5, 4), f"h_n should be (2, 5, 4), yours is {tuple(h_n.shape)}"
    assert c_n.shape == (2, 5, 4), f"c_n should be (2, 5, 4), yours is {tuple(c_n.shape)}"


def test_parameters_are_named_as_in_torch(student):
    """Each layer has four parameters, and only the first one sees the I features of the input."""
    shapes = {n: tuple(p.shape) for n, p in student.LSTM(3, 4, num_layers=2).named_parameters()}
    due = {}
    for layer, features in enumerate((3, 4)):
        due |= {f"weight_ih_l{layer}": (16, features), f"weight_hh_l{layer}": (16, 4)}
        due |= {f"bias_ih_l{layer}": (16,), f"bias_hh_l{layer}": (16,)}
    assert shapes == due, f"with I = 3, H = 4, L = 2 they should be {due}, yours are {shapes}"


def test_one_layer_repeats_the_cell(student):
    """With the same parameters, one layer gives what your cell gives, called step by step."""
    lstm, cell, x = student.LSTM(3, 4), student.LSTMCell(3, 4), torch.randn(5, 7, 3)
    with torch.no_grad():
        for name, parameter in cell.named_parameters():
            parameter.copy_(getattr(lstm, f"{name}_l0"))
    out, _ = lstm(x)
    state = None
    for t in range(7):
        state = cell(x[:, t], state)
        assert (out[:, t] - state[0]).abs().max() < 1e-4, f"they differ at step {t}"


def test_the_last_output_is_the_last_state(student):
    """What the last layer shows at the last step is the last layer's part of h_n."""
    out, (h_n, _) = student.LSTM(3, 4, num_layers=2)(torch.randn(5, 7, 3))
    assert (out[:, -1] - h_n[-1]).abs().max() < 1e-4


def test_a_sequence_may_be_read_in_two_parts(student):
    """Reading four steps, and then three from the state they left, is reading seven steps."""
    lstm, x = student.LSTM(3, 4, num_layers=2), torch.randn(5, 7, 3)
    whole, _ = lstm(x)
    first, state = lstm(x[:, :4])
    second, _ = lstm(x[:, 4:], state)
    assert (torch.cat([first, second], dim=1) - whole).abs().max() < 1e-4


def test_an_output_does_not_depend_on_the_future(student):
    """Changing the last step changes the last output, and none before it."""
    lstm, x = student.LSTM(3, 4), torch.randn(5, 7, 3)
    before, _ = lstm(x)
    x[:, -1] += 1.0
    after, _ = lstm(x)
    change = (after - before).abs().amax(dim=(0, 2))  # (T,)
    assert change[-1] > 1e-4, "the last output does not notice"
    assert change[:-1].max() < 1e-4, "an earlier output has changed"


def test_gradient_reaches_every_step(student):
    """The last output depends on every step, so the gradient goes back to all of them."""
    lstm, x = student.LSTM(3, 4), torch.randn(5, 7, 3, requires_grad=True)
    out, _ = lstm(x)
    (out[:, -1] * torch.randn(5, 4)).sum().backward()
    assert x.grad is not None, "no gradient reaches the input"
    reached = x.grad.abs().amax(dim=(0, 2)) > 0  # (T,)
    missed = (~reached).nonzero().flatten().tolist()
    assert not missed, f"no gradient reaches the steps {missed}"


# %% [markdown]
# ## 4. What it costs
#
# Count before you train. A plain recurrent layer is one dense layer from $I + H$ features to $H$,
# with two biases. You know how many of these an LSTM layer has. The layers above the first read
# $H$ features instead of $I$. The classifier that you will build in part 5 adds one linear layer
# from $H$ features to $C$ classes, with one bias for each class.
#
# Notice what is *not* in the formula: the number of steps. A picture with twice as many rows costs
# twice the time and not one parameter more.


# %% question="count_parameters"
def count_parameters(input_size, hidden_size, num_layers, num_classes):
    """Compute how many numbers an LSTM classifier learns, from the formula and without building it.

    The classifier is an LSTM of num_layers layers, each with weight_ih, weight_hh, bias_ih and
    bias_hh, and a linear layer with bias from its hidden_size features to num_classes.

    Returns an int.
    """
    # BEGIN SOLUTION
    H = hidden_size
    first = 4 * H * (input_size + H + 2)
    others = (num_layers - 1) * 4 * H * (H + H + 2)
    return first + others + num_classes * (H + 1)
    # END SOLUTION


# %% tags=["check"]
def test_the_smallest_classifier_has_18_parameters(student):
    """All sizes 1: four gates with two weights and two biases, and a weight and a bias on top."""
    count = student.count_parameters(1, 1, 1, 1)
    assert count == 18, f"4 · (1 + 1 + 2) + (1 + 1) = 18, yours is {count}"


def test_a_second_layer_reads_the_first(student):
    """A second layer adds 4 · H · (H + H + 2) parameters, whatever the size of the input."""
    for input_size in (3, 28):
        one, two = (student.count_parameters(input_size, 5, layers, 10) for layers in (1, 2))
        assert two - one == 4 * 5 * (5 + 5 + 2), f"yours adds {two - one}, it should be 240"


# %% [markdown]
# ## 5. The classifier
#
# After the last row the network has seen the whole picture. So what the last layer shows at the
# last step goes through one linear layer, which gives a number for each class: the **logits**. No
# softmax here. `cross_entropy` takes it itself, from the logits, where it can be done without
# overflow; a softmax before it would be taken twice, and the network would learn slowly or not at
# all.
#
# Use `nn.LSTM` from here on, with `batch_first=True`. It does what yours does, faster.


# %% question="LSTMClassifier"
class LSTMClassifier(nn.Module):
    """An LSTM that reads a sequence, and a linear layer that names its class."""

    def __init__(self, input_size, hidden_size, num_classes, num_layers=1):
        """Create the two parts, under these names and with no parameters beside theirs.

        rnn: nn.LSTM (or your LSTM) with these sizes.
        head: nn.Linear from hidden_size features to num_classes.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.rnn = nn.LSTM(input_size, hidden_size, num_layers, batch_first=True)
        self.head = nn.Linear(hidden_size, num_classes)
        # END SOLUTION

    def forward(self, x):
        """Read sequences and return the logits of their classes.

        x: (B, T, input_size), with T ≥ 1.

        Returns (B, num_classes), from the output of the last layer at the last step.
        """
        # BEGIN SOLUTION
        out, _ = self.rnn(x)  # (B, T, H)
        return self.head(out[:, -1])  # (B, C)
        # END SOLUTION


# %% tags=["check"]
def test_every_sequence_gets_a_logit_per_class(student):
    """Every sequence gets one number for each class, in a batch of one as well."""
    for B in (5, 1):
        logits = student.LSTMClassifier(3, 4, 10, num_layers=2)(torch.randn(B, 7, 3))
        assert logits.shape == (B, 10), f"expected {(B, 10)}, got {tuple(logits.shape)}"


def test_the_parts_are_an_lstm_and_a_linear_layer(student):
    """The parameters are those of rnn and head, as many as you have counted."""
    shapes = {n: p.shape for n, p in student.LSTMClassifier(3, 4, 10, 2).named_parameters()}
    assert shapes.get("rnn.weight_ih_l1") == (16, 4), "rnn.weight_ih_l1 should be (16, 4)"
    assert shapes.get("head.weight") == (10, 4), "head.weight should be (10, 4)"
    count, formula = sum(s.numel() for s in shapes.values()), student.count_parameters(3, 4, 2, 10)
    assert count == formula, f"the classifier has {count}, your formula says {formula}"


def test_the_logits_are_linear_in_the_head(student):
    """Twice the weights and the bias of the head are twice the logits: nothing comes after it."""
    model, x = student.LSTMClassifier(3, 4, 10), torch.randn(5, 7, 3)
    before = model(x)
    with torch.no_grad():
        model.head.weight.mul_(2)
        model.head.bias.mul_(2)
    assert (model(x) - 2 * before).abs().max() < 1e-4


def test_the_order_of_the_steps_matters(student):
    """A sequence read backwards is another sequence, with other logits."""
    model, x = student.LSTMClassifier(3, 4, 10), torch.randn(5, 7, 3)
    assert (model(x) - model(x.flip(1))).abs().max() > 1e-4


# %% [markdown]
# ## 6. One step of training
#
# The loop that trains a network is the same everywhere, and so are its bugs. Torch *adds* new
# gradients to those that are already there. If you do not clear them first, every step also follows
# all earlier batches again. And layers such as dropout behave differently while training: say so,
# with `model.train()`, as somebody may have measured the accuracy just before.
#
# `train_step` should work with any classifier and any optimizer. The loss is the mean cross-entropy
# over the batch, computed from the logits:
#
# $$\text{loss} = -\frac{1}{B} \sum_{b=1}^{B} \log \operatorname{softmax}(\text{logits}_b)_{y_b}$$


# %% question="train_step"
def train_step(model, optimizer, images, labels):
    """Make one step of training on one batch.

    model: any classifier; model(images) are the logits (B, C). It is put into training mode.
    optimizer: holds the parameters of the model; it makes exactly one step, along the gradient
        of this batch alone.
    images: what the model takes, with the batch as the first axis.
    labels: (B), the index of the right class of each.

    Returns the loss before the step, the mean cross-entropy, as a float or as a tensor without
    axes.
    """
    # BEGIN SOLUTION
    model.train()
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()
    # END SOLUTION


# %% tags=["check"]
def small_model():
    """Make a classifier of pictures 2 × 2 into 3 classes, an optimizer, and a batch of 5."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return model, optimizer, torch.randn(5, 2, 2), torch.tensor([0, 1, 2, 1, 0])


def test_equal_logits_cost_the_log_of_the_number_of_classes(student):
    """A model that gives three classes the same chance has a loss of ln 3 = 1.0986."""
    model, optimizer, images, labels = small_model()
    nn.init.zeros_(model[1].weight)
    nn.init.zeros_(model[1].bias)
    loss = float(student.train_step(model, optimizer, images, labels))
    assert abs(loss - 1.0986) < 1e-4, f"yours is {loss:.4f}"


def test_a_step_lowers_the_loss(student):
    """After a small step, the loss on the same batch is lower."""
    model, optimizer, images, labels = small_model()
    first = float(student.train_step(model, optimizer, images, labels))
    second = float(student.train_step(model, optimizer, images, labels))
    assert second < first, f"it was {first:.4f} before the step and is {second:.4f} after it"


def test_a_step_follows_this_batch_alone(student):
    """What stands in .grad from an earlier batch does not change where the step leads."""
    model, optimizer, images, labels = small_model()
    start = {name: value.clone() for name, value in model.state_dict().items()}
    student.train_step(model, optimizer, images, labels)
    due = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(start)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    student.train_step(model, optimizer, images, labels)
    for name, value in model.state_dict().items():
        assert (value - due[name]).abs().max() < 1e-4, "an old gradient has been followed, too"


def test_the_model_trains_in_training_mode(student):
    """A model that was in evaluation mode is put into training mode."""
    model, optimizer, images, labels = small_model()
    model.eval()
    student.train_step(model, optimizer, images, labels)
    assert model.training


# %% [markdown]
# ## 7. Accuracy
#
# The loss is what the optimizer sees; people want to know how many digits are read right. The
# class with the largest logit is the prediction. Measure in evaluation mode and without a graph
# (that of 10,000 pictures fills your memory for nothing), and leave the model in the mode in which
# you found it.


# %% question="accuracy"
def accuracy(model, images, labels):
    """Measure the share of right predictions.

    model, images, labels: as in train_step. The model is measured in evaluation mode and without a
        graph; afterwards it is in the mode that it was in before.

    Returns a number from 0 to 1, as a float or as a tensor without axes.
    """
    # BEGIN SOLUTION
    training = model.training
    model.eval()
    with torch.no_grad():
        predicted = model(images).argmax(dim=-1)  # (B)
    model.train(training)
    return (predicted == labels).float().mean().item()
    # END SOLUTION


# %% tags=["check"]
def test_three_of_four_are_right(student):
    """With the logits themselves as images, three of four right are an accuracy of 0.75."""
    logits = torch.tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 0.0, -1.0], [-3.0, -2.0, -1.0]])
    share = float(student.accuracy(nn.Identity(), logits, torch.tensor([0, 1, 1, 2])))
    assert abs(share - 0.75) < 1e-4, f"yours is {share:.4f}"


def test_accuracy_is_measured_without_dropout(student):
    """Dropout does nothing while the accuracy is measured: if all are right, it is 1."""
    model, labels = nn.Dropout(0.5).train(), torch.arange(30) % 3
    share = float(student.accuracy(model, torch.eye(3)[labels], labels))
    assert share == 1, f"yours is {share:.4f}"


def test_measuring_leaves_the_mode_as_it_was(student):
    """After measuring, the model is in training or evaluation mode, as it was before."""
    for training in (True, False):
        model = nn.Identity().train(training)
        student.accuracy(model, torch.eye(3), torch.arange(3))
        assert model.training == training


# %% [markdown]
# ## Now train it
#
# Nothing to write from here on. With scikit-learn's digits this takes some seconds, and the
# accuracy on digits that the network has not seen should be above 0.92. Try your own `LSTM` as the
# `rnn` of the classifier: it learns just as well.

# %%
torch.manual_seed(0)
model = LSTMClassifier(28, 64, 10)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
sequences, test_sequences = rows_as_sequence(train_images), rows_as_sequence(test_images)

losses, accuracies = [], []
for _epoch in range(20 if DATA == "digits" else 2):
    for batch in torch.randperm(len(sequences)).split(50):
        losses.append(float(train_step(model, optimizer, sequences[batch], train_labels[batch])))
    accuracies.append((len(losses), float(accuracy(model, test_sequences, test_labels))))
print(f"{count_parameters(28, 64, 1, 10)} parameters, {len(losses)} steps")
print(f"accuracy on the digits kept aside: {accuracies[-1][1]:.3f}")

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
left.semilogy(losses, linewidth=0.8)
left.set(xlabel="step of training", ylabel="loss")
right.plot(*zip(*accuracies, strict=True), marker=".")
right.set(xlabel="step of training", ylabel="accuracy", ylim=(0, 1))
plt.show()

# %% [markdown]
# ## How far back does the gradient reach?
#
# Here is the promise of part 2, measured: how large is the gradient of the *last* output with
# respect to each *earlier* row? In the plain network it shrinks at every step, from the bottom of
# the picture to its top by a factor of more than a hundred thousand. A fresh LSTM is hardly better!
# Its forget gates start near $\sigma(0) = 1/2$, so they halve the cell state at every step, and
# $2^{-27}$ is not much. Open the gates with a bias, and the gradient arrives. That is why the bias
# of the forget gate is often set to 1 or more at the start
# ([Jozefowicz et al. 2015](https://proceedings.mlr.press/v37/jozefowicz15.html)); otherwise it is
# training that has to find this out.


# %%
class TanhRNN(nn.Module):
    """A plain recurrent network: the whole memory is written anew at every step."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.dense = nn.Linear(input_size + hidden_size, hidden_size)
        bound = hidden_size**-0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)  # as in the LSTM

    def forward(self, x):
        h, outputs = x.new_zeros(len(x), self.hidden_size), []
        for x_t in x.unbind(dim=1):
            h = torch.tanh(self.dense(torch.cat([x_t, h], dim=-1)))  # (B, H)
            outputs.append(h)
        return torch.stack(outputs, dim=1), h


def lstm_with_forget_bias(bias, hidden_size=64):
    """Make your LSTM with forget gates that start near σ(bias)."""
    lstm = LSTM(28, hidden_size)
    with torch.no_grad():
        lstm.bias_ih_l0[hidden_size : 2 * hidden_size] = bias  # the second of i, f, g, o
        lstm.bias_hh_l0[hidden_size : 2 * hidden_size] = 0.0
    return lstm


def gradient_norms(network):
    """Return the norm of the gradient of the last output for every step, (T,)."""
    x = rows_as_sequence(train_images[:100]).clone().requires_grad_()
    out, _ = network(x)
    out[:, -1].sum().backward()
    return x.grad.norm(dim=-1).mean(dim=0)


torch.manual_seed(0)
figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
for name, network in {
    "LSTM, forget bias 3": lstm_with_forget_bias(3.0),
    "LSTM, forget bias 1": lstm_with_forget_bias(1.0),
    "LSTM, forget bias 0": lstm_with_forget_bias(0.0),
    "plain RNN": TanhRNN(28, 64),
}.items():
    axes.semilogy(gradient_norms(network), label=name)
axes.set(xlabel="step (row of the picture)", ylabel="norm of the gradient")
axes.legend()
plt.show()
