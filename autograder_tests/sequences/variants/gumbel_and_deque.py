"""Gumbel noise for drawing, a deque for the window, index_put_ for counting."""

from collections import deque

import torch
from torch import nn


def log_likelihood(logits, ids, lengths):
    loss = nn.functional.cross_entropy(logits.transpose(1, 2), ids, reduction="none")  # (B, T)
    behind = torch.arange(ids.shape[1])[None] >= lengths[:, None]
    return -loss.masked_fill(behind, 0.0).sum(1)


def windows(x, tau):
    columns = [x[k : len(x) - tau + k] for k in range(tau)]
    return torch.column_stack(columns), x[tau:]


def fit_ar(x, tau):
    X, y = windows(x, tau)
    A = nn.functional.pad(X, (0, 1), value=1.0)
    solution = torch.linalg.solve(A.T @ A, A.T @ y)
    return solution[:tau], solution[tau]


def forecast(history, w, c, steps):
    window = deque(history[len(history) - len(w) :], maxlen=len(w))
    out = []
    for _ in range(steps):
        out.append(torch.dot(torch.stack(tuple(window)), w) + c)
        window.append(out[-1])
    return torch.stack(out)


def fit_markov(ids, V, alpha):
    counts = torch.zeros(V, V)
    ones = torch.ones(max(len(ids) - 1, 0))
    counts.index_put_((ids[:-1], ids[1:]), ones, accumulate=True)
    P = (counts + alpha) / (counts + alpha).sum(1, keepdim=True)
    return P.nan_to_num(1 / V)


def sample_markov(P, first, length, generator):
    ids = [first]
    for _ in range(1, length):
        u = torch.rand(len(first), P.shape[1], generator=generator, dtype=P.dtype)
        noise = -torch.log(-torch.log(u))
        ids.append((P[ids[-1]].log() + noise).argmax(dim=1))
    return torch.stack(ids, 1)


class LatentAR(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        ih, hh = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)
        out = nn.Linear(hidden_size, input_size)
        self.weight_ih, self.bias = ih.weight, ih.bias
        self.weight_hh = hh.weight
        self.weight_ho, self.bias_o = out.weight, out.bias

    def forward(self, x):
        h, outputs = torch.zeros(x.shape[0], self.weight_hh.shape[0], dtype=x.dtype), []
        linear = nn.functional.linear
        for t in range(x.shape[1]):
            if t:
                h = torch.tanh(linear(x[:, t - 1], self.weight_ih, self.bias)
                               + linear(h, self.weight_hh))  # fmt: skip
            outputs.append(linear(h, self.weight_ho, self.bias_o).unsqueeze(1))
        return torch.cat(outputs, 1)
