"""A second witness for the oracles: everything number by number, gradients by hand, in numpy.

`grader verify` calls every test here on 1,000 draws. Each holds the solution, torch's or numpy's
own where there is something, and this file against each other; it shares no code with either.
"""

import math
from itertools import pairwise

import numpy as np
import torch
from torch import nn


def agree(what, *all_of_them, within=1e-11):
    """Require equal lists of arrays, to within rounding of float64."""
    arrays = [[np.asarray(x.detach() if torch.is_tensor(x) else x) for x in a] for a in all_of_them]
    for same in zip(*arrays, strict=True):
        for one, other in pairwise(same):
            assert one.shape == other.shape, f"{what}: {one.shape} is not {other.shape}"
            off = np.abs(one - other).max()
            assert off <= within * (1 + np.abs(other).max()), f"{what}: {off:.1e} off"


def test_log_likelihood(student, draw):
    """Chances symbol by symbol, and the gradient of the logarithm of each."""
    B, T, V = draw.integers(1, 5, 3).tolist()
    logits, ids = draw(B, T, V).requires_grad_(), draw.integers(0, V, B, T)
    lengths, due = draw.integers(1, T + 1, B), draw(B)
    found = student.log_likelihood(logits, ids, lengths)
    sums, gradient = np.zeros(B), np.zeros((B, T, V))
    for b in range(B):
        for s in range(int(lengths[b])):
            weights = [math.exp(float(logit)) for logit in logits[b, s].detach()]
            chances = [weight / sum(weights) for weight in weights]
            sums[b] += math.log(chances[ids[b, s]])
            for v in range(V):
                gradient[b, s, v] = float(due[b]) * (float(v == ids[b, s]) - chances[v])
    agree("log-likelihood", [found, *torch.autograd.grad(found, logits, due)], [sums, gradient])


def test_windows(student, draw):
    """Windows cut by numpy, and by hand."""
    (N,) = draw.integers(2, 9, 1).tolist()
    tau = 1 + int(draw.integers(0, N - 1, 1))
    x = draw(N)
    numpys = np.lib.stride_tricks.sliding_window_view(x.numpy(), tau)[:-1]
    rows = [[float(x[n + k]) for k in range(tau)] for n in range(N - tau)]
    after = np.array([float(x[n + tau]) for n in range(N - tau)])
    agree("windows", student.windows(x, tau), [numpys, x.numpy()[tau:]], [np.array(rows), after])


def test_fit(student, draw):
    """The normal equations, in centred form, and what is left over."""
    (tau,) = draw.integers(1, 4, 1).tolist()
    x = draw(30) + 2
    w, c = student.fit_ar(x, tau)
    numbers = x.tolist()
    X = np.array([numbers[n : n + tau] for n in range(30 - tau)])
    y = np.array(numbers[tau:])
    centre, middle = X.mean(axis=0), y.mean()
    by_hand = np.linalg.solve((X - centre).T @ (X - centre), (X - centre).T @ (y - middle))
    numpys = np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), y, rcond=None)[0]
    constant = middle - centre @ by_hand
    agree("fit", [w, c], [by_hand, constant], [numpys[:-1], numpys[-1]], within=1e-9)
    rest = y - X @ w.numpy() - float(c)
    agree("what is left", [rest @ X, rest.sum()], [np.zeros(tau), 0.0], within=1e-9)


def test_forecast(student, draw):
    """Predictions one by one, and their gradients by going back through them."""
    tau, steps = draw.integers(1, 4, 2).tolist()
    history, w = draw(tau + 1).requires_grad_(), draw(tau).requires_grad_()
    c, due = draw().requires_grad_(), draw(steps)
    found = student.forecast(history, w, c, steps)
    gradients = torch.autograd.grad(found, [history, w, c], due)
    known, weights = history.tolist(), w.tolist()
    for _ in range(steps):
        place = len(known) - tau
        known.append(c.item() + sum(weights[k] * known[place + k] for k in range(tau)))
    back = [0.0] * (tau + 1) + due.tolist()
    for_w, for_c = np.zeros(tau), 0.0
    for n in reversed(range(tau + 1, len(known))):
        for_c += back[n]
        for k in range(tau):
            for_w[k] += back[n] * known[n - tau + k]
            back[n - tau + k] += back[n] * weights[k]
    due_gradients = [np.array(back[: tau + 1]), for_w, np.array(for_c)]
    agree("forecast", [found, *gradients], [np.array(known[tau + 1 :]), *due_gradients])


def test_markov(student, draw):
    """Pairs counted in a dictionary."""
    V, N = draw.integers(1, 6, 2).tolist()
    ids, alpha = draw.integers(0, V, N), float(draw.integers(0, 2, 1)) * 0.5
    counts = {}
    for pair in pairwise(ids.tolist()):
        counts[pair] = counts.get(pair, 0) + 1
    table = np.empty((V, V))
    for a in range(V):
        whole = sum(counts.get((a, b), 0) + alpha for b in range(V))
        for b in range(V):
            table[a, b] = (counts.get((a, b), 0) + alpha) / whole if whole else 1 / V
    agree("table", [student.fit_markov(ids, V, alpha)], [table])


def test_sampling(student, draw):
    """Where all is certain, the sequence is; elsewhere, only what has a chance comes."""
    V, length = draw.integers(1, 6, 2).tolist()
    order, first = draw(V).argsort(), draw.integers(0, V, 4)
    generator = torch.Generator().manual_seed(int(draw.integers(0, 1000, 1)))
    ids = student.sample_markov(torch.eye(V)[order], first, length, generator)
    for row, symbol in zip(ids.tolist(), first.tolist(), strict=True):
        for found in row:
            assert found == symbol
            symbol = int(order[symbol])
    P = torch.eye(V)[order] + torch.eye(V)
    ids = student.sample_markov(P / 2, first, length, generator)
    for row in ids.tolist():
        assert all(b in (a, int(order[a])) for a, b in pairwise(row))


def test_latent(student, draw):
    """Predictions and gradients, back through all steps."""
    B, T, I, H = draw.integers(1, 5, 4).tolist()  # noqa: E741 (the letters that students read)
    model, x, due = draw.fill(student.LatentAR(I, H)), draw(B, T, I).requires_grad_(), draw(B, T, I)
    names = ("weight_ih", "weight_hh", "bias", "weight_ho", "bias_o")
    found = model(x)
    gradients = torch.autograd.grad(
        found, [x, *(getattr(model, n) for n in names)], due, allow_unused=True
    )
    gradients = [torch.zeros_like(t) if g is None else g for g, t in zip(
        gradients, [x, *(getattr(model, n) for n in names)], strict=True)]  # fmt: skip
    W, U, b, V, o = (getattr(model, name).detach().numpy() for name in names)
    inputs, dues = x.detach().numpy(), due.numpy()
    states, predictions = [np.zeros((B, H))], np.empty((B, T, I))
    for t in range(T):
        predictions[:, t] = states[t] @ V.T + o
        states.append(np.tanh(inputs[:, t] @ W.T + states[t] @ U.T + b))
    for_x, back = np.zeros_like(inputs), np.zeros((B, H))
    sums = [np.zeros_like(p) for p in (W, U, b, V, o)]
    for t in reversed(range(T)):
        z = back * (1 - states[t + 1] ** 2)  # what comes back through the update after step t
        for_x[:, t] = z @ W
        for total, more in zip(
            sums,
            (
                z.T @ inputs[:, t],
                z.T @ states[t],
                z.sum(0),
                dues[:, t].T @ states[t],
                dues[:, t].sum(0),
            ),
            strict=True,
        ):
            total += more
        back = z @ U + dues[:, t] @ V
    agree("latent", [found, *gradients], [predictions, for_x, *sums])


def test_torchs_own_recurrent_layer(student, draw):
    """Behind the first prediction, the states are those of nn.RNN, one step late."""
    model, x = draw.fill(student.LatentAR(2, 3)), draw(2, 5, 2)
    torchs = nn.RNN(2, 3, batch_first=True)
    with torch.no_grad():
        torchs.weight_ih_l0.copy_(model.weight_ih)
        torchs.weight_hh_l0.copy_(model.weight_hh)
        torchs.bias_ih_l0.copy_(model.bias)
        torchs.bias_hh_l0.zero_()
        states, _ = torchs(x)
        due = states[:, :-1] @ model.weight_ho.T + model.bias_o
        agree("states", [model(x)[:, 1:]], [due])
