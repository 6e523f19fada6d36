"""One number, one pair, one step after the other."""

import math

import torch
from torch import nn


def log_likelihood(logits, ids, lengths):
    totals = []
    for b in range(len(logits)):
        total = logits.new_zeros(())
        for s in range(int(lengths[b])):
            row = logits[b, s]
            total = total + row[ids[b, s]] - torch.logsumexp(row, dim=0)
        totals.append(total)
    return torch.stack(totals)


def windows(x, tau):
    X, y = [], []
    for n in range(len(x) - tau):
        X.append(x[n : n + tau])
        y.append(x[n + tau])
    return torch.stack(X), torch.stack(y)


def fit_ar(x, tau):
    X, y = windows(x, tau)
    mean, target = X.mean(dim=0), y.mean()
    w = torch.linalg.lstsq(X - mean, (y - target)[:, None]).solution[:, 0]
    return w, target - mean @ w


def forecast(history, w, c, steps):
    known = [history[i] for i in range(len(history))]
    predictions = []
    for _ in range(steps):
        guess = c
        for k in range(len(w)):
            guess = guess + w[k] * known[len(known) - len(w) + k]
        known.append(guess)
        predictions.append(guess)
    return torch.stack(predictions)


def fit_markov(ids, V, alpha):
    counts = torch.full((V, V), float(alpha))
    for a, b in zip(ids.tolist(), ids.tolist()[1:], strict=False):
        counts[a, b] += 1
    for a in range(V):
        if counts[a].sum() == 0:
            counts[a] = 1
    return counts / counts.sum(dim=1, keepdim=True)


def sample_markov(P, first, length, generator):
    result = [first.tolist()]
    for _ in range(length - 1):
        row = [torch.multinomial(P[a], 1, generator=generator).item() for a in result[-1]]
        result.append(row)
    return torch.tensor(result).T


class LatentAR(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        k = 1 / math.sqrt(hidden_size)
        shapes = {
            "weight_ih": (hidden_size, input_size), "weight_hh": (hidden_size, hidden_size),
            "bias": (hidden_size,), "weight_ho": (input_size, hidden_size),
            "bias_o": (input_size,),
        }  # fmt: skip
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.rand(shape) * 2 * k - k))

    def step(self, x, h):
        return torch.tanh(self.weight_ih @ x + self.weight_hh @ h + self.bias)

    def forward(self, x):
        out = torch.zeros_like(x)
        for b in range(x.shape[0]):
            h = torch.zeros(len(self.bias), dtype=x.dtype)
            for t in range(x.shape[1]):
                out[b, t] = self.weight_ho @ h + self.bias_o
                h = self.step(x[b, t], h)
        return out
