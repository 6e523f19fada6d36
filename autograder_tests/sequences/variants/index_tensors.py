"""Places computed as tensors, and looked up all at once."""

import torch
from torch import nn


def log_likelihood(logits, ids, lengths):
    B, T, _ = logits.shape
    logs = logits - logits.logsumexp(dim=-1, keepdim=True)
    chosen = logs[torch.arange(B)[:, None], torch.arange(T)[None], ids]
    sums = torch.cumsum(chosen, dim=1)
    return sums[torch.arange(B), lengths - 1]


def windows(x, tau):
    places = torch.arange(len(x) - tau).unsqueeze(1) + torch.arange(tau)
    return x[places], x[torch.arange(tau, len(x))]


def fit_ar(x, tau):
    X, y = windows(x, tau)
    A = torch.cat([X, torch.ones(len(X), 1, dtype=x.dtype)], dim=1)
    Q, R = torch.linalg.qr(A)
    solution = torch.linalg.solve_triangular(R, (Q.T @ y).unsqueeze(1), upper=True).flatten()
    return solution[:-1], solution[-1].reshape(())


def forecast(history, w, c, steps):
    tau = len(w)
    buffer = torch.cat([history[len(history) - tau :], history.new_zeros(steps)])
    for t in range(steps):
        place = torch.arange(len(buffer)) == tau + t
        buffer = torch.where(place, (buffer[t : t + tau] * w).sum() + c, buffer)
    return buffer[tau:]


def fit_markov(ids, V, alpha):
    counts = torch.zeros(V * V, dtype=torch.float64)
    counts.index_add_(0, ids[:-1] * V + ids[1:], torch.ones(len(ids) - 1, dtype=torch.float64))
    counts = counts.view(V, V) + alpha
    empty = counts.sum(1) == 0
    counts[empty] = 1.0
    return counts / counts.sum(1, keepdim=True)


def sample_markov(P, first, length, generator):
    u = torch.rand(length, len(first), generator=generator, dtype=torch.float64)
    upper = P.double().cumsum(dim=1)
    upper = upper / upper[:, -1:]
    ids = torch.zeros(len(first), length, dtype=torch.long)
    ids[:, 0] = first
    for t in range(1, length):
        ids[:, t] = (u[t].unsqueeze(1) >= upper[ids[:, t - 1]]).sum(dim=1)
    return ids


class LatentAR(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        H = hidden_size
        self.weight_ih = nn.Parameter(torch.empty(H, input_size).uniform_(-(H**-0.5), H**-0.5))
        self.weight_hh = nn.Parameter(torch.empty(H, H).uniform_(-(H**-0.5), H**-0.5))
        self.bias = nn.Parameter(torch.zeros(H))
        self.weight_ho = nn.Parameter(torch.empty(input_size, H).uniform_(-(H**-0.5), H**-0.5))
        self.bias_o = nn.Parameter(torch.zeros(input_size))

    def forward(self, x):
        B, T, _ = x.shape
        W = torch.cat([self.weight_ih, self.weight_hh], dim=1)
        states = x.new_zeros(B, T, len(self.bias))
        for t in range(1, T):
            both = torch.cat([x[:, t - 1], states[:, t - 1]], dim=1)
            states = states.index_copy(
                1, torch.tensor([t]), torch.tanh(both @ W.T + self.bias)[:, None]
            )
        return states @ self.weight_ho.T + self.bias_o
