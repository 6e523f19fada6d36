# passes: the way of the lecture, step by step
# %% [markdown]
# # Homework 3: what comes next
# predict first, then look!

# %%
import torch
from torch import nn


# %%
def log_likelihood(logits, ids, lengths):
    B, T, V = logits.shape
    log_p = torch.log_softmax(logits, dim=-1)
    picked = log_p.gather(2, ids.unsqueeze(2)).squeeze(2)
    positions = torch.arange(T).unsqueeze(0).expand(B, T)
    mask = positions < lengths.unsqueeze(1)
    picked = picked.masked_fill(~mask, 0.0)
    return picked.sum(dim=1)


# %%
def windows(x, tau):
    N = x.shape[0]
    rows = []
    for i in range(N - tau):
        rows.append(x[i : i + tau])
    X = torch.stack(rows)
    y = x[tau:]
    return X, y


# %%
def fit_ar(x, tau):
    X, y = windows(x, tau)
    ones = torch.ones(X.shape[0], 1, dtype=x.dtype)
    A = torch.cat([X, ones], dim=1)
    sol = torch.linalg.lstsq(A, y.reshape(-1, 1)).solution
    w = sol[:tau, 0]
    c = sol[tau, 0]
    return w, c


# %%
def forecast(history, w, c, steps):
    tau = w.shape[0]
    values = list(history)
    for _ in range(steps):
        window = torch.stack(values[-tau:])
        values.append((window * w).sum() + c)
    return torch.stack(values[-steps:])


# %%
def fit_markov(ids, V, alpha):
    counts = torch.zeros(V, V)
    for a, b in zip(ids[:-1], ids[1:]):
        counts[a, b] += 1
    counts = counts + alpha
    sums = counts.sum(dim=1, keepdim=True)
    P = counts / sums
    P[sums.squeeze(1) == 0] = 1 / V
    return P


# %%
def sample_markov(P, first, length, generator):
    out = torch.zeros(len(first), length, dtype=torch.long)
    out[:, 0] = first
    for t in range(1, length):
        probs = P[out[:, t - 1]]
        out[:, t] = torch.multinomial(probs, 1, generator=generator).squeeze(1)
    return out


# %%
class LatentAR(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        k = hidden_size**-0.5
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.empty(hidden_size, input_size).uniform_(-k, k))
        self.weight_hh = nn.Parameter(torch.empty(hidden_size, hidden_size).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(hidden_size).uniform_(-k, k))
        self.weight_ho = nn.Parameter(torch.empty(input_size, hidden_size).uniform_(-k, k))
        self.bias_o = nn.Parameter(torch.empty(input_size).uniform_(-k, k))

    def forward(self, x):
        B, T, I = x.shape
        h = torch.zeros(B, self.hidden_size, dtype=x.dtype)
        outputs = []
        for t in range(T):
            outputs.append(torch.matmul(h, self.weight_ho.T) + self.bias_o)
            pre = torch.matmul(x[:, t], self.weight_ih.T) + torch.matmul(h, self.weight_hh.T)
            h = torch.tanh(pre + self.bias)
        return torch.stack(outputs, dim=1)
