"""A second witness for the oracle: the way back through time in numpy, number by number.

`grader verify` calls every test here on 1,000 draws. Each holds three implementations against each
other: the solution, torch's own differentiation and, independent of both, this file.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import nn


def read(x, h, weight_ih, weight_hh, bias):
    """Return the states (T + 1, B, H) before, between and after all steps."""
    states = [h]
    for t in range(x.shape[1]):
        states.append(np.tanh(x[:, t] @ weight_ih.T + states[-1] @ weight_hh.T + bias))
    return np.stack(states)


def read_back(x, states, weight_ih, weight_hh, for_out, for_last):
    """Return the gradients for x, the first state, both matrices and the bias."""
    B, T, I = x.shape  # noqa: E741 (the letter that students read)
    H = len(weight_hh)
    for_x, for_ih, for_hh = np.zeros_like(x), np.zeros((H, I)), np.zeros((H, H))
    for_bias, carried = np.zeros(H), for_last.copy()
    for t in reversed(range(T)):
        arriving, carried = carried + for_out[:, t], np.zeros((B, H))
        for b, j in np.ndindex(B, H):
            for_z = arriving[b, j] * (1 - states[t + 1, b, j] ** 2)
            for_x[b, t] += for_z * weight_ih[j]
            carried[b] += for_z * weight_hh[j]
            for_ih[j] += for_z * x[b, t]
            for_hh[j] += for_z * states[t, b]
            for_bias[j] += for_z
    return for_x, carried, for_ih, for_hh, for_bias


def agree(what, *all_of_them):
    """Require equal lists of arrays, to within rounding of float64."""
    arrays = [[np.asarray(x.detach() if torch.is_tensor(x) else x) for x in a] for a in all_of_them]
    for same in zip(*arrays, strict=True):
        for one, other in pairwise(same):
            assert one.shape == other.shape, f"{what}: {one.shape} is not {other.shape}"
            off = np.abs(one - other).max()
            assert off <= 1e-11 * (1 + np.abs(other).max()), f"{what}: {off:.1e} off"


def drawn(draw, most_steps):
    """Draw a sequence, the first state and the parameters, ready to be differentiated."""
    B, T, I, H = draw.integers(1, 5, 4).tolist()  # noqa: E741
    T = 1 + T % most_steps
    shapes = ((B, T, I), (B, H), (H, I), (H, H), (H,))
    return [draw(*shape, scale=0.7).requires_grad_() for shape in shapes]


def forward(x, h, weight_ih, weight_hh, bias):
    """Read a sequence with torch's own operator."""
    zeros = torch.zeros_like(bias)
    states = []
    for x_t in x.unbind(1):
        h = torch.rnn_tanh_cell(x_t, h, weight_ih, weight_hh, bias, zeros)
        states.append(h)
    return torch.stack(states, dim=1)


def test_one_step(student, draw):
    """All gradients of one step."""
    leaves = x, h, weight_ih, weight_hh, _ = drawn(draw, 1)
    out = forward(*leaves)
    due = draw(*h.shape)
    torchs = list(torch.autograd.grad(out[:, 0], leaves, due))
    with torch.no_grad():
        own = list(student.step_backward(due, x[:, 0], h, out[:, 0], weight_ih, weight_hh))
    own[0] = own[0].unsqueeze(1)
    x, h, weight_ih, weight_hh, bias = (leaf.detach().numpy() for leaf in leaves)
    states = read(x, h, weight_ih, weight_hh, bias)
    nothing = np.zeros((len(x), 1, len(bias)))
    agree(
        "gradients", own, torchs, read_back(x, states, weight_ih, weight_hh, nothing, due.numpy())
    )


def test_a_sequence(student, draw):
    """All gradients of a sequence, back through time."""
    leaves = x, h_0, weight_ih, weight_hh, _ = drawn(draw, 5)
    out = forward(*leaves)
    dout, dh_n = draw(*out.shape), draw(*h_0.shape)
    torchs = torch.autograd.grad((out * dout).sum() + (out[:, -1] * dh_n).sum(), leaves)
    with torch.no_grad():
        own = student.rnn_backward(dout, dh_n, x, h_0, out, weight_ih, weight_hh)
    x, h_0, weight_ih, weight_hh, bias = (leaf.detach().numpy() for leaf in leaves)
    states = read(x, h_0, weight_ih, weight_hh, bias)
    found = read_back(x, states, weight_ih, weight_hh, dout.numpy(), dh_n.numpy())
    agree("gradients", own, torchs, found)


def test_a_jacobian(student, draw):
    """The derivatives of a step, entry by entry."""
    B, H = draw.integers(1, 6, 2).tolist()
    weight_hh, h = draw(H, H), draw(H)
    h_next = torch.tanh(draw(B, H))
    by_hand = np.empty((B, H, H))
    for b, j, k in np.ndindex(by_hand.shape):
        by_hand[b, j, k] = (1 - float(h_next[b, j]) ** 2) * float(weight_hh[j, k])
    rest = torch.atanh(h_next) - h @ weight_hh.T
    torchs = [
        torch.autograd.functional.jacobian(lambda h, n=n: torch.tanh(h @ weight_hh.T + rest[n]), h)
        for n in range(B)
    ]
    agree("J", [student.step_jacobian(h_next, weight_hh)], [torch.stack(torchs)], [by_hand])


def test_norms(student, draw):
    """How far a small push at each step arrives, along the direction that arrives farthest."""
    T, H = draw.integers(1, 5, 2).tolist()
    weight_hh, out = draw(H, H), torch.tanh(draw(T, H))
    found, due = student.jacobian_norms(out, weight_hh).numpy(), []
    for t in range(T):
        product = np.eye(H)
        for h in out[t + 1 :].numpy():
            product = np.diag(1 - h**2) @ weight_hh.numpy() @ product
        due.append(np.sqrt(np.linalg.eigvalsh(product.T @ product).max(initial=0)))
    assert np.allclose(found, due, rtol=1e-9, atol=1e-12), "norms"


def test_sizes_of_matrices(student, draw):
    """The largest singular value afterwards, and the ratios of entries."""
    m, n = draw.integers(1, 6, 2).tolist()
    W, s = draw(m, n), 0.1 + float(draw(1).abs())
    scaled = student.with_largest_singular_value(W, s).numpy()
    assert np.isclose(np.linalg.svd(scaled, compute_uv=False)[0], s, rtol=1e-9), "size"
    agree("ratios", [scaled * W[0, 0].item()], [W.numpy() * scaled[0, 0]])


def test_clipping(student, draw):
    """Clipped by norm and by value, beside torch's own."""
    shapes = ((2, 3), (4,), (1, 1, 2))
    scale = float(draw(1).abs()) + 0.01
    grads = [draw(*shape, scale=scale) for shape in shapes]
    norm = np.sqrt(sum((g.numpy() ** 2).sum() for g in grads))
    by_hand = [g.numpy() * min(1, 1 / norm) for g in grads]
    parameters = [nn.Parameter(torch.zeros(*shape)) for shape in shapes]
    for parameter, gradient in zip(parameters, grads, strict=True):
        parameter.grad = gradient.clone()
    nn.utils.clip_grad_norm_(parameters, 1.0)  # it divides by norm + 1e-6
    clipped, found = student.clip_by_norm(grads, 1.0)
    agree("clipped by norm", [*clipped, found], [*by_hand, norm])
    torchs = [p.grad.numpy() * (1 + 1e-6 / norm if norm > 1 else 1) for p in parameters]
    assert all(np.allclose(a, b, rtol=1e-5) for a, b in zip(torchs, by_hand, strict=True))
    by_value = [np.minimum(np.maximum(g.numpy(), -0.5), 0.5) for g in grads]
    agree("clipped by value", student.clip_by_value(grads, 0.5), by_value)


def test_truncated(student, draw):
    """The losses and parameters of chunks, with gradients by hand."""
    B, T, I, H, k = draw.integers(1, 5, 5).tolist()  # noqa: E741
    x, y, lr = draw(B, T, I), draw(B, T, 1), 0.1
    model, head = nn.RNN(I, H, batch_first=True), nn.Linear(H, 1)
    learning = [*draw.fill(model).parameters(), *draw.fill(head).parameters()]
    ih, hh, bias_ih, bias_hh, weight, bias = (p.detach().numpy().copy() for p in learning)
    losses, h = [], np.zeros((B, H))
    for start in range(0, T, k):
        x_k, y_k = x[:, start : start + k].numpy(), y[:, start : start + k].numpy()
        states = read(x_k, h, ih, hh, bias_ih + bias_hh)
        out = states[1:].transpose(1, 0, 2)
        error = out @ weight.T + bias - y_k
        losses.append((error**2).mean())
        for_error = 2 * error / error.size
        nothing = np.zeros((B, H))
        _, _, *found = read_back(x_k, states, ih, hh, for_error @ weight, nothing)
        for_weight = np.einsum("bto,bth->oh", for_error, out)
        dues = (found[0], found[1], found[2], found[2], for_weight, for_error.sum((0, 1)))
        parameters = (ih, hh, bias_ih, bias_hh, weight, bias)
        ih, hh, bias_ih, bias_hh, weight, bias = (
            p - lr * due for p, due in zip(parameters, dues, strict=True)
        )
        h = states[-1]
    own = student.truncated_bptt(model, head, torch.optim.SGD(learning, lr), x, y, k)
    agree("losses", [torch.tensor(own)], [np.array(losses)])
    agree("parameters", learning, (ih, hh, bias_ih, bias_hh, weight, bias))
