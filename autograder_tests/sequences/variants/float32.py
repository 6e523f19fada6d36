"""float32 by name, as in many a notebook, where it is harmless."""

import torch
from torch import nn


def log_likelihood(logits, ids, lengths):
    logs = logits.float().log_softmax(dim=-1).gather(2, ids[..., None])[..., 0]
    total = torch.zeros(len(ids), dtype=torch.float32)
    for s in range(ids.shape[1]):
        total = total + torch.where(s < lengths, logs[:, s], torch.zeros(()))
    return total


def windows(x, tau):
    X = torch.zeros(len(x) - tau, tau, dtype=torch.float32)
    for n in range(len(x) - tau):
        X[n] = x[n : n + tau]
    return X, x[tau:].float()


def fit_ar(x, tau):
    X, y = windows(x, tau)
    A = torch.cat([X, torch.ones(len(X), 1).to(X)], dim=1).double()
    solution = torch.linalg.lstsq(A, y.double()[:, None]).solution[:, 0]
    return solution[:-1].float(), solution[-1].float()


def forecast(history, w, c, steps):
    known = history.to(torch.float32)
    w, c = w.to(torch.float32), c.to(torch.float32)
    for _ in range(steps):
        known = torch.cat([known, (known[len(known) - len(w) :] * w).sum().reshape(1) + c])
    return known[len(history) :]


def fit_markov(ids, V, alpha):
    counts = torch.bincount(ids[:-1] * V + ids[1:], minlength=V**2).view(V, V).float() + alpha
    rows = counts.sum(dim=1, keepdim=True)
    return torch.where(rows > 0, counts / rows, torch.tensor(1 / V))


def sample_markov(P, first, length, generator):
    P = P.float()
    ids = first.reshape(-1, 1)
    while ids.shape[1] < length:
        following = torch.multinomial(P[ids[:, -1]], num_samples=1, generator=generator)
        ids = torch.cat([ids, following], dim=1)
    return ids


class LatentAR(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(0.1 * torch.randn(hidden_size, input_size))
        self.weight_hh = nn.Parameter(0.1 * torch.randn(hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(hidden_size))
        self.weight_ho = nn.Parameter(0.1 * torch.randn(input_size, hidden_size))
        self.bias_o = nn.Parameter(torch.zeros(input_size))

    def forward(self, x):
        h = torch.zeros(x.size(0), self.hidden_size, dtype=torch.float32)
        out = []
        for t in range(x.size(1)):
            out.append(h @ self.weight_ho.T + self.bias_o)
            h = torch.tanh(x[:, t] @ self.weight_ih.T + h @ self.weight_hh.T + self.bias)
        return torch.stack(out, dim=1)
