"""numpy where no gradient is asked for, and lists."""

import numpy as np
import torch
from torch import nn


def log_likelihood(logits, ids, lengths):
    each = logits.log_softmax(-1).unbind(0)
    picked = [
        row[torch.arange(int(n)), s[: int(n)]] for row, s, n in zip(each, ids, lengths, strict=True)
    ]
    return torch.stack([logs.sum() for logs in picked])


def windows(x, tau):
    stacked = torch.stack([x.roll(-k) for k in range(tau)], dim=-1)
    return stacked[: len(x) - tau], x.roll(-tau)[: len(x) - tau]


def fit_ar(x, tau):
    X, y = (t.detach().cpu().numpy() for t in windows(x, tau))
    A = np.concatenate([X, np.ones((len(X), 1))], axis=1)
    solution, *_ = np.linalg.lstsq(A, y, rcond=None)
    return torch.from_numpy(solution[:-1].copy()), float(solution[-1])


def forecast(history, w, c, steps):
    if steps == 0:
        return history[:0]
    window = history[len(history) - len(w) :]
    first = (window * w).sum().add(c).reshape(1)
    return torch.cat([first, forecast(torch.cat([window, first]), w, c, steps - 1)])


def fit_markov(ids, V, alpha):
    ids = ids.numpy()
    counts = np.full((V, V), alpha, dtype=float)
    np.add.at(counts, (ids[:-1], ids[1:]), 1)
    rows = counts.sum(axis=1, keepdims=True)
    P = np.divide(counts, rows, out=np.full_like(counts, 1 / V), where=rows > 0)
    return torch.from_numpy(P)


def sample_markov(P, first, length, generator):
    steps = [first.clone()]
    for _ in range(length - 1):
        exponential = torch.empty(len(first), len(P), dtype=P.dtype)
        exponential.exponential_(generator=generator)
        steps.append((P[steps[-1]] / exponential).argmax(dim=-1))
    return torch.stack(steps).T


class LatentAR(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        for name, shape in (
            ("weight_ih", (hidden_size, input_size)), ("weight_hh", (hidden_size,) * 2),
            ("bias", (hidden_size,)), ("weight_ho", (input_size, hidden_size)),
            ("bias_o", (input_size,)),
        ):  # fmt: skip
            setattr(self, name, nn.Parameter(nn.init.uniform_(torch.empty(shape), -0.3, 0.3)))

    def forward(self, x):
        shifted = torch.cat([torch.zeros_like(x[:, :1]), x[:, :-1]], dim=1)
        h, states = None, []
        for x_t in shifted.transpose(0, 1):
            if h is None:
                h = torch.zeros(len(x), len(self.bias), dtype=x.dtype)
            else:
                h = (x_t @ self.weight_ih.mT + h @ self.weight_hh.mT + self.bias).tanh()
            states.append(h)
        return torch.stack(states, dim=1) @ self.weight_ho.mT + self.bias_o
