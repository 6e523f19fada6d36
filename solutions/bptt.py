# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "matplotlib"]
#
# [tool.grader]
# title = "Backwards through time, by hand"
# learns = "One step, then a sequence; why gradients vanish or explode; truncation."
# hours = 4
# level = 3
# builds_on = ["graph", "rnn"]
#
# [tool.grader.forbid]
# step_backward = ["torch.autograd"]
# rnn_backward = ["torch.autograd"]
# step_jacobian = ["torch.autograd"]
# jacobian_norms = ["torch.autograd"]
# clip_by_norm = ["torch.nn.utils.clip_grad*", "torch.nn.utils.get_total_norm"]
# clip_by_value = ["torch.nn.utils.clip_grad*"]
#
# [tool.grader.limits]
# seconds = 3.0
# memory_mb = 1024
# ///

# %% [markdown]
# A recurrent network uses one rule at every step. When it learns, the gradient travels the same
# road the other way: from the last step to the first, through the same matrix again and again. In
# this notebook you write that way back yourself, first for one step, then for a whole sequence.
# Then you measure what happens on a long road (gradients vanish, or explode), and build the two
# remedies that everybody uses: clipping, and cutting the road into pieces.
#
# The network is the plain one of [Elman 1990](https://doi.org/10.1207/s15516709cog1402_1), with one
# bias:
#
# $$z_t = W_{ih}\, x_t + W_{hh}\, h_{t-1} + b, \qquad h_t = \tanh(z_t)$$
#
# In parts 1 to 4, torch must not differentiate for you: no `.backward()`, no `torch.autograd.grad`,
# nothing of `torch.func` that does the same. From part 7 on you may.
#
# Letters for shapes, used throughout:
#
# | letter | meaning |
# |---|---|
# | $B$ | batch: how many sequences at once |
# | $T$ | time: steps of a sequence |
# | $I$ | features of one step of the input |
# | $H$ | features of the state |
#
# A `d` in front of a name is the gradient of the loss with respect to it: `dx` is
# $\partial L / \partial x$. **It has the shape of `x`**, whatever the loss is. That one sentence
# finds most slips in this notebook.

# %%
import torch
from torch import nn


def rnn_step(x, h, weight_ih, weight_hh, bias):
    """Do one step. x: (B, I), h: (B, H), weight_ih: (H, I), weight_hh: (H, H), bias: (H).

    Returns the next state (B, H).
    """
    return torch.tanh(x @ weight_ih.T + h @ weight_hh.T + bias)


def rnn_forward(x, h_0, weight_ih, weight_hh, bias):
    """Read a sequence. x: (B, T, I), h_0: (B, H).

    Returns out (B, T, H): out[:, t] is the state after step t, so the state before it is
    out[:, t - 1], and h_0 for the first step.
    """
    h, states = h_0, []
    for x_t in x.unbind(dim=1):
        h = rnn_step(x_t, h, weight_ih, weight_hh, bias)
        states.append(h)
    return torch.stack(states, dim=1)


# %% [markdown]
# ## 1. One step, backwards
#
# Somebody tells you `dh_next`, how the loss changes with the state $h'$ that a step has produced.
# You pass it on to everything that the step was computed from. With indices ($b$ for the sequence,
# $j$ and $k$ for features of the state, $i$ for those of the input) a step is
#
# $$z_{bj} = \sum_i W^{ih}_{ji}\, x_{bi} + \sum_k W^{hh}_{jk}\, h_{bk} + b_j,
#   \qquad h'_{bj} = \tanh(z_{bj})$$
#
# First back through $\tanh$. Its derivative is $1 - \tanh^2$, and $\tanh(z)$ is what you already
# have: it is $h'$.
#
# $$dz_{bj} = dh'_{bj}\, (1 - h'^2_{bj})$$
#
# Then back through the sums. Each number collects what it has contributed to:
#
# $$dx_{bi} = \sum_j dz_{bj}\, W^{ih}_{ji} \qquad
#   dh_{bk} = \sum_j dz_{bj}\, W^{hh}_{jk}$$
#
# $$dW^{ih}_{ji} = \sum_b dz_{bj}\, x_{bi} \qquad
#   dW^{hh}_{jk} = \sum_b dz_{bj}\, h_{bk} \qquad
#   db_j = \sum_b dz_{bj}$$
#
# Every sum is a product of two matrices. Which one, and which of the two is transposed? Let the
# shapes decide: `dx` must come out as $(B, I)$, from `dz` $(B, H)$ and `weight_ih` $(H, I)$.
#
# **Why do batch and bias sum?** All sequences share one matrix and one bias, so each number in
# them has acted in every sequence. Whoever wants a mean divides the loss, once, at its end.
#
# **Mind the difference of `h` and `h_next`.** The derivative of $\tanh$ is taken where the step
# has *arrived*; $W_{hh}$ met the state from which it *came*.
#
# **Do not write into `dh_next`.** `dh_next *= ...` saves a little memory and overwrites a gradient
# that belongs to the caller, who may still need it.


# %% question="step_backward"
def step_backward(dh_next, x, h, h_next, weight_ih, weight_hh):
    """Go back through one step of tanh(x @ weight_ih.T + h @ weight_hh.T + bias).

    dh_next: (B, H), the gradient for h_next.
    x: (B, I), h: (B, H), what the step was given.
    h_next: (B, H), what it has returned.
    weight_ih: (H, I), weight_hh: (H, H).

    Write products of matrices, with no loop over features. All arguments stay as they are.

    Returns (dx, dh, dW_ih, dW_hh, db), each with the shape of what it is the gradient for.
    """
    # BEGIN SOLUTION
    dz = dh_next * (1 - h_next**2)  # (B, H)
    return dz @ weight_ih, dz @ weight_hh, dz.T @ x, dz.T @ h, dz.sum(dim=0)
    # END SOLUTION


# %% tags=["check"]
def test_every_gradient_has_the_shape_of_its_own(student):
    """dx is (B, I), dh (B, H), dW_ih (H, I), dW_hh (H, H) and db (H)."""
    B, I, H = 5, 3, 2  # noqa: E741 (the letter that the text uses)
    given = torch.randn(B, H), torch.randn(B, I), torch.randn(B, H), torch.rand(B, H)
    found = student.step_backward(*given, torch.randn(H, I), torch.randn(H, H))
    due = {"dx": (B, I), "dh": (B, H), "dW_ih": (H, I), "dW_hh": (H, H), "db": (H,)}
    shapes = dict(zip(due, [tuple(gradient.shape) for gradient in found], strict=True))
    assert shapes == due, f"they should be {due}, yours are {shapes}"


def test_two_numbers_go_back_as_on_paper(student):
    """With h' = 0.6 and 0.8, 1 - h'² is 0.64 and 0.36: see the numbers in this check."""
    # Hint: Compute dz on paper first: one number for each sequence.
    # Hint: Then check one result after the other. The first that differs tells which product is
    #   off.
    dh_next = torch.tensor([[1.0], [2.0]])  # B = 2, I = H = 1
    x, h, h_next = (torch.tensor(n) for n in ([[2.0], [1.0]], [[0.5], [1.0]], [[0.6], [0.8]]))
    found = student.step_backward(
        dh_next, x, h, h_next, torch.tensor([[3.0]]), torch.tensor([[5.0]])
    )
    due = {
        "dx": [0.64 * 3, 0.72 * 3],  # dz = 0.64 · 1 and 0.36 · 2 = 0.72, and weight_ih = 3
        "dh": [0.64 * 5, 0.72 * 5],
        "dW_ih": [0.64 * 2 + 0.72 * 1],
        "dW_hh": [0.64 * 0.5 + 0.72 * 1],
        "db": [0.64 + 0.72],
    }
    for (name, numbers), gradient in zip(due.items(), found, strict=True):
        off = (gradient.flatten() - torch.tensor(numbers)).abs().max()
        assert off < 1e-4, f"{name} should be {numbers}, yours is {gradient.flatten().tolist()}"


def test_nothing_passes_a_saturated_state(student):
    """Where h' is 1 or -1, tanh is flat: all gradients are 0."""
    given = torch.randn(4, 2), torch.randn(4, 3), torch.randn(4, 2), torch.randn(4, 2).sign()
    for gradient in student.step_backward(*given, torch.randn(2, 3), torch.randn(2, 2)):
        assert gradient.abs().max() == 0, "a gradient is not 0"


# %% [markdown]
# ## 2. A whole sequence, backwards
#
# Now the steps are in a row, and a state has **two** ways to the loss. It is an output itself, with
# the gradient `dout[:, t]`; and it is what the next step starts from, with the gradient that this
# step passes back. Two ways add up:
#
# $$dh_t = dout_t + \underbrace{dh \text{ that step } t + 1 \text{ passes back}}_{\text{for the
#   last step: } dh_n}$$
#
# So walk from the last step to the first. At every step, add `dout[:, t]` to what you carry, call
# `step_backward`, keep its `dx` for this step, and carry its `dh` on. What you carry in the end is
# the gradient for `h_0`.
#
# **The matrices are shared in time**, just as they are in the batch. Each step has its own `dW_ih`,
# and the gradient is the *sum* of them. Overwriting instead of adding leaves the first step alone.
#
# **The trap at step 0.** The state before step $t$ is `out[:, t - 1]`. At $t = 0$ Python reads
# `out[:, -1]`, which is the *last* state, and raises no error. Before step 0 there is `h_0`.


# %% question="rnn_backward"
def rnn_backward(dout, dh_n, x, h_0, out, weight_ih, weight_hh):
    """Go back through a whole sequence: backpropagation through time.

    dout: (B, T, H), the gradient for out.
    dh_n: (B, H), a further gradient for the state after the last step, which is out[:, -1].
    x: (B, T, I), h_0: (B, H), what rnn_forward was given.
    out: (B, T, H), what it has returned; T ≥ 1.
    weight_ih: (H, I), weight_hh: (H, H).

    Each step is gone through once. All arguments stay as they are.

    Returns (dx, dh_0, dW_ih, dW_hh, db), each with the shape of what it is the gradient for.
    """
    # BEGIN SOLUTION
    T, dh = out.shape[1], dh_n
    before = torch.cat([h_0.unsqueeze(1), out[:, :-1]], dim=1)  # (B, T, H): the state before t
    dxs, sums = [], [0, 0, 0]
    for t in reversed(range(T)):
        dx, dh, *shared = step_backward(
            dh + dout[:, t], x[:, t], before[:, t], out[:, t], weight_ih, weight_hh
        )
        dxs.insert(0, dx)
        sums = [total + more for total, more in zip(sums, shared, strict=True)]
    return torch.stack(dxs, dim=1), dh, *sums
    # END SOLUTION


# %% tags=["check"]
def layer_by_hand(rnn_backward):
    """Make a layer of torch that goes back by `rnn_backward`: apply(x, h_0, W_ih, W_hh, b)."""

    class ByHand(torch.autograd.Function):
        """Torch calls `backward` where it would differentiate otherwise."""

        @staticmethod
        def forward(ctx, x, h_0, weight_ih, weight_hh, bias):
            out = rnn_forward(x, h_0, weight_ih, weight_hh, bias)
            ctx.save_for_backward(x, h_0, out, weight_ih, weight_hh)
            return out

        @staticmethod
        def backward(ctx, dout):
            x, h_0, out, weight_ih, weight_hh = ctx.saved_tensors
            no_more = torch.zeros_like(h_0)  # out[:, -1] is in out already
            return tuple(rnn_backward(dout, no_more, x, h_0, out, weight_ih, weight_hh))

    return ByHand.apply


def test_half_of_the_gradient_survives_each_step(student):
    """With states of 0 and W_hh = ½, a gradient of 1 at the end arrives as ½, ¼, ⅛ before it."""
    # Hint: Print what you carry after each step: it should be ½, ¼, ⅛.
    zeros, dout = torch.zeros(1, 3, 1), torch.tensor([[[0.0], [0.0], [1.0]]])
    dx, dh_0, *_ = student.rnn_backward(
        dout, torch.zeros(1, 1), zeros, torch.zeros(1, 1), zeros,
        torch.ones(1, 1), torch.full((1, 1), 0.5),
    )  # fmt: skip
    found = [*dx.flatten().tolist(), float(dh_0)]
    assert found == [0.25, 0.5, 1.0, 0.125], f"dx and dh_0 are {found}"


def test_both_ways_to_the_last_state_count(student):
    """dh_n adds to dout at the last step: 1 and 2 are 3."""
    # Hint: What do you carry when you begin at the last step?
    zeros = torch.zeros(1, 2, 1)
    dx, *_ = student.rnn_backward(
        torch.ones(1, 2, 1), torch.full((1, 1), 2.0), zeros, torch.zeros(1, 1), zeros,
        torch.ones(1, 1), torch.zeros(1, 1),
    )  # fmt: skip
    assert dx.flatten().tolist() == [1.0, 3.0], f"dx is {dx.flatten().tolist()}"


def test_gradcheck_finds_nothing(student):
    """torch.autograd.gradcheck changes each input a little, and finds what you have computed."""
    B, T, I, H = 1, 3, 2, 2  # noqa: E741
    shapes = ((B, T, I), (B, H), (H, I), (H, H), (H,))
    inputs = [torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes]
    layer = layer_by_hand(student.rnn_backward)
    assert torch.autograd.gradcheck(layer, inputs, check_undefined_grad=False), (
        "gradcheck finds other gradients"
    )


# %% [markdown]
# ## 3. What one step does to a gradient
#
# The road back is long, so look at one stretch of it: how does the state after a step depend on the
# state before it? That is a matrix for each sequence, the **Jacobian**
#
# $$J_{jk} = \frac{\partial h'_j}{\partial h_k} = (1 - h'^2_j)\; W^{hh}_{jk}$$
#
# Row $j$ belongs to the output $j$, and it is that output's $\tanh'$ which scales it. In matrices,
# $J = \operatorname{diag}(1 - h'^2)\, W_{hh}$: first $W_{hh}$ acts and then $\tanh$, so the
# diagonal stands on the *left*.
#
# A broadcast without care scales the columns instead. You will not see it if $W_{hh}$ is
# symmetric, or if all states are alike.


# %% question="step_jacobian"
def step_jacobian(h_next, weight_hh):
    """Return how the state after a step depends on the state before it.

    h_next: (B, H), the state after the step. weight_hh: (H, H).

    Write it from the formula, with no loop over features. All arguments stay as they are.

    Returns J (B, H, H): J[b, j, k] is the derivative of feature j after the step with respect to
    feature k before it, in sequence b.
    """
    # BEGIN SOLUTION
    return (1 - h_next**2).unsqueeze(-1) * weight_hh  # (B, H, 1) * (H, H)
    # END SOLUTION


# %% tags=["check"]
def test_at_zero_the_jacobian_is_the_matrix(student):
    """Where h' = 0, tanh' is 1 and the Jacobian is W_hh itself."""
    W = torch.tensor([[2.0, 1.0], [0.0, 0.5]])
    J = student.step_jacobian(torch.zeros(3, 2), W)
    assert J.shape == (3, 2, 2), f"J should be (3, 2, 2), yours is {tuple(J.shape)}"
    assert (J - W).abs().max() < 1e-4, f"J is not W_hh: yours is {J[0].tolist()}"


def test_a_row_is_scaled_by_the_tanh_of_its_output(student):
    """With h' = (0.6, 0.8) the first row is multiplied by 0.64 and the second by 0.36."""
    # Hint: Print J, and put the factors 0.64 and 0.36 beside its rows and its columns.
    # Hint: Which axis of `h_next` belongs to the rows of J?
    J = student.step_jacobian(torch.tensor([[0.6, 0.8]]), torch.ones(2, 2))
    due = torch.tensor([[[0.64, 0.64], [0.36, 0.36]]])
    assert J.shape == due.shape, f"J should be (1, 2, 2), yours is {tuple(J.shape)}"
    assert (J - due).abs().max() < 1e-4, f"yours is {J.tolist()}"


# %% [markdown]
# ## 4. What many steps do to it
#
# From step $t$ to the last one, $T$, the chain rule multiplies the Jacobians of all steps between:
#
# $$\frac{\partial h_T}{\partial h_t} = J_T\, J_{T-1} \cdots J_{t+2}\, J_{t+1}$$
#
# **Later steps stand on the left**: $J_{t+1}$ acts first. The Jacobian of step $t$ itself is not in
# the product, for it leads *to* $h_t$. So for $t = T$ nothing is left but the identity.
#
# How long can a gradient become on this road? That is the largest singular value of the product,
# its **spectral norm**: the most by which it stretches any vector. Do not take eigenvalues
# instead: a matrix such as $\begin{pmatrix} 0 & 9 \\ 0 & 0 \end{pmatrix}$ has none but 0 and
# stretches by 9. And do not multiply the norms of the steps: that is an upper bound, which is
# reached only if every step stretches the direction that the one before has stretched.


# %% question="jacobian_norms"
def jacobian_norms(out, weight_hh):
    """Measure how much of a change at each step arrives at the last one.

    out: (T, H), the states of one sequence after each step; T ≥ 1. weight_hh: (H, H).

    All arguments stay as they are.

    Returns norms (T): norms[t] is the spectral norm of the derivative of out[-1] with respect to
    out[t]. The last one is 1.
    """
    # BEGIN SOLUTION
    product = torch.eye(out.shape[1], dtype=out.dtype, device=out.device)  # (H, H)
    norms = []
    for J in step_jacobian(out, weight_hh).flip(0):  # from the last step on
        norms.insert(0, torch.linalg.matrix_norm(product, ord=2))
        product = product @ J
    return torch.stack(norms)
    # END SOLUTION


# %% tags=["check"]
def test_stretched_by_two_at_each_step(student):
    """With W_hh = diag(2, ½) and states of 0, a change doubles at each step: 8, 4, 2, 1."""
    norms = student.jacobian_norms(torch.zeros(4, 2), torch.diag(torch.tensor([2.0, 0.5])))
    assert norms.shape == (4,), f"there should be 4 norms, yours are {tuple(norms.shape)}"
    due = torch.tensor([8.0, 4.0, 2.0, 1.0])
    assert (norms - due).abs().max() < 1e-4, f"yours are {norms.tolist()}"


def test_a_matrix_without_eigenvalues_still_stretches(student):
    """[[0, 9], [0, 0]] stretches by 9 once, and twice in a row it gives 0."""
    norms = student.jacobian_norms(torch.zeros(3, 2), torch.tensor([[0.0, 9.0], [0.0, 0.0]]))
    assert (norms - torch.tensor([0.0, 9.0, 1.0])).abs().max() < 1e-4, f"yours are {norms.tolist()}"


# %% [markdown]
# ## 5. A matrix made to measure
#
# To see what the size of $W_{hh}$ does, you want matrices of any size on demand. Scaling a matrix
# by a number scales all of its singular values by that number, and leaves directions alone.
# (`torch.linalg.matrix_norm(W, ord=2)` is the largest one, `torch.linalg.svdvals(W)` are all of
# them.)


# %% question="with_largest_singular_value"
def with_largest_singular_value(W, s):
    """Scale a matrix so that its largest singular value becomes s.

    W: (m, n), not 0 everywhere; it stays as it is. s: a number above 0.

    Returns (m, n), W times a number above 0.
    """
    # BEGIN SOLUTION
    return W * (s / torch.linalg.matrix_norm(W, ord=2))
    # END SOLUTION


# %% tags=["check"]
def test_the_largest_becomes_what_is_asked_for(student):
    """diag(2, ½) with a largest singular value of 1 is diag(1, ¼)."""
    W = student.with_largest_singular_value(torch.diag(torch.tensor([2.0, 0.5])), 1.0)
    due = torch.diag(torch.tensor([1.0, 0.25]))
    assert (W - due).abs().max() < 1e-4, f"yours is {W.tolist()}"


def test_a_matrix_that_only_turns_is_multiplied(student):
    """A rotation has singular values of 1, whatever its entries: with s = 3, it is tripled."""
    turn = torch.tensor([[0.6, -0.8], [0.8, 0.6]])
    W = student.with_largest_singular_value(turn, 3.0)
    assert (W - 3 * turn).abs().max() < 1e-4, f"yours is {W.tolist()}"


# %% [markdown]
# ### How far does a gradient come?
#
# Nothing to write here. Start from a matrix that only turns, so that all of its singular values
# are equal, and give it the size $\sigma$. Without $\tanh$ (on the left) every step stretches by
# exactly $\sigma$: straight lines. Multiplied by 0.9 fifty times, 0.5 % are left; by 1.1, it is
# 117 times as much. With $\tanh$ (on the right) all lines sink, for $\tanh' \le 1$; and the larger
# the matrix, the flatter the $\tanh$ where the states are.

# %%
import matplotlib.pyplot as plt

torch.manual_seed(0)
T, H = 50, 32
turning, _ = torch.linalg.qr(torch.randn(H, H))
inputs = torch.randn(1, T, H)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), sharey=True, layout="constrained")
for sigma in (2.0, 1.1, 1.0, 0.9, 0.5):
    W = with_largest_singular_value(turning, sigma)
    states = rnn_forward(inputs, torch.zeros(1, H), 0.1 * torch.eye(H), W, torch.zeros(H))
    left.semilogy(jacobian_norms(torch.zeros(T, H), W), label=f"σ = {sigma}")
    right.semilogy(jacobian_norms(states[0], W))
left.set(title="without tanh", xlabel="step t", ylabel="norm of ∂h(T) / ∂h(t)", ylim=(1e-16, 1e16))
right.set(title="with tanh", xlabel="step t")
left.legend()
plt.show()

# %% [markdown]
# ## 6. Clipping
#
# Against gradients that vanish, other cells help: the LSTM, the GRU. Against those that explode, a
# plain cut is enough: **take the step in the direction of the gradient, but no longer than
# `max_norm`** ([Pascanu, Mikolov & Bengio 2013](https://proceedings.mlr.press/v28/pascanu13.html)).
# All gradients of a model together are *one* long vector $g$, with one norm:
#
# $$\lVert g \rVert = \sqrt{\sum_{\text{tensors}} \sum_{\text{entries}} g_{ij}^2}, \qquad
#   g \leftarrow g \cdot \min\!\Big(1, \frac{\mathrm{max\,norm}}{\lVert g \rVert}\Big)$$
#
# One norm, one factor. If each tensor is cut by its own norm, the ratios between them change: the
# step points elsewhere. And note the $\min$: a short gradient is not made longer.
#
# Return the norm *before* clipping. Plotted over training, it is what tells you that something has
# exploded.
#
# Clipping **by value** is the cruder way: each entry on its own, into the range from `-limit` to
# `limit`. It does change the direction.


# %% question="clip_by_norm"
def clip_by_norm(grads, max_norm):
    """Shorten gradients that are longer than max_norm, all together.

    grads: a list of tensors of any shapes; in the place of a parameter that has no gradient stands
        None. They stay as they are: what is returned is new.
    max_norm: a number above 0.

    Returns (clipped, norm): a list like grads, with None where there was None, and the norm of all
    of grads before clipping, as a float or as a tensor without axes. Gradients of 0 stay 0.
    """
    # BEGIN SOLUTION
    norm = torch.sqrt(sum((g**2).sum() for g in grads if g is not None))
    factor = max_norm / torch.clamp(norm, min=max_norm)
    return [None if g is None else g * factor for g in grads], norm
    # END SOLUTION


# %% tags=["check"]
def test_three_and_four_are_five(student):
    """Gradients [3] and [4] have the norm 5: with max_norm = 1, they become 0.6 and 0.8."""
    # Hint: Print the norm that you compute: it should be one number, 5.
    # Hint: By which one number is every gradient multiplied?
    clipped, norm = student.clip_by_norm([torch.tensor([3.0]), torch.tensor([4.0])], 1.0)
    assert abs(float(norm) - 5) < 1e-4, f"the norm is 5, yours is {float(norm):.4f}"
    found = [float(g) for g in clipped]
    assert abs(found[0] - 0.6) < 1e-4 and abs(found[1] - 0.8) < 1e-4, f"yours are {found}"


def test_short_gradients_are_left_alone(student):
    """With max_norm = 10, gradients of norm 5 stay as they are."""
    clipped, _ = student.clip_by_norm([torch.tensor([3.0]), torch.tensor([4.0])], 10.0)
    assert [float(g) for g in clipped] == [3.0, 4.0], f"yours are {[float(g) for g in clipped]}"


# %% question="clip_by_value"
def clip_by_value(grads, limit):
    """Bring every entry of the gradients into the range from -limit to limit.

    grads: a list of tensors of any shapes. They stay as they are: what is returned is new.
    limit: a number above 0.

    Returns a list like grads.
    """
    # BEGIN SOLUTION
    return [g.clamp(-limit, limit) for g in grads]
    # END SOLUTION


# %% tags=["check"]
def test_both_sides_are_cut(student):
    """[-3, 0.5, 2] with a limit of 1 becomes [-1, 0.5, 1]."""
    (clipped,) = student.clip_by_value([torch.tensor([-3.0, 0.5, 2.0])], 1.0)
    assert clipped.tolist() == [-1.0, 0.5, 1.0], f"yours is {clipped.tolist()}"


# %% [markdown]
# Here is what clipping does to your own gradients. Each of 300 short sequences is read by a
# network whose matrix is a little too large. Most gradients are of ordinary length; the long tail
# on the right is what makes training jump.

# %%
torch.manual_seed(0)
H, I, limit = 8, 4, 40.0  # noqa: E741
W_ih, W_hh = torch.randn(H, I) / 8, with_largest_singular_value(torch.randn(H, H), 2.2)
before, after = [], []
for _ in range(300):
    x, h_0 = torch.randn(1, 15, I), torch.zeros(1, H)
    out = rnn_forward(x, h_0, W_ih, W_hh, torch.zeros(H))
    _, _, *shared = rnn_backward(torch.randn_like(out), h_0, x, h_0, out, W_ih, W_hh)
    clipped, norm = clip_by_norm(shared, limit)
    before.append(float(norm))
    after.append(float(clip_by_norm(clipped, limit)[1]))

figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
bins = torch.linspace(0, max(before), 40).tolist()
axes.hist(before, bins, alpha=0.5, label="before")
axes.hist(after, bins, alpha=0.5, label="after")
axes.set(xlabel="norm of the gradient for all parameters", ylabel="sequences", yscale="log")
axes.legend()
plt.show()

# %% [markdown]
# ## 7. Truncated backpropagation through time
#
# To go back through a sequence you must keep all of its states. For a text of a million characters
# nobody can. So cut the sequence into chunks of $k$ steps, and train on one after the other
# ([Williams & Peng 1990](https://doi.org/10.1162/neco.1990.2.4.490)):
#
# * the **state is carried on**: the next chunk starts from the state in which this one ended, so
#   the network still knows of everything before;
# * the **gradient is cut**: the state is carried on as a plain number, without the graph that it
#   came from. `state.detach()` *returns* such a tensor; it does not change `state`.
#
# **If you forget to detach**, `backward()` of the second chunk wants to go on into the first,
# whose graph is gone: *"Trying to backward through the graph a second time"*. It is the question
# asked most often about recurrent networks. The error message proposes `retain_graph=True`. Do
# not: that keeps all graphs in memory, and goes back through weights that the optimizer has
# changed since.
#
# **If you forget to carry on**, and each chunk starts from zeros, you will see no error at all: the
# network merely forgets everything every $k$ steps.
#
# An LSTM has two states, `(h, c)`, and returns them as a tuple. Both have a graph.


# %% question="truncated_bptt"
def truncated_bptt(model, head, optimizer, x, y, k):
    """Train on one batch of long sequences, k steps at a time.

    model: model(x, state) returns (out, state), as nn.RNN and nn.LSTM do with batch_first=True. The
        state is None at the start of a sequence, then what the model has returned: one tensor, or
        a tuple of tensors. Call it once for each chunk.
    head: head(out) is the prediction for y.
    optimizer: holds the parameters of both. After each chunk it makes one step, along the gradient
        of the loss of this chunk alone.
    x: (B, T, I), y: (B, T, O). All of it is used: if k does not divide T, the last chunk is
        shorter.

    The loss of a chunk is the mean of (head(out) - y)² over its sequences, steps and features.

    Returns a list with the loss of each chunk, before the step that it led to. They are floats, or
    tensors without a graph.
    """
    # BEGIN SOLUTION
    losses, state = [], None
    for start in range(0, x.shape[1], k):
        chunk = slice(start, start + k)
        out, state = model(x[:, chunk], state)
        loss = ((head(out) - y[:, chunk]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if isinstance(state, tuple):
            state = tuple(part.detach() for part in state)
        else:
            state = state.detach()
    return losses
    # END SOLUTION


# %% tags=["check"]
class Summing(nn.Module):
    """A network of one number w: h' = w · h + x, and the output is h'."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(()))

    def forward(self, x, state=None):
        h, states = torch.zeros(len(x), 1) if state is None else state, []
        for x_t in x.unbind(dim=1):
            h = self.w * h + x_t
            states.append(h)
        return torch.stack(states, dim=1), h


def summed(student, T, k, lr):
    """Train it on T ones with a target of 0; return the losses and w."""
    model = Summing()
    optimizer = torch.optim.SGD(model.parameters(), lr)
    x = torch.ones(1, T, 1)
    losses = student.truncated_bptt(model, nn.Identity(), optimizer, x, torch.zeros(1, T, 1), k)
    return [round(float(loss), 4) for loss in losses], model.w.item()


def test_seven_steps_are_three_chunks_of_three(student):
    """With k = 3, seven steps are chunks of 3, 3 and 1; with k = 7 or 10 there is one."""
    for k, chunks in ((3, 3), (7, 1), (10, 1), (1, 7)):
        losses, _ = summed(student, 7, k, 0.0)
        assert len(losses) == chunks, f"with k = {k} there are {chunks} chunks, you have {losses}"


def test_the_state_is_carried_on(student):
    """With w = 1, the outputs are 1, 2, 3, 4: the chunks cost (1 + 4)/2 and (9 + 16)/2."""
    losses, _ = summed(student, 4, 2, 0.0)
    assert losses == [2.5, 12.5], f"yours cost {losses}"


def test_the_gradient_of_a_chunk_ends_where_it_starts(student):
    """The second chunk starts from the number 1: its output is w + 1, and w moves by 0.1 · 4."""
    _, w = summed(student, 2, 1, 0.1)
    # The output of chunk 1, w · 0 + 1, does not depend on w. The loss of chunk 2 is (w · 1 + 1)².
    assert abs(w - 0.6) < 1e-4, f"w should be 1 - 0.1 · 4 = 0.6, yours is {w:.4f}"


# %% [markdown]
# ## How far back can it learn?
#
# Nothing to write here. At every step a coin is thrown, and the network has to say how it fell
# eight steps before. A network that is trained with $k = 1$ or $k = 4$ carries its state on, but
# no gradient reaches from an answer back to the throw that it should have remembered. So it goes
# on guessing, at a loss of 1. With $k = 20$ it learns, though some throws lie beyond the cut even
# then: what it has learned to keep within a chunk, it also keeps across one.

# %%
delay, T = 8, 60
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
for k in (1, 4, 20):
    torch.manual_seed(0)
    model, head = nn.RNN(1, 24, batch_first=True), nn.Linear(24, 1)
    optimizer = torch.optim.Adam([*model.parameters(), *head.parameters()], lr=3e-3)
    losses = []
    for _ in range(60):
        x = 2.0 * torch.randint(0, 2, (16, T + delay, 1)) - 1
        chunks = truncated_bptt(model, head, optimizer, x[:, delay:], x[:, :-delay], k)
        losses.append(sum(float(loss) for loss in chunks) / len(chunks))
    axes.plot(losses, label=f"k = {k}")
axes.set(xlabel="batches", ylabel="loss", ylim=(0, None))
axes.legend()
plt.show()
