# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "matplotlib"]
#
# [tool.grader]
# title = "One rule for every step: a recurrent network"
# learns = "Why the step needs a nonlinearity, and the four ways in and out of a network."
# hours = 3
# level = 2
# builds_on = ["sequences"]
# forbid = ["torch.nn.RNN*", "torch.nn.LSTM*", "torch.nn.GRU*"]
#
# [tool.grader.limits]
# seconds = 3.0
# memory_mb = 1024
# ///

# %% [markdown]
# A sentence has five words or fifty. A network with a weight for every word would need another
# set of weights for every length, and what it had learnt of word 3 would be of no use for word 4.
# A *recurrent* network ([Elman 1990](https://doi.org/10.1207/s15516709cog1402_1)) has **one rule
# for every step**: it reads the next input, looks at what it remembers, and writes a new memory.
# The rule stays, the memory changes.
#
# You will write the rule, repeat it, find out what it would be without its nonlinearity, and then
# put it to use in the four ways in which sequences go in and come out. Torch's recurrent layers
# are off limits in this notebook; all else of torch is yours.
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
# | $C$ | classes |
#
# The batch is always the first axis, and **time is the second one**. Many a picture on the web, and
# `torch.nn.RNN` unless it is told otherwise, has time in front.

# %%
import torch
from torch import nn

# %% [markdown]
# ## 1. The rule
#
# The state $h$ is a vector of $H$ numbers, all that the network remembers. One step makes the next
# state from the input $x$ and from the state before:
#
# $$h' = \tanh\left(W_{ih}\, x + b_{ih} + W_{hh}\, h + b_{hh}\right)$$
#
# These are two dense layers, one for the input and one for the state, added up and sent through
# one $\tanh$. One bias would do, but torch has two, so we have, too.
#
# **Rows and columns.** Formulas have column vectors. Code has a batch of *rows*, $x$ is $(B, I)$
# and $W_{ih}$ is $(H, I)$ as in `nn.Linear`, and $W x$ becomes `x @ W.T`. Both matrices want the
# `.T`. Be careful with $W_{hh}$: it is square, so nothing crashes if you forget, and everything is
# wrong.
#
# **Why $\tanh$?** It keeps the state between $-1$ and $1$, however long the sequence, and part 3
# shows what becomes of a network without it. Others are in use as well. With $\mathrm{relu}$ the
# state may grow without bound, which is at times what you want: with all weights 1 it counts.


# %% question="rnn_step"
def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation="tanh"):
    """Do one step of a recurrent network.

    x: (B, I), the input of this step. h: (B, H), the state before it.
    weight_ih: (H, I), weight_hh: (H, H), bias_ih and bias_hh: (H).
    activation: "tanh", "relu" or "sigmoid"; for any other name, raise a ValueError.

    Returns the next state (B, H). The state that was given stays as it is.
    """
    # BEGIN SOLUTION
    z = x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh  # (B, H)
    if activation == "tanh":
        return torch.tanh(z)
    if activation == "relu":
        return torch.relu(z)
    if activation == "sigmoid":
        return torch.sigmoid(z)
    raise ValueError(f"there is no activation {activation!r}")
    # END SOLUTION


# %% tags=["check"]
def one(number):
    """Return a matrix (1, 1)."""
    return torch.full((1, 1), float(number))


def test_a_step_gives_a_state_for_every_sequence(student):
    """Two sequences of three features, and a state of four, give a state of four for both."""
    sizes = ((2, 3), (2, 4), (4, 3), (4, 4), (4,), (4,))
    h = student.rnn_step(*map(torch.randn, sizes))
    assert h.shape == (2, 4), f"expected (2, 4), got {tuple(h.shape)}"


def test_half_becomes_the_tanh_of_half(student):
    """With weights 1 and biases 0, the input 0.5 and the state 0 give tanh(0.5) = 0.4621."""
    zero = torch.zeros(1)
    h = student.rnn_step(one(0.5), one(0), one(1), one(1), zero, zero)
    assert abs(float(h) - 0.4621) < 1e-4, f"yours is {float(h):.4f}"


def test_relu_counts(student):
    """With relu and weights 1, an input of 1 at each step counts: 1, 2, 3."""
    h, zero = one(0), torch.zeros(1)
    for due in (1, 2, 3):
        h = student.rnn_step(one(1), h, one(1), one(1), zero, zero, "relu")
        assert abs(float(h) - due) < 1e-4, f"step {due} gives {float(h):.4f}"


def test_the_state_meets_rows_of_its_matrix(student):
    """With W_hh = [[0, 1], [0, 0]], the second feature of h goes into the first one of h'."""
    # Hint: Write W_hh h on paper as a column, number by number, and then what your product gives
    #   for the row h.
    # Hint: If the right number comes out at the wrong feature, rows and columns have changed
    #   places. Where?
    weight_hh, nothing = torch.tensor([[0.0, 1.0], [0.0, 0.0]]), torch.zeros(2)
    given = torch.zeros(1, 1), torch.tensor([[0.0, 0.5]]), torch.zeros(2, 1)
    h = student.rnn_step(*given, weight_hh, nothing, nothing)
    assert (h - torch.tensor([[0.4621, 0.0]])).abs().max() < 1e-4, f"yours is {h.tolist()}"


def test_both_biases_count(student):
    """Biases of 0.2 and 0.3 alone, with zeros for the rest, give tanh(0.5) = 0.4621."""
    h = student.rnn_step(one(0), one(0), one(1), one(1), torch.tensor([0.2]), torch.tensor([0.3]))
    assert abs(float(h) - 0.4621) < 1e-4, f"yours is {float(h):.4f}"


def test_the_sigmoid_of_nothing_is_a_half(student):
    """With "sigmoid", zeros become 0.5."""
    h = student.rnn_step(one(0), one(0), one(1), one(1), torch.zeros(1), torch.zeros(1), "sigmoid")
    assert abs(float(h) - 0.5) < 1e-4, f"yours is {float(h):.4f}"


# %% [markdown]
# ## 2. The whole sequence
#
# Start from a state, do the step for $x_1$, hand the new state to the step for $x_2$, and so on:
#
# $$h_t = \tanh\left(W_{ih}\, x_t + b_{ih} + W_{hh}\, h_{t-1} + b_{hh}\right), \qquad
#   t = 1, \dots, T$$
#
# The *same* four parameters serve every step. A network that reads a thousand steps has not one
# parameter more than one that reads ten. A second layer takes the states of the first as its
# input, at the same step, and has parameters and a state of its own.
#
# **What comes out at step $t$ is the state *after* it**, when $x_t$ has been read. So the last
# output is the last state, `out[:, -1] == h_n[-1]`, and reading a sequence in two parts, the second
# from the state that the first has left, is reading it whole.
#
# **Traps.** A state that lives in `self` is still there at the next call, and a new sequence begins
# with the memory of another one. `torch.stack` puts the new axis in front unless you say where:
# `(T, B, H)` for `(B, T, H)`, of which you notice nothing while $B = T$; and `view` does not
# exchange axes. And a list of parameters in `self` is a list and nothing more. The optimizer finds
# what is registered: `self.register_parameter(name, parameter)` sets an attribute whose name you
# compute, and `getattr(self, name)` reads it.


# %% question="RNN"
class RNN(nn.Module):
    """A recurrent network of one or more layers, reading whole sequences of any number and length.

    Its parameters are made once, in __init__. Nothing is kept from one call to the next.
    """

    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh"):
        """Create weight_ih_l{k}, weight_hh_l{k}, bias_ih_l{k} and bias_hh_l{k} for each layer k.

        Their shapes are (H, I), (H, H), (H) and (H); all layers above layer 0 read the H features
        of the layer below, so for them weight_ih is (H, H). There are no other parameters. As in
        torch, they start uniformly distributed between -1/√H and 1/√H.

        nonlinearity: "tanh" or "relu", in every layer.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.num_layers, self.hidden_size = num_layers, hidden_size
        self.nonlinearity = nonlinearity
        bound = hidden_size**-0.5
        for k in range(num_layers):
            features = input_size if k == 0 else hidden_size
            for name, shape in {
                "weight_ih": (hidden_size, features),
                "weight_hh": (hidden_size, hidden_size),
                "bias_ih": (hidden_size,),
                "bias_hh": (hidden_size,),
            }.items():
                value = torch.empty(shape).uniform_(-bound, bound)
                self.register_parameter(f"{name}_l{k}", nn.Parameter(value))
        # END SOLUTION

    def forward(self, x, h_0=None):
        """Read sequences from their first step to their last.

        x: (B, T, I), with T ≥ 1.
        h_0: (L, B, H), the state that each layer starts from; None means zeros.

        Returns (out, h_n): out (B, T, H) is the state of the last layer after each step, and
        h_n (L, B, H) is the state of every layer after the last step.
        """
        # BEGIN SOLUTION
        if h_0 is None:
            h_0 = x.new_zeros(self.num_layers, len(x), self.hidden_size)
        last = []
        for k, h in enumerate(h_0):
            names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            parameters = [getattr(self, f"{name}_l{k}") for name in names]
            outputs = []
            for x_t in x.unbind(dim=1):  # (B, I)
                h = rnn_step(x_t, h, *parameters, self.nonlinearity)
                outputs.append(h)
            x = torch.stack(outputs, dim=1)  # (B, T, H), what the next layer reads
            last.append(h)
        return x, torch.stack(last)  # (L, B, H)
        # END SOLUTION


# %% tags=["check"]
def test_a_network_returns_outputs_and_states(student):
    """Five sequences of seven steps: an output for every step, and a last state for every layer."""
    out, h_n = student.RNN(3, 4, num_layers=2)(torch.randn(5, 7, 3))
    assert out.shape == (5, 7, 4), f"out should be (5, 7, 4), yours is {tuple(out.shape)}"
    assert h_n.shape == (2, 5, 4), f"h_n should be (2, 5, 4), yours is {tuple(h_n.shape)}"


def test_parameters_are_named_as_in_torch(student):
    """Each layer has four parameters, and only layer 0 sees the I features of the input."""
    shapes = {n: tuple(p.shape) for n, p in student.RNN(3, 4, num_layers=2).named_parameters()}
    due = {}
    for k, features in enumerate((3, 4)):
        due |= {f"weight_ih_l{k}": (4, features), f"weight_hh_l{k}": (4, 4)}
        due |= {f"bias_ih_l{k}": (4,), f"bias_hh_l{k}": (4,)}
    assert shapes == due, f"with I = 3, H = 4, L = 2 they should be {due}, yours are {shapes}"


def test_a_network_repeats_the_step(student):
    """One layer gives what `rnn_step` gives, called step by step."""
    # Hint: At which step do they first differ? At step 0 look at what you start from, and at step 1
    #   at what goes on.
    # Hint: Print `h` before and after each step of your loop, beside that of the loop in this
    #   check.
    rnn, x, h = student.RNN(3, 4), torch.randn(5, 7, 3), torch.zeros(5, 4)
    out, _ = rnn(x)
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    for t in range(7):
        h = student.rnn_step(x[:, t], h, *(getattr(rnn, name) for name in names))
        assert (out[:, t] - h).abs().max() < 1e-4, f"they differ at step {t}"


def test_a_network_with_relu_counts(student):
    """With relu and weights 1, three ones are counted: 1, 2, 3."""
    rnn = student.RNN(1, 1, nonlinearity="relu")
    with torch.no_grad():
        for name, parameter in rnn.named_parameters():
            parameter.fill_(1.0 if "weight" in name else 0.0)
    out, _ = rnn(torch.ones(1, 3, 1))
    assert (out.flatten() - torch.tensor([1.0, 2.0, 3.0])).abs().max() < 1e-4, f"{out.flatten()}"


def test_the_last_output_is_the_last_state(student):
    """What the last layer gives at the last step is its part of h_n."""
    out, h_n = student.RNN(3, 4, num_layers=2)(torch.randn(5, 7, 3))
    assert (out[:, -1] - h_n[-1]).abs().max() < 1e-4, "the last output is not the last state"


def test_a_sequence_may_be_read_in_two_parts(student):
    """Reading four steps, and then three from the state they left, is reading seven steps."""
    # Hint: Print the state that the second part starts from: it should be the one the first part
    #   has left, for each layer.
    # Hint: Are out and h_n of the first part right? If so, only the way of `h_0` into your loop is
    #   left.
    rnn, x = student.RNN(3, 4, num_layers=2), torch.randn(5, 7, 3)
    whole, _ = rnn(x)
    first, h = rnn(x[:, :4])
    second, _ = rnn(x[:, 4:], h)
    assert (torch.cat([first, second], dim=1) - whole).abs().max() < 1e-4, (
        "read in two parts, the outputs are others"
    )


def test_an_output_does_not_depend_on_the_future(student):
    """Changing the last step changes the last output, and none before it."""
    rnn, x = student.RNN(3, 4), torch.randn(5, 7, 3)
    before, _ = rnn(x)
    x[:, -1] += 1.0
    after, _ = rnn(x)
    change = (after - before).abs().amax(dim=(0, 2))  # (T)
    assert change[-1] > 1e-4, "the last output does not notice"
    assert change[:-1].max() < 1e-4, "an earlier output has changed"


def test_gradient_reaches_every_step(student):
    """The last output depends on every step, so its gradient goes back to all of them."""
    # Hint: Look at which steps are missed: all but the last, every third one, or all of them?
    # Hint: Look for whatever turns a state into mere numbers on its way from step to step.
    rnn, x = student.RNN(3, 4), torch.randn(5, 7, 3, requires_grad=True)
    out, _ = rnn(x)
    (out[:, -1] * torch.randn(5, 4)).sum().backward()
    assert x.grad is not None, "no gradient reaches the input"
    missed = (x.grad.abs().amax(dim=(0, 2)) == 0).nonzero().flatten().tolist()
    assert not missed, f"no gradient reaches the steps {missed}"


# %% [markdown]
# ## 3. Why not without tanh?
#
# Take the nonlinearity and the biases away, and start from zeros:
#
# $$h_t = W_{ih}\, x_t + W_{hh}\, h_{t-1} \quad\Rightarrow\quad
#   h_T = \sum_{t=1}^{T} W_{hh}^{\,T-t}\, W_{ih}\, x_t$$
#
# That is one matrix, which multiplies all inputs laid end to end. However many steps there are,
# however many layers: a linear network is *one* dense layer, written in a complicated way.
#
# $$h_T = \underbrace{\begin{bmatrix} W_{hh}^{\,T-1} W_{ih} & \cdots & W_{hh}\, W_{ih} & W_{ih}
#   \end{bmatrix}}_{M\;(H,\; T \cdot I)}
#   \begin{bmatrix} x_1 \\ \vdots \\ x_T \end{bmatrix}$$
#
# The oldest input stands on the left and has been through $W_{hh}$ most often. Read this matrix and
# you see what will go wrong with long sequences: a power of a matrix grows or dies away.
#
# **Trap.** `W ** n` takes the power of each *number*. The power of the matrix is `W @ W @ …`.


# %% question="collapse"
def collapse(weight_ih, weight_hh, T):
    """Write a linear recurrent network of T steps as one matrix.

    weight_ih: (H, I), weight_hh: (H, H). T: how many steps, 1 or more.

    Returns M (H, T·I): for x (T, I), started from zeros and without biases, M @ x.flatten() is the
    state after the last step. The columns t·I … (t+1)·I - 1 are for step t, counted from 0.
    """
    # BEGIN SOLUTION
    block, blocks = weight_ih, []
    for _ in range(T):
        blocks.insert(0, block)  # older inputs stand on the left
        block = weight_hh @ block
    return torch.cat(blocks, dim=1)  # (H, T·I)
    # END SOLUTION


# %% tags=["check"]
def test_three_steps_of_numbers_collapse(student):
    """With w_ih = 2 and w_hh = 3, three steps are the matrix [18, 6, 2]."""
    # Hint: Compute the state after three steps for the inputs (1, 0, 0) on paper: that is the first
    #   number of M.
    # Hint: If your numbers are right and in another order, look at which end a new block is put.
    M = student.collapse(one(2), one(3), 3)
    assert M.shape == (1, 3), f"expected (1, 3), got {tuple(M.shape)}"
    assert (M - torch.tensor([[18.0, 6.0, 2.0]])).abs().max() < 1e-4, f"yours is {M.tolist()}"


def test_one_step_is_the_matrix_of_the_input(student):
    """A single step meets W_ih alone."""
    weight_ih = torch.randn(4, 3)
    M = student.collapse(weight_ih, torch.randn(4, 4), 1)
    assert M.shape == (4, 3), f"expected (4, 3), got {tuple(M.shape)}"
    assert (M - weight_ih).abs().max() < 1e-4, f"M is not W_ih: yours is {M.tolist()}"


def test_a_state_that_moves_up_forgets_after_two_steps(student):
    """With W_hh = [[0, 1], [0, 0]], what came in at the bottom is gone after two more steps."""
    M = student.collapse(torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0, 1.0], [0.0, 0.0]]), 3)
    due = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert M.shape == (2, 3), f"expected (2, 3), got {tuple(M.shape)}"
    assert (M - due).abs().max() < 1e-4, f"it should be {due.tolist()}, yours is {M.tolist()}"


# %% [markdown]
# ## 4. Many to one
#
# What goes in and what comes out is up to you. To name the language of a sentence, you want *one*
# answer for *many* steps: take the state when all has been read.
#
# Sentences of a batch differ in length. The shorter ones are filled up at the end, and `lengths`
# says how many steps are real. The network does not know, and goes on reading what was filled
# in. So **the last column is not the last word**: for a sequence of length 3 you want the output at
# index 2, whatever the rest of the batch is doing.
#
# **Trap.** `out[lengths - 1]` picks *sequences*, for the first axis is the batch, and
# `out[:, lengths - 1]` picks all of these steps for every sequence.


# %% question="many_to_one"
def many_to_one(out, lengths):
    """Take the last real output of every sequence.

    out: (B, T, H). lengths: (B), integers from 1 to T; what stands behind is filled in, and may be
    anything.

    Returns (B, H).
    """
    # BEGIN SOLUTION
    return out[torch.arange(len(out)), lengths - 1]  # (B, H)
    # END SOLUTION


# %% tags=["check"]
def test_every_sequence_ends_where_its_length_says(student):
    """With outputs 0, 1, 2, … and lengths 1, 4 and 3, the last real ones are 0, 3 and 2."""
    # Hint: For each b of 0, 1 and 2 write down the pair (b, step) that you want. That makes two
    #   lists of numbers.
    # Hint: Which of these two lists have you got already, and where does the other come from?
    out = torch.arange(5.0).repeat(3, 1).unsqueeze(-1)  # (3, 5, 1)
    last = student.many_to_one(out, torch.tensor([1, 4, 3]))
    assert last.shape == (3, 1), f"expected (3, 1), got {tuple(last.shape)}"
    assert last.flatten().tolist() == [0, 3, 2], f"yours are {last.flatten().tolist()}"


def test_what_is_filled_in_has_no_influence(student):
    """Behind the end of a sequence, anything may stand."""
    out, lengths = torch.randn(2, 5, 3), torch.tensor([2, 5])
    before = student.many_to_one(out.clone(), lengths)
    out[0, 2:] = 100.0
    assert (student.many_to_one(out, lengths) - before).abs().max() < 1e-4, (
        "the result depends on what is filled in"
    )


def test_full_sequences_end_in_the_last_column(student):
    """If nothing is filled in, the last outputs are out[:, -1]."""
    out = torch.randn(4, 5, 3)
    last = student.many_to_one(out, torch.full((4,), 5))
    assert last.shape == (4, 3), f"expected (4, 3), got {tuple(last.shape)}"
    assert (last - out[:, -1]).abs().max() < 1e-4, "the result is not out[:, -1]"


# %% [markdown]
# ## 5. One to many
#
# The other way round: from *one* thing, such as a picture, to *many*, such as its caption. There is
# nothing to read, so the network **reads what it has just said**. At every step it gives numbers
# for all symbols, the logits. Take the one with the largest, say it, and feed it back.
#
# | step | reads | says |
# |---|---|---|
# | 1 | `first` | $y_1$, the symbol with the largest logit |
# | 2 | $y_1$ | $y_2$, likewise |
# | … | … | … |
#
# Two things go from step to step: the symbol *and* the state. Whoever loses the state speaks like
# somebody who has forgotten the beginning of the sentence.


# %% question="one_to_many"
def one_to_many(step, h, first, length):
    """Let a network speak: at every step, the likeliest symbol is said and fed back.

    step: a function; step(token (B), h (B, H)) returns (logits (B, V), the next h (B, H)).
    h: (B, H), the state to start from. first: (B), the symbol that is read at the first step.
    length: how many symbols to say, 1 or more; step is called as many times.

    Returns what was said, (B, length), integers; `first` is not among it.
    """
    # BEGIN SOLUTION
    token, said = first, []
    for _ in range(length):
        logits, h = step(token, h)
        token = logits.argmax(dim=-1)  # (B)
        said.append(token)
    return torch.stack(said, dim=1)  # (B, length)
    # END SOLUTION


# %% tags=["check"]
def counts_up(token, h):
    """Say the next number of 0, 1, 2, 3, 4, and begin anew after 4."""
    return torch.eye(5)[(token + 1) % 5], h


def grows(token, h):
    """Say how often it was called, whatever it reads."""
    return torch.eye(9)[h[:, 0].long()], h + 1


def test_it_counts_up_from_what_it_has_said(student):
    """Numbers that count up, begun by a 0 and by a 3, say 1, 2, 3 and 4, 0, 1."""
    said = student.one_to_many(counts_up, torch.zeros(2, 1), torch.tensor([0, 3]), 3)
    assert said.shape == (2, 3), f"expected (2, 3), got {tuple(said.shape)}"
    assert said.tolist() == [[1, 2, 3], [4, 0, 1]], f"yours says {said.tolist()}"


def test_the_state_goes_from_step_to_step(student):
    """A network that counts its steps in its state, from 0 and from 5, says 0, 1, 2 and 5, 6, 7."""
    # Hint: Print the `h` that you hand over at each step: 0, 1 and 2 should be among them.
    # Hint: Which name holds the state after the call, and which name does the next call read?
    said = student.one_to_many(grows, torch.tensor([[0.0], [5.0]]), torch.tensor([8, 8]), 3)
    assert said.shape == (2, 3), f"expected (2, 3), got {tuple(said.shape)}"
    assert said.tolist() == [[0, 1, 2], [5, 6, 7]], f"yours says {said.tolist()}"


# %% [markdown]
# ## 6. Many to many
#
# The last way: an answer at *every* step, such as the kind of each word. Every step costs the
# negative logarithm of the probability that it gives to the right class,
#
# $$\ell_{b,t} = -\log \operatorname{softmax}(\text{logits}_{b,t})_{y_{b,t}}, \qquad
#   \text{loss} = \frac{1}{B} \sum_{b=1}^{B} \; \sum_{t=1}^{\text{length}_b} \ell_{b,t}$$
#
# **Sum over the steps, mean over the batch.** The sum over the steps is the negative logarithm of
# the probability of the whole sequence, for probabilities multiply. A batch twice as large should
# not take a step twice as long, so there it is the mean.
#
# **Traps.** What is filled in must not count, neither in the sum nor in a divisor. Class 0 is a
# class like any other and no sign of filling. And large logits overflow if you take $\exp$ of them:
# let `log_softmax` do it.


# %% question="many_to_many_loss"
def many_to_many_loss(logits, targets, lengths):
    """Compute the loss of an answer at every step: its sum over steps, its mean over the batch.

    logits: (B, T, C). targets: (B, T), the right classes, integers from 0 to C - 1.
    lengths: (B), integers from 1 to T; what stands behind is filled in, and does not count.

    Returns the loss, a tensor without axes.
    """
    # BEGIN SOLUTION
    log_p = torch.log_softmax(logits, dim=-1)  # (B, T, C)
    losses = -log_p.gather(-1, targets.unsqueeze(-1)).squeeze(-1)  # (B, T)
    real = torch.arange(losses.size(1)) < lengths.unsqueeze(-1)  # (B, T)
    return losses.where(real, 0.0).sum(dim=1).mean()
    # END SOLUTION


# %% tags=["check"]
def test_a_guess_between_two_classes_costs_ln_2_a_step(student):
    """Equal logits for two classes, lengths 1 and 3: (1 + 3) · ln 2 / 2 = 1.3863."""
    # Hint: Print the losses of all steps before you add them up: each should be ln 2 = 0.6931.
    # Hint: Four of the six are real. By what do you divide their sum?
    loss = student.many_to_many_loss(
        torch.zeros(2, 3, 2), torch.zeros(2, 3).long(), torch.tensor([1, 3])
    )
    assert abs(float(loss) - 1.3863) < 1e-4, f"yours is {float(loss):.4f}"


def test_being_sure_and_right_costs_nothing(student):
    """Logits that name the right class, and it is 0 or another one, have a loss of 0."""
    targets = torch.tensor([[0, 2, 1], [1, 0, 0]])
    loss = student.many_to_many_loss(100 * torch.eye(3)[targets], targets, torch.tensor([3, 2]))
    assert abs(float(loss)) < 1e-4, f"yours is {float(loss):.4f}"


def test_what_is_filled_in_costs_nothing(student):
    """Behind the end of a sequence, logits may be as wrong as they like."""
    targets = torch.tensor([[0, 2, 1], [1, 0, 0]])
    logits = 100 * torch.eye(3)[targets]
    logits[0, 1:] = torch.tensor([0.0, 0.0, -50.0])
    loss = student.many_to_many_loss(logits, targets, torch.tensor([1, 3]))
    assert abs(float(loss)) < 1e-4, f"yours is {float(loss):.4f}"


# %% [markdown]
# ## What the rule does
#
# Nothing to write from here on. First, the ways in which sequences go in and come out, which you
# have now all written: the fourth is two of them joined. Green boxes are the rule; it is one and
# the same in all of them.

# %%
import matplotlib.pyplot as plt

WAYS = {  # which of three steps have an input, and which an output
    "many to one": ((0, 1, 2), (2,)),
    "one to many": ((0,), (0, 1, 2)),
    "many to many": ((0, 1, 2), (0, 1, 2)),
    "read first, then speak": ((0, 1), (2, 3)),
}
BELOW, arrow = "₁₂₃₄", {"arrowstyle": "->", "color": "0.3"}
figure, axes = plt.subplots(1, 4, figsize=(12, 2.2))
for panel, (name, (inputs, outputs)) in zip(axes, WAYS.items(), strict=True):
    steps = range(max(*inputs, *outputs) + 1)
    for t in steps:
        panel.text(t, 0, "h", ha="center", va="center", bbox={"fc": "#b7e1b0", "pad": 6})
        if t:
            panel.annotate("", (t - 0.2, 0), (t - 0.8, 0), arrowprops=arrow)
    for t in inputs:
        panel.annotate("", (t, -0.35), (t, -1.1), arrowprops=arrow)
        panel.text(t, -1.3, f"x{BELOW[t]}", ha="center", va="center")
    for n, t in enumerate(outputs):
        panel.annotate("", (t, 1.1), (t, 0.35), arrowprops=arrow)
        panel.text(t, 1.3, f"y{BELOW[n]}", ha="center", va="center")
    panel.set(xlim=(-0.6, 3.6), ylim=(-1.7, 1.7), title=name)
    panel.axis("off")
figure.tight_layout()
plt.show()

# %% [markdown]
# Now your step, with the same weights and three nonlinearities. The input is 1 at step 0 and 0 from
# then on: what does the network make of that one moment? With $\tanh$ the memory stays within
# bounds and swings about 0. With the sigmoid it is soon the same, whatever came in; with
# $\mathrm{relu}$ it dies or grows. On the right, the matrix of part 3: how much a *linear* network
# remembers of an input, after $0, 1, 2, \dots$ more steps. A little below 1, and it forgets; a
# little above, and it explodes.

# %%
torch.manual_seed(4)
H = 8
turn, _ = torch.linalg.qr(torch.randn(H, H))  # a rotation: it keeps the length of every vector
weight_ih, zeros = torch.randn(H, 1), torch.zeros(H)

figure, axes = plt.subplots(1, 4, figsize=(13, 2.8), layout="constrained")
for panel, activation in zip(axes, ("tanh", "relu", "sigmoid"), strict=False):
    h, states = torch.zeros(1, H), []
    for t in range(30):
        x = torch.ones(1, 1) if t == 0 else torch.zeros(1, 1)
        h = rnn_step(x, h, weight_ih, 1.1 * turn, zeros, zeros, activation)
        states.append(h[0])
    panel.plot(torch.stack(states), linewidth=0.9)
    panel.set(title=activation, xlabel="step")
axes[0].set_ylabel("the numbers in h")

T = 30
for scale in (1.1, 1.0, 0.9, 0.7):
    blocks = collapse(weight_ih, scale * turn, T).reshape(H, T, 1)
    axes[3].semilogy(blocks.norm(dim=(0, 2)).flip(0), label=f"{scale} × a rotation")
axes[3].set(title="linear", xlabel="steps ago", ylabel="weight of an input")
axes[3].legend(fontsize="x-small")
plt.show()
