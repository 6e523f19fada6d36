"""A second witness for the oracles: everything in numpy, in loops, with gradients by hand.

`grader verify` calls every test here on 1,000 draws. Each holds the solution, torch's own operators
where there are some, and this file against each other; it shares no code with either.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

SLOPES = {  # an activation and its derivative, given what it has returned
    "tanh": (np.tanh, lambda y: 1 - y**2),
    "relu": (lambda z: np.maximum(z, 0), lambda y: (y > 0).astype(float)),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda y: y * (1 - y)),
}


def agree(what, *all_of_them):
    """Require equal lists of arrays, to within rounding of float64."""
    arrays = [[np.asarray(x.detach() if torch.is_tensor(x) else x) for x in a] for a in all_of_them]
    for same in zip(*arrays, strict=True):
        for one, other in pairwise(same):
            assert one.shape == other.shape, f"{what}: {one.shape} is not {other.shape}"
            off = np.abs(one - other).max()
            assert off <= 1e-11 * (1 + np.abs(other).max()), f"{what}: {off:.1e} off"


def leaves(*tensors):
    return [tensor.clone().requires_grad_() for tensor in tensors]


def arrays(tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation):
    """Do one step, number by number."""
    new = np.empty_like(h)
    for b, j in np.ndindex(h.shape):
        z = bias_ih[j] + bias_hh[j]
        for i in range(x.shape[1]):
            z += weight_ih[j, i] * x[b, i]
        for k in range(h.shape[1]):
            z += weight_hh[j, k] * h[b, k]
        new[b, j] = SLOPES[activation][0](z)
    return new


def step_back(for_new, x, h, new, weight_ih, weight_hh, activation):
    """Return the gradients for all that a step is given."""
    for_z = for_new * SLOPES[activation][1](new)
    bias = for_z.sum(axis=0)
    return for_z @ weight_ih, for_z @ weight_hh, for_z.T @ x, for_z.T @ h, bias, bias


def test_step(student, draw):
    """One step and its gradients, for each activation."""
    B, I, H = draw.integers(1, 6, 3).tolist()  # noqa: E741 (the letter that students read)
    drawn = draw(B, I), draw(B, H), draw(H, I), draw(H, H), draw(H), draw(H)
    due = draw(B, H)
    for activation in SLOPES:
        given = leaves(*drawn)
        found = student.rnn_step(*given, activation=activation)
        gradients = torch.autograd.grad(found, given, due)
        new = step(*arrays(drawn), activation)
        x, h, weight_ih, weight_hh, *_ = arrays(drawn)
        back = step_back(due.numpy(), x, h, new, weight_ih, weight_hh, activation)
        agree(activation, [found, *gradients], [new, *back])


def test_network(student, draw):
    """Outputs, last states and all gradients, back through time and layers."""
    B, T, I, H = draw.integers(1, 5, 4).tolist()  # noqa: E741
    L = 1 + T % 3
    activation = ("tanh", "relu")[B % 2]
    drawn, dues = [draw(B, T, I), draw(L, B, H)], [draw(B, T, H), draw(L, B, H)]
    torchs = draw.fill(nn.RNN(I, H, L, activation, batch_first=True))
    own = student.RNN(I, H, L, activation)
    own.load_state_dict(torchs.state_dict())
    names = [name for name, _ in torchs.named_parameters()]
    found = []
    for module in (own, torchs):
        x, h_0 = leaves(*drawn)
        results = module(x, h_0)
        wanted = [x, h_0, *(module.get_parameter(name) for name in names)]
        found.append([*results, *torch.autograd.grad(results, wanted, dues)])
    by_hand = network(*arrays(drawn), arrays(torchs.parameters()), *arrays(dues), activation)
    agree("network", *found, by_hand)


def network(x, h_0, parameters, for_out, for_last, activation):
    """Return out, h_n and the gradients for x, h_0 and all parameters."""
    layers = [parameters[4 * k : 4 * k + 4] for k in range(len(h_0))]
    inputs, states = [x], []
    for h, layer in zip(h_0, layers, strict=True):
        passed = [h]
        for t in range(x.shape[1]):
            passed.append(step(inputs[-1][:, t], passed[-1], *layer, activation))
        states.append(passed)
        inputs.append(np.stack(passed[1:], axis=1))
    for_x, firsts, found = for_out, [], []
    for k in reversed(range(len(layers))):
        gradients = [np.zeros_like(p) for p in layers[k]]
        for_h, for_input = for_last[k], np.zeros_like(inputs[k])
        for t in reversed(range(x.shape[1])):
            given = inputs[k][:, t], states[k][t], states[k][t + 1], *layers[k][:2]
            back = step_back(for_h + for_x[:, t], *given, activation)
            for_input[:, t], for_h = back[:2]
            for gradient, more in zip(gradients, back[2:], strict=True):
                gradient += more
        for_x = for_input
        firsts.insert(0, for_h)
        found = gradients + found
    last = np.stack([passed[-1] for passed in states])
    return [inputs[-1], last, for_x, np.stack(firsts), *found]


def test_collapse(student, draw):
    """The matrix, block by block by powers, and what it makes of an input."""
    H, I, T = draw.integers(1, 6, 3).tolist()  # noqa: E741
    weight_ih, weight_hh, x = draw(H, I), draw(H, H), draw(T, I)
    M = student.collapse(weight_ih, weight_hh, T)
    W_ih, W_hh = weight_ih.numpy(), weight_hh.numpy()
    blocks = [np.linalg.matrix_power(W_hh, T - 1 - t) @ W_ih for t in range(T)]
    h = np.zeros(H)
    for row in x.numpy():
        h = W_ih @ row + W_hh @ h
    agree("collapse", [M, M @ x.flatten()], [np.hstack(blocks), h])


def test_many_to_one(student, draw):
    """The last real output, and where its gradient goes."""
    B, T, H = draw.integers(1, 6, 3).tolist()
    (out,), lengths, due = leaves(draw(B, T, H)), draw.lengths(B, T), draw(B, H)
    last = student.many_to_one(out, lengths)
    values, gradient = np.empty((B, H)), np.zeros((B, T, H))
    for b, n in enumerate(lengths.tolist()):
        values[b] = out[b, n - 1].detach()
        gradient[b, n - 1] = due[b]
    agree("many to one", [last, *torch.autograd.grad(last, out, due)], [values, gradient])


def test_one_to_many(student, draw):
    """What a network says whose logits are a table, counted by hand."""
    B, V, length = draw.integers(1, 6, 3).tolist()
    table, weight, h = draw(V, V), draw(1, V), draw(B, 1)
    first = draw.integers(0, V, B)
    said = student.one_to_many(lambda s, h: (table[s] + h * weight, 0.5 * h), h, first, length)
    for b in range(B):
        symbol, state = int(first[b]), float(h[b])
        for n in range(length):
            logits = [float(table[symbol, v]) + state * float(weight[0, v]) for v in range(V)]
            symbol, state = logits.index(max(logits)), 0.5 * state
            assert int(said[b, n]) == symbol, f"sequence {b} says another symbol at {n}"


def test_loss(student, draw):
    """The loss and its gradient, from probabilities, one step after the other."""
    B, T, C = draw.integers(1, 6, 3).tolist()
    (logits,), targets, lengths = (
        leaves(draw(B, T, C)),
        draw.integers(0, C, B, T),
        draw.lengths(B, T),
    )
    loss = student.many_to_many_loss(logits, targets, lengths)
    total, gradient = 0.0, np.zeros((B, T, C))
    for b, n in enumerate(lengths.tolist()):
        for t in range(n):
            chances = np.exp(logits[b, t].detach().numpy())
            chances /= chances.sum()
            total -= np.log(chances[targets[b, t]])
            gradient[b, t] = (chances - np.eye(C)[targets[b, t]]) / B
    agree("loss", [loss, *torch.autograd.grad(loss, logits)], [total / B, gradient])
