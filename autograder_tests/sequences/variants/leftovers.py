"""Work in progress: prints, asserts, helpers, arguments that nobody needs."""

import torch
import torch.nn as nn


def lengths_to_mask(lengths, T):
    return torch.arange(T).unsqueeze(0).lt(lengths.unsqueeze(1))


def log_likelihood(logits, ids, lengths, debug=False):
    assert logits.shape[:2] == ids.shape
    shifted = logits - logits.max(dim=-1, keepdim=True).values
    log_z = shifted.exp().sum(-1).log()
    picked = torch.take_along_dim(shifted, ids.unsqueeze(-1), dim=-1).squeeze(-1)
    log_p = picked - log_z
    if debug:
        print(log_p)
    mask = lengths_to_mask(lengths, ids.shape[1])
    return torch.where(mask, log_p, torch.zeros_like(log_p)).sum(-1)


def windows(x, tau, step=1):
    assert 1 <= tau < len(x)
    X = torch.cat([x[n : n + tau].unsqueeze(0) for n in range(0, len(x) - tau, step)], dim=0)
    return X.contiguous(), x[tau:].clone()


def fit_ar(x, tau, verbose=False):
    X, y = windows(x, tau)
    design = torch.cat((X, torch.ones(X.shape[0], 1, dtype=X.dtype)), -1)
    result = torch.linalg.lstsq(design, y.view(-1, 1), driver="gelsd")
    if verbose:
        print("rank", result.rank)
    coefficients = result.solution.view(-1)
    return coefficients[:tau].clone(), coefficients[tau].clone()


def one_step(window, w, c):
    return torch.matmul(window, w) + c


def forecast(history, w, c, steps):
    tau = w.numel()
    window = history[history.numel() - tau :].clone()
    results = []
    for _step in range(steps):
        nxt = one_step(window, w, c)
        results.append(nxt.view(1))
        window = torch.cat((window, nxt.view(1)))[1:]
    return torch.cat(results)


def count_pairs(ids, V):
    counts = {}
    previous = None
    for symbol in ids.tolist():
        if previous is not None:
            counts[previous, symbol] = counts.get((previous, symbol), 0) + 1
        previous = symbol
    return counts


def fit_markov(ids, V, alpha):
    table = torch.zeros(V, V)
    for (a, b), n in count_pairs(ids, V).items():
        table[a, b] = n
    table = table + alpha
    for a in range(V):
        total = table[a].sum().item()
        table[a] = table[a] / total if total > 0 else torch.ones(V) / V
    return table


def draw_next(rows, generator):
    return torch.multinomial(rows, 1, generator=generator)[:, 0]


def sample_markov(P, first, length, generator=None):
    chain = [first]
    while len(chain) < length:
        chain.append(draw_next(P[chain[-1]], generator))
    return torch.stack(chain, dim=-1)


class Cell(nn.Module):
    def forward(self, x, h, model):
        return torch.tanh(x @ model.weight_ih.t() + h @ model.weight_hh.t() + model.bias)


class LatentAR(nn.Module):
    def __init__(self, input_size, hidden_size, verbose=False):
        super().__init__()
        self.H = hidden_size
        self.cell = Cell()
        self.weight_ih = nn.Parameter(torch.Tensor(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.Tensor(hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.Tensor(hidden_size))
        self.weight_ho = nn.Parameter(torch.Tensor(input_size, hidden_size))
        self.bias_o = nn.Parameter(torch.Tensor(input_size))
        self.reset_parameters()

    def reset_parameters(self):
        for p in self.parameters():
            nn.init.uniform_(p, -(self.H**-0.5), self.H**-0.5)

    def forward(self, x):
        B, T, I = x.size()  # noqa: E741
        state = x.new_zeros((B, self.H))
        preds = torch.empty(B, T, I, dtype=x.dtype)
        for t in range(T):
            preds[:, t, :] = state @ self.weight_ho.t() + self.bias_o
            state = self.cell(x[:, t, :], state, self)
        return preds
