"""einsum, as_strided and one-hot products."""

import torch
import torch.nn.functional as F
from torch import nn


def log_likelihood(logits, ids, lengths):
    B, T, V = logits.shape
    logs = F.log_softmax(logits, dim=2)
    inside = torch.arange(T, device=logits.device).expand(B, T) < lengths[:, None]
    marked = F.one_hot(ids, V).bool() & inside.unsqueeze(-1)
    return logs.masked_fill(~marked, 0).sum(dim=(1, 2))


def windows(x, tau):
    n, stride = x.shape[0] - tau, x.stride(0)
    return x.as_strided((n, tau), (stride, stride)), x[tau:]


def fit_ar(x, tau):
    X, y = windows(x, tau)
    A = torch.hstack([torch.ones_like(y)[:, None], X])
    solution = torch.linalg.pinv(A) @ y
    return solution[1:], solution[0]


def forecast(history, w, c, steps):
    tau, known = w.shape[0], history
    for _ in range(steps):
        known = torch.cat([known, (torch.einsum("k,k->", known[-tau:], w) + c)[None]])
    return known[-steps:]


def fit_markov(ids, V, alpha):
    one_hot = F.one_hot(ids, V).to(torch.get_default_dtype())
    counts = torch.einsum("na,nb->ab", one_hot[:-1], one_hot[1:]) + alpha
    rows = counts.sum(dim=1, keepdim=True)
    return torch.where(rows == 0, torch.full_like(counts, 1.0 / V), counts / rows.clamp(min=1e-300))


def sample_markov(P, first, length, generator):
    cumulative = P.cumsum(dim=1)
    ids = first.new_empty(len(first), length)
    ids[:, 0] = first
    for t in range(1, length):
        u = torch.rand(len(first), 1, generator=generator, dtype=P.dtype)
        rows = cumulative[ids[:, t - 1]]
        ids[:, t] = torch.searchsorted(rows, u * rows[:, -1:], right=True).squeeze(1)
    return ids


class LatentAR(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.weight_ih = nn.Parameter(torch.randn(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(hidden_size))
        self.weight_ho = nn.Parameter(torch.randn(input_size, hidden_size))
        self.bias_o = nn.Parameter(torch.zeros(input_size))

    def forward(self, x):
        ahead = torch.einsum("bti,hi->bth", x, self.weight_ih) + self.bias
        states = [torch.zeros_like(ahead[:, 0])]
        for t in range(x.shape[1] - 1):
            more = torch.einsum("bk,hk->bh", states[-1], self.weight_hh)
            states.append(torch.tanh(ahead[:, t] + more))
        return torch.einsum("bth,ih->bti", torch.stack(states, 1), self.weight_ho) + self.bias_o
