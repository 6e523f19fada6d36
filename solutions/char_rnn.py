# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "matplotlib"]
#
# [tool.grader]
# title = "hello, character by character"
# learns = "A loss, its gradient, Adagrad and sampling, in numbers alone."
# hours = 4
# level = 3
# builds_on = ["bptt"]
#
# [tool.grader.forbid]
# gradients = ["torch.autograd"]
# adagrad_step = ["torch.optim.*"]
#
# [tool.grader.limits]
# seconds = 3.0
# memory_mb = 1024
# ///

# %% [markdown]
# A network that is to write must know one thing only: *what comes next*. Show it `hell`, and it
# should say `ello`. In this notebook you write such a network from numbers alone: no `nn`, no
# autograd, no optimizer. Text becomes numbers, numbers go through a recurrent network, its loss
# comes back as a gradient that you have written out, and in the end it writes, letter by letter,
# what it has read.
#
# The model is that of [Sutskever, Martens & Hinton
# 2011](https://icml.cc/2011/papers/524_icmlpaper.pdf) in its simplest form. Its five parameters are
# in a dict, `params`:
#
# | key | shape | is |
# |---|---|---|
# | `W_xh` | $(H, V)$ | from the letter that is read to the state |
# | `W_hh` | $(H, H)$ | from the state before to the state |
# | `b_h` | $(H)$ | |
# | `W_hy` | $(V, H)$ | from the state to a number for every letter that may come next |
# | `b_y` | $(V)$ | |
#
# Letters for shapes:
#
# | letter | meaning |
# |---|---|
# | $V$ | vocabulary: how many different characters there are |
# | $T$ | time: characters of a piece of text |
# | $H$ | features of the state |
# | $N$ | how many texts are written at once |

# %%
import torch

# %% [markdown]
# ## 1. The vocabulary
#
# Everything that occurs is a character: letters, capitals, blanks, line breaks. List each of them
# once, **sorted**.
#
# **Why sorted?** Python's `set` has no order that you can count on: that of text changes whenever
# Python starts. A model that was trained yesterday, with `e` as number 0, would write nonsense
# today.


# %% question="vocabulary"
def vocabulary(text):
    """List the characters that occur in a text, each once and sorted.

    Returns a list of texts with one character each; for an empty text, an empty list.
    """
    # BEGIN SOLUTION
    return sorted(set(text))
    # END SOLUTION


# %% tags=["check"]
def test_hello_has_four_characters(student):
    """In "hello" there are e, h, l and o: sorted, and l only once."""
    found = student.vocabulary("hello")
    assert list(found) == ["e", "h", "l", "o"], f"yours are {found}"


def test_capitals_and_blanks_are_characters(student):
    """A capital is another character than its small letter, and a blank is one, too."""
    found = student.vocabulary("a A")
    assert list(found) == [" ", "A", "a"], f"yours are {found}"


# %% [markdown]
# ## 2. Text and numbers
#
# The place of a character in the vocabulary is its number. With `e, h, l, o`, the text `hello` is
# 1, 0, 2, 2, 3.
#
# **Trap.** What is not in the vocabulary has no number. A silent 0 or −1 would be worse than an
# error: −1 is a valid index in Python, and means the last character.


# %% question="encode"
def encode(text, chars):
    """Turn a text into the numbers of its characters.

    chars: the vocabulary, a list of characters.

    Returns (T), int64: for each character its place in chars. Raises a KeyError or a ValueError for
    a character that is not among them.
    """
    # BEGIN SOLUTION
    number = {char: i for i, char in enumerate(chars)}
    return torch.tensor([number[char] for char in text], dtype=torch.int64)
    # END SOLUTION


# %% tags=["check"]
HELLO = ["e", "h", "l", "o"]


def test_hello_is_1_0_2_2_3(student):
    """With the vocabulary e, h, l, o, the text "hello" is 1, 0, 2, 2, 3."""
    ids = [int(i) for i in student.encode("hello", HELLO)]
    assert ids == [1, 0, 2, 2, 3], f"yours are {ids}"


# %% [markdown]
# And back again: numbers become a text, one single text and no list of letters.


# %% question="decode"
def decode(ids, chars):
    """Turn numbers into the text that they stand for: undo encode.

    ids: (T), integers from 0 to V - 1. chars: the vocabulary.

    Returns a text of T characters.
    """
    # BEGIN SOLUTION
    return "".join(chars[int(i)] for i in ids)
    # END SOLUTION


# %% tags=["check"]
def test_1_0_2_2_3_is_hello(student):
    """The numbers 1, 0, 2, 2, 3 are the text "hello" again."""
    text = student.decode(torch.tensor([1, 0, 2, 2, 3]), HELLO)
    assert text == "hello", f"yours is {text!r}"


# %% [markdown]
# ## 3. One hot
#
# A number like 3 for `o` is a name and no quantity: `o` is not three times `h`. So each character
# becomes a vector of $V$ numbers, all 0 but for a 1 in its place. A product with a matrix then
# picks one column of it, $W x = W_{:,\,i}$.
#
# **Trap.** `torch.nn.functional.one_hot` gives whole numbers, and a matrix of weights does not
# multiply with those.


# %% question="one_hot"
def one_hot(ids, V):
    """Mark each number in a vector of its own.

    ids: (...), integers from 0 to V - 1, with any axes, or none.

    Returns (..., V), floating-point numbers of torch's default dtype: 1 in the place of the number,
    0 elsewhere.
    """
    # BEGIN SOLUTION
    return torch.eye(V)[ids]
    # END SOLUTION


# %% tags=["check"]
def test_number_2_of_4_is_0_0_1_0(student):
    """The number 2 of a vocabulary of 4 is [0, 0, 1, 0]."""
    x = student.one_hot(torch.tensor(2), 4)
    assert x.shape == (4,), f"expected (4,), got {tuple(x.shape)}"
    assert x.tolist() == [0, 0, 1, 0], f"yours is {x.tolist()}"


def test_a_text_becomes_a_row_for_each_character(student):
    """Five characters of a vocabulary of 4 are five rows with a single 1 each."""
    x = student.one_hot(torch.tensor([1, 0, 2, 2, 3]), 4)
    assert x.shape == (5, 4), f"expected (5, 4), got {tuple(x.shape)}"
    assert (x.sum(dim=1) - 1).abs().max() < 1e-4 and x.max() == 1, (
        f"a row should hold a single 1 and zeros: yours is {x.tolist()}"
    )


def test_the_numbers_are_floating_point(student):
    """The result can be multiplied with a matrix of weights."""
    assert student.one_hot(torch.tensor([1]), 4).is_floating_point(), (
        "whole numbers cannot meet a matrix of weights"
    )


# %% [markdown]
# ## 4. The loss of a piece of text
#
# Read the characters one after the other, and after each of them say what comes next. $x_t$ is the
# character that is read at step $t$, one-hot, and $y_t$ is the number of the one that should come:
#
# $$
# \begin{aligned}
# h_t &= \tanh\left(W_{xh}\, x_t + W_{hh}\, h_{t-1} + b_h\right) \\
# \text{logits}_t &= W_{hy}\, h_t + b_y \\
# L &= \sum_{t=1}^{T} -\log \operatorname{softmax}(\text{logits}_t)_{y_t}
# \end{aligned}
# $$
#
# The targets are the inputs, moved by one: to read `hell` and to say `ello`. Whoever knows nothing
# gives each of $V$ characters the chance $1/V$, and pays $\ln V$ a step. So the first loss that you
# see is $T \ln V$, or something is wrong.
#
# **The losses of the steps are summed.** Then the gradient is a sum as well, and each step's part
# of it can be seen for itself.
#
# **Trap.** $e^{1000}$ is infinite, and infinity divided by itself is no number. Only differences of
# logits matter, so subtract the largest one first, or let `torch.log_softmax` do it.


# %% question="loss"
def loss(params, inputs, targets, h_0):
    """Read a piece of text, and say what each step costs that should have known the next character.

    params: the five parameters. inputs, targets: (T), integers. h_0: (H), the state to start from.

    Returns (the sum of the losses of all steps, a tensor without axes; the last state (H)).
    """
    # BEGIN SOLUTION
    h, total = h_0, torch.zeros_like(h_0).sum()
    for x, y in zip(one_hot(inputs, len(params["b_y"])), targets, strict=True):
        h = torch.tanh(params["W_xh"] @ x + params["W_hh"] @ h + params["b_h"])  # (H)
        logits = params["W_hy"] @ h + params["b_y"]  # (V)
        total = total - torch.log_softmax(logits, dim=0)[y]
    return total, h
    # END SOLUTION


# %% tags=["check"]
def parameters(V, H, scale=0.0):
    """Make parameters: zeros, or drawn at random."""
    shapes = {"W_xh": (H, V), "W_hh": (H, H), "b_h": (H,), "W_hy": (V, H), "b_y": (V,)}
    return {name: scale * torch.randn(shape) for name, shape in shapes.items()}


HELL, ELLO = torch.tensor([1, 0, 2, 2]), torch.tensor([0, 2, 2, 3])


def test_knowing_nothing_costs_4_ln_4(student):
    """With all parameters 0, "hell" → "ello" costs 4 · ln 4 = 5.5452, and the state stays 0."""
    # Hint: Print the logits of each step and their softmax: all should be 0, and 1/4.
    # Hint: Divide your loss by ln 4 = 1.386. Is what comes out the number of steps?
    total, h = student.loss(parameters(4, 3), HELL, ELLO, torch.zeros(3))
    assert abs(float(total) - 5.5452) < 1e-4, f"yours is {float(total):.4f}"
    assert h.shape == (3,) and not h.any(), f"the state should be three zeros, yours is {h}"


def test_being_sure_of_l_costs_nothing_where_it_comes(student):
    """With b_y = 50 for l and 0 else, "ll" → "ll" costs 0, and "ll" → "lo" costs 50."""
    params = parameters(4, 3)
    params["b_y"][2] = 50.0
    for targets, due in (([2, 2], 0.0), ([2, 3], 50.0)):
        total, _ = student.loss(params, torch.tensor([2, 2]), torch.tensor(targets), torch.zeros(3))
        assert abs(float(total) - due) < 1e-4, f"it should cost {due}, yours is {float(total):.4f}"


def test_a_text_may_be_read_in_two_parts(student):
    """The loss of "hell" is that of "he" and, from the state that it leaves, that of "ll"."""
    # Hint: Print the state that the first part returns, and the one that the second part begins
    #   with.
    # Hint: If the losses of two parts are right and the states are not, look at what you return.
    params, h_0 = parameters(4, 3, 1.0), torch.randn(3)
    whole, last = student.loss(params, HELL, ELLO, h_0)
    first, h = student.loss(params, HELL[:2], ELLO[:2], h_0)
    second, h = student.loss(params, HELL[2:], ELLO[2:], h)
    assert abs(float(first + second - whole)) < 1e-4, "the losses do not add up"
    assert (h - last).abs().max() < 1e-4, "the last states differ"


# %% [markdown]
# ## 5. Its gradient, by hand
#
# Now the way back, from the last step to the first. A `d` in front of a name is the gradient of $L$
# with respect to it, and **has the shape of what it is for**. For one step:
#
# $$
# \begin{aligned}
# dy_t &= \operatorname{softmax}(\text{logits}_t) - \operatorname{onehot}(y_t) \\
# dh_t &= W_{hy}^\top\, dy_t + W_{hh}^\top\, dz_{t+1}
#   && \text{two ways lead on from } h_t \\
# dz_t &= \left(1 - h_t^2\right) \odot dh_t && \text{through } \tanh
# \end{aligned}
# $$
#
# and every parameter, as it serves all steps, **adds up** what each of them has to say:
#
# $$
# dW_{hy} = \sum_t dy_t\, h_t^\top, \quad db_y = \sum_t dy_t, \quad
# dW_{xh} = \sum_t dz_t\, x_t^\top, \quad dW_{hh} = \sum_t dz_t\, h_{t-1}^\top, \quad
# db_h = \sum_t dz_t
# $$
#
# **Why so simple at the top?** The derivative of softmax with its logarithm is just *what was said
# minus what is right*. A step that gave the right character 0.9 pulls with 0.1.
#
# **Traps.** Behind the last step there is nothing, so $dz_{T+1} = 0$. Before the first step there
# is $h_0$ and not `h[-1]`, which is the last state. `l` comes twice in `hell`: whoever *writes*
# `dW_xh[:, i] = dz` loses the first of them. And there is no clipping here: that is another
# function's business.
#
# Write it out. `torch.autograd`, `.backward()` and `torch.func` are off limits.


# %% question="gradients"
def gradients(params, inputs, targets, h_0):
    """Compute the gradient of the loss for every parameter, by the formulas.

    params, inputs, targets, h_0: as in loss.

    Returns a dict with the keys of params; each gradient has the shape of its parameter.
    """
    # BEGIN SOLUTION
    V = len(params["b_y"])
    x, y = one_hot(inputs, V), one_hot(targets, V)  # (T, V)
    states = [h_0]
    for x_t in x:
        z = params["W_xh"] @ x_t + params["W_hh"] @ states[-1] + params["b_h"]
        states.append(torch.tanh(z))
    grads = {name: torch.zeros_like(p) for name, p in params.items()}
    carry = torch.zeros_like(h_0)  # what comes back from the next state
    for t in reversed(range(len(inputs))):
        before, h = states[t], states[t + 1]  # (H)
        dy = torch.softmax(params["W_hy"] @ h + params["b_y"], dim=0) - y[t]  # (V)
        dh = params["W_hy"].T @ dy + carry
        dz = (1 - h**2) * dh  # (H)
        grads["W_hy"] += torch.outer(dy, h)
        grads["b_y"] += dy
        grads["W_xh"] += torch.outer(dz, x[t])
        grads["W_hh"] += torch.outer(dz, before)
        grads["b_h"] += dz
        carry = params["W_hh"].T @ dz
    return grads
    # END SOLUTION


# %% tags=["check"]
def test_every_gradient_has_the_shape_of_its_parameter(student):
    """There are five gradients, under the names and with the shapes of the parameters."""
    params = parameters(4, 3, 1.0)
    found = {
        n: tuple(g.shape) for n, g in student.gradients(params, HELL, ELLO, torch.zeros(3)).items()
    }
    due = {name: tuple(p.shape) for name, p in params.items()}
    assert found == due, f"they should be {due}, yours are {found}"


def test_knowing_nothing_pulls_at_what_came(student):
    """With all parameters 0, b_y gets 4 · 1/4 less how often each letter came: 0, 1, -1, 0."""
    # Hint: Print dy at each of the four steps: 1/4 everywhere, and 1 less at the character that
    #   comes.
    # Hint: If each dy is right, look at how the four become one.
    found = student.gradients(parameters(4, 3), HELL, ELLO, torch.zeros(3))["b_y"]
    assert (found - torch.tensor([0.0, 1.0, -1.0, 0.0])).abs().max() < 1e-4, f"yours is {found}"


def test_without_a_way_to_the_output_nothing_comes_back(student):
    """With W_hy = 0 the loss does not depend on the state, so what is before it gets 0."""
    params = parameters(4, 3, 1.0)
    params["W_hy"] *= 0
    found = student.gradients(params, HELL, ELLO, torch.randn(3))
    for name in ("W_xh", "W_hh", "b_h"):
        assert found[name].abs().max() < 1e-4, f"{name} gets {found[name].abs().max():.4f}"


def test_gradients_are_what_a_small_change_makes(student):
    """Moving a number of each parameter by 0.01 both ways changes the loss as the gradient says."""
    # Hint: Which parameters are right? If W_hy and b_y are, the error lies below the first formula;
    #   if not, begin there.
    # Hint: Try T = 1: is it right then? If so, what is wrong is on the way from one step to the one
    #   before it.
    # Hint: If W_hh alone is wrong, look at which state it is multiplied by.
    params, h_0 = parameters(4, 3, 0.3), torch.randn(3).tanh()
    found = student.gradients(params, HELL, ELLO, h_0)
    for name, p in params.items():
        costs = []
        for way in (0.01, -0.01):
            moved = p.clone()
            moved.view(-1)[1] += way
            costs.append(float(student.loss({**params, name: moved}, HELL, ELLO, h_0)[0]))
        slope, yours = (costs[0] - costs[1]) / 0.02, float(found[name].flatten()[1])
        assert abs(slope - yours) < 0.01, f"{name} has slope {slope:.3f}, yours is {yours:.3f}"


# %% [markdown]
# ## 6. A step downhill
#
# Letters differ in how often they come, and so do their gradients in size: the column of `z` in
# `W_xh` hears something once a page. *Adagrad*
# ([Duchi, Hazan & Singer 2011](https://jmlr.org/papers/v12/duchi11a.html)) keeps a memory of the
# squares for every single number, and divides by its root. Who was pulled rarely makes large steps.
#
# $$m \leftarrow m + g^2, \qquad p \leftarrow p - \text{lr} \cdot \frac{g}{\sqrt{m} + 10^{-8}}$$
#
# **Trap.** `m += g**2` changes the tensor that you were given, and so does `p -= …`. Whoever calls
# your function may still need both as they were, to try another rate, for instance. So give back
# new ones. A number with a gradient of 0 and an empty memory stands still: $0 / (0 + 10^{-8}) = 0$.


# %% question="adagrad_step"
def adagrad_step(params, grads, memory, lr):
    """Make one step of Adagrad.

    params, grads, memory: dicts with the same keys, of tensors with the same shapes.
    lr: the rate of learning.

    Returns the next (params, memory), two dicts with these keys. What was given stays as it is.
    """
    # BEGIN SOLUTION
    memory = {name: memory[name] + grads[name] ** 2 for name in params}
    steps = {name: lr * grads[name] / (memory[name].sqrt() + 1e-8) for name in params}
    return {name: params[name] - steps[name] for name in params}, memory
    # END SOLUTION


# %% tags=["check"]
def test_the_first_step_has_the_length_of_the_rate(student):
    """From an empty memory, g / √g² is 1 or -1: each number moves by lr, however large g is."""
    p, g, m = torch.tensor([1.0, 1.0]), torch.tensor([3.0, -0.1]), torch.zeros(2)
    params, _ = student.adagrad_step({"b": p}, {"b": g}, {"b": m}, 0.5)
    due = torch.tensor([0.5, 1.5])
    assert (params["b"] - due).abs().max() < 1e-4, f"yours are {params['b'].tolist()}"


def test_the_memory_adds_up_squares(student):
    """A memory of 16 and a gradient of 3 make 25, so the step is lr · 3 / 5."""
    # Hint: Print the new memory first: 16 and 3² make 25.
    # Hint: If the memory is right, the step is 3 divided by something. By what do you divide?
    p, g, m = torch.tensor([1.0]), torch.tensor([3.0]), torch.tensor([16.0])
    params, memory = student.adagrad_step({"b": p}, {"b": g}, {"b": m}, 1.0)
    assert abs(float(memory["b"]) - 25) < 1e-4, f"yours is {float(memory['b']):.4f}"
    assert abs(float(params["b"]) - 0.4) < 1e-4, f"yours is {float(params['b']):.4f}"


def test_what_was_given_stays(student):
    """Parameters, gradients and memory are still what they were."""
    given = [{"b": torch.tensor([4.0])} for _ in range(3)]
    student.adagrad_step(*given, 0.5)
    assert all(float(held["b"]) == 4 for held in given), "a tensor that was given has changed"


# %% [markdown]
# ## 7. The next character
#
# The likeliest character is always the same one, and a network that says it is soon in a loop. So
# **draw**: a character with the chance 0.3 should come three times out of ten. The *temperature*
# $\tau$ says how bold you are:
#
# $$p = \operatorname{softmax}(\text{logits} / \tau)$$
#
# Near 0, only the best one is left; at 1 the chances are what the network has learnt; above, they
# level out. **It divides the logits, before the softmax.** Dividing the chances changes nothing, as
# they are scaled to 1 again.
#
# All randomness comes from the `generator` that you are given. Whoever has its seed can repeat what
# you have drawn. So hand it on to whatever draws, and never seed it.


# %% question="next_char"
def next_char(logits, temperature, generator):
    """Draw a character for each row of logits.

    logits: (N, V), any numbers. temperature: above 0.
    generator: a torch.Generator, from which all random numbers come.

    Returns (N), integers from 0 to V - 1; each row is drawn for itself.
    """
    # BEGIN SOLUTION
    p = torch.softmax(logits / temperature, dim=-1)  # (N, V)
    return torch.multinomial(p, 1, generator=generator).squeeze(-1)  # (N)
    # END SOLUTION


# %% tags=["check"]
THREE_TO_ONE = torch.tensor([[1.0986, 0.0]])  # ln 3 and 0: chances of 3/4 and 1/4


def share_of_the_first(student, temperature):
    """Draw 10,000 times from two characters; return how often the first one came."""
    drawn = student.next_char(
        THREE_TO_ONE.repeat(10_000, 1), temperature, torch.Generator().manual_seed(0)
    )
    assert drawn.shape == (10_000,), f"expected (10000,), got {tuple(drawn.shape)}"
    return float((drawn == 0).double().mean())


def test_three_to_one_comes_three_times_out_of_four(student):
    """With logits ln 3 and 0 and temperature 1, the first comes in 3/4 of the draws."""
    share = share_of_the_first(student, 1.0)
    assert abs(share - 0.75) < 0.03, f"yours comes in {share:.3f} of them"


def test_cold_sharpens_and_heat_levels(student):
    """Temperature 1/2 squares the odds of 3 to 1, and 2 takes their root: 0.9 and 0.634."""
    # Hint: Print the chances themselves at τ = ½: the odds of 3 to 1 should become 9 to 1.
    # Hint: At which moment does the temperature act: on the logits, or on what the softmax has made
    #   of them?
    for temperature, due in ((0.5, 0.9), (2.0, 0.634)):
        share = share_of_the_first(student, temperature)
        assert abs(share - due) < 0.03, f"at {temperature} it should be {due}, yours is {share:.3f}"


def test_equal_seeds_draw_the_same(student):
    """Two generators with the same seed give the same characters."""
    logits = torch.zeros(50, 9)
    one, two, other = (
        student.next_char(logits, 1.0, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert (one == two).all(), "they differ, though the seed is the same"
    assert (one != other).any(), "another seed gives the same"


# %% [markdown]
# ## 8. Writing
#
# Read `first`, draw what comes next, read *that*, and go on. The state is handed on from step to
# step, as always. You write $N$ texts at once, so states are rows here, $(N, H)$, and each product
# is turned round: `x @ W_xh.T`.
#
# **Traps.** A one-hot vector that is kept between steps, in which only the new character is set to
# 1, still has the old one marked. And what you are given stays as it is: another text may start
# from the same state.


# %% question="generate"
def generate(params, h, first, length, temperature, generator):
    """Write texts, character by character.

    params: as in loss. h: (N, H), the states to start from.
    first: (N), the characters to read first.
    length: how many characters to write, 1 or more.
    temperature, generator: as in next_char.

    Returns what was written, (N, length), integers; `first` is not among it.
    """
    # BEGIN SOLUTION
    x, written = first, []
    for _ in range(length):
        z = one_hot(x, len(params["b_y"])) @ params["W_xh"].T + h @ params["W_hh"].T
        h = torch.tanh(z + params["b_h"])  # (N, H)
        logits = h @ params["W_hy"].T + params["b_y"]  # (N, V)
        x = next_char(logits, temperature, generator)  # (N)
        written.append(x)
    return torch.stack(written, dim=1)  # (N, length)
    # END SOLUTION


# %% tags=["check"]
def counting(V):
    """Make a network that says the number after the one it reads, and 0 after the last."""
    params = parameters(V, V)
    params["W_xh"] = 50 * (2 * torch.eye(V) - 1)  # h is 1 in the place of the character, else -1
    params["W_hy"] = 50 * torch.eye(V).roll(1, dims=0)
    return params


def test_a_network_that_counts_counts(student):
    """A network that says the next number writes 1, 2, 3 after a 0, and 4, 0, 1 after a 3."""
    # Hint: Print what is read and what is drawn at each step, side by side: 0 1, 1 2, 2 3.
    # Hint: If the first step is right and the second is not, what does the second one read?
    written = student.generate(
        counting(5),
        torch.zeros(2, 5),
        torch.tensor([0, 3]),
        3,
        1.0,
        torch.Generator().manual_seed(0),
    )
    assert written.shape == (2, 3), f"expected (2, 3), got {tuple(written.shape)}"
    assert written.tolist() == [[1, 2, 3], [4, 0, 1]], f"yours writes {written.tolist()}"


def test_a_state_that_wanders_is_followed(student):
    """A network whose state moves on by one each step, from place 0, writes 1, 2, 3."""
    # Hint: Print h at each step: the 1 should move on by one place, with −1 everywhere else.
    # Hint: Does it move the other way? Then look at how W_hh meets rows.
    params = parameters(5, 5)
    params["W_hh"], params["W_hy"] = 50 * torch.eye(5).roll(1, dims=0), 50 * torch.eye(5)
    h = torch.tensor([[1.0, -1, -1, -1, -1]])
    written = student.generate(
        params, h, torch.tensor([0]), 3, 1.0, torch.Generator().manual_seed(0)
    )
    assert written.tolist() == [[1, 2, 3]], f"yours writes {written.tolist()}"
    assert h.tolist() == [[1, -1, -1, -1, -1]], "the state that was given has changed"


# %% [markdown]
# ## hell → ello
#
# Nothing to write from here on. First the smallest text there is. 100 steps of your gradient and
# your Adagrad, and the loss goes from $4 \ln 4 = 5.55$ to nearly 0.

# %%
import matplotlib.pyplot as plt


def fresh(V, H, seed=0):
    """Make small random weights, and an empty memory."""
    generator = torch.Generator().manual_seed(seed)
    shapes = {"W_xh": (H, V), "W_hh": (H, H), "b_h": (H,), "W_hy": (V, H), "b_y": (V,)}
    params = {
        name: torch.randn(shape, generator=generator) * (0.1 if "W" in name else 0.0)
        for name, shape in shapes.items()
    }
    return params, {name: torch.zeros(shape) for name, shape in shapes.items()}


chars = vocabulary("hello")
inputs, targets = encode("hell", chars), encode("ello", chars)
params, memory = fresh(len(chars), 8)
hello_losses = []
for _ in range(100):
    hello_losses.append(float(loss(params, inputs, targets, torch.zeros(8))[0]))
    grads = gradients(params, inputs, targets, torch.zeros(8))
    params, memory = adagrad_step(params, grads, memory, 0.1)

h = torch.zeros(1, 8)
said = generate(params, h, encode("h", chars), 4, 0.1, torch.Generator().manual_seed(0))
print(f"the loss was {hello_losses[0]:.3f} and is {hello_losses[-1]:.3f}")
print("h →", decode(said[0], chars))

# %% [markdown]
# ## Something to read
#
# A longer text that every Python brings along: its Zen, 856 characters. Your network reads it 25
# characters at a time, hands its state on to the next piece, and makes a step after each. Gradients
# are cut off at 5, so that one odd piece does not throw it off its course. This takes some seconds.

# %%
import codecs
import contextlib
import io

with contextlib.redirect_stdout(io.StringIO()):
    import this  # prints the text, and holds it in a cipher
zen = codecs.decode(this.s, "rot13")

chars, H, T = vocabulary(zen), 64, 25
ids = encode(zen, chars)
params, memory = fresh(len(chars), H)
losses, smooth = [], None
for _epoch in range(100):
    h = torch.zeros(H)
    for start in range(0, len(ids) - T, T):
        inputs, targets = ids[start : start + T], ids[start + 1 : start + T + 1]
        grads = {n: g.clamp(-5, 5) for n, g in gradients(params, inputs, targets, h).items()}
        total, h = loss(params, inputs, targets, h)
        params, memory = adagrad_step(params, grads, memory, 0.1)
        smooth = float(total) / T if smooth is None else 0.98 * smooth + 0.02 * float(total) / T
        losses.append(smooth)

print(f"{len(zen)} characters, {len(chars)} different ones, {len(losses)} steps")
start = (torch.zeros(1, H), encode("T", chars))
for temperature in (0.2, 1.0, 2.0):
    text = generate(params, *start, 160, temperature, torch.Generator().manual_seed(1))[0]
    print(f"\n── temperature {temperature} ──\nT{decode(text, chars)}")
text = generate(params, *start, 160, 1e-6, torch.Generator().manual_seed(1))[0]
print(f"\n── always the likeliest one ──\nT{decode(text, chars)}")

# %% [markdown]
# Cold, it recites. Hot, it stammers. The best is in between. And on the right you see what it has
# learnt: after each character of a line, how likely it held what really came.

# %%
import math

line = "\nBeautiful is better than ugly."
numbers = encode(line, vocabulary(zen))
h, chances = torch.zeros(H), []
for t in range(len(line) - 1):
    cost, h = loss(params, numbers[t : t + 1], numbers[t + 1 : t + 2], h)
    chances.append(math.exp(-float(cost)))

figure, (left, middle, right) = plt.subplots(
    1, 3, figsize=(12, 3), layout="constrained", width_ratios=[1, 1.2, 2]
)
left.semilogy(hello_losses)
left.set(title="hell → ello", xlabel="step", ylabel="loss")
middle.plot(losses, linewidth=0.8)
middle.axhline(math.log(len(chars)), color="0.6", linestyle=":")
middle.set(title="the Zen of Python", xlabel="step", ylabel="loss per character")
right.bar(range(len(chances)), chances, color="#7fb2d9")
right.set_xticks(range(len(chances)), line[1:].replace(" ", "_"))
right.set(title="chance of what came next", ylim=(0, 1))
plt.show()
