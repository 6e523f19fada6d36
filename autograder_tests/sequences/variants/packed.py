"""Everything of a batch laid out in one row, and added up by index."""

import torch
from torch import nn


def log_likelihood(logits, ids, lengths):
    B, T, V = logits.shape
    inside = (torch.arange(T) < lengths[:, None]).reshape(-1)
    owner = torch.arange(B).repeat_interleave(T)[inside]
    logs = torch.log_softmax(logits.reshape(-1, V)[inside], dim=1)
    chosen = logs.gather(1, ids.reshape(-1)[inside][:, None])[:, 0]
    return torch.zeros(B, dtype=logits.dtype).index_add(0, owner, chosen)


def windows(x, tau):
    longer = x.unfold(0, tau + 1, 1)
    return longer[:, :-1], longer[:, -1]


def fit_ar(x, tau):
    X, y = windows(x, tau)
    A = torch.cat([X, torch.ones_like(X[:, :1])], 1)
    U, S, Vh = torch.linalg.svd(A, full_matrices=False)
    solution = Vh.T @ ((U.T @ y) / S)
    w, c = solution.split([tau, 1])
    return w, c.squeeze()


def forecast(history, w, c, steps):
    tau = len(w)
    A = torch.cat([torch.eye(tau, dtype=w.dtype)[1:], w.unsqueeze(0)])
    shift = torch.cat([torch.zeros(tau - 1, dtype=w.dtype), c.reshape(1)])
    state, out = history[-tau:], []
    for _ in range(steps):
        state = A @ state + shift
        out.append(state[-1])
    return torch.stack(out)


def fit_markov(ids, V, alpha):
    pairs, times = torch.unique(torch.stack([ids[:-1], ids[1:]]), dim=1, return_counts=True)
    counts = torch.full((V, V), float(alpha))
    counts[pairs[0], pairs[1]] += times
    rows = counts.sum(dim=-1, keepdim=True)
    counts = counts + (rows == 0)
    return counts / counts.sum(dim=-1, keepdim=True)


def sample_markov(P, first, length, generator):
    ids = torch.zeros(length, len(first), dtype=torch.int64)
    ids[0] = first
    for t in range(length - 1):
        ids[t + 1] = P[ids[t]].multinomial(1, replacement=True, generator=generator).flatten()
    return ids.transpose(0, 1)


class LatentAR(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.weight_ih = nn.Parameter(torch.zeros(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.eye(hidden_size))
        self.bias = nn.Parameter(torch.zeros(hidden_size))
        self.weight_ho = nn.Parameter(torch.zeros(input_size, hidden_size))
        self.bias_o = nn.Parameter(torch.zeros(input_size))
        nn.init.xavier_uniform_(self.weight_ih)
        nn.init.xavier_uniform_(self.weight_ho)

    def forward(self, x):
        h = torch.zeros(len(self.bias), len(x), dtype=x.dtype)  # columns are sequences
        out = []
        for x_t in x.permute(1, 2, 0):
            out.append(self.weight_ho @ h + self.bias_o[:, None])
            h = torch.tanh(self.weight_ih @ x_t + self.weight_hh @ h + self.bias[:, None])
        return torch.stack(out).permute(2, 0, 1)
