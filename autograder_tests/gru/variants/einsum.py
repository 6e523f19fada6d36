"""Every gate with its own slice of the parameters, by einsum."""

import torch
from torch import nn

NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    W_r, W_z, W_n = weight_ih.chunk(3)
    U_r, U_z, U_n = weight_hh.chunk(3)
    b_r, b_z, b_n = bias_ih.chunk(3)
    d_r, d_z, d_n = bias_hh.chunk(3)

    def sums(W, U, b, d):
        return torch.einsum("bi,hi->bh", x, W) + torch.einsum("bk,hk->bh", h, U) + b + d

    r, z = sums(W_r, U_r, b_r, d_r).sigmoid(), sums(W_z, U_z, b_z, d_z).sigmoid()
    n = torch.einsum("bi,hi->bh", x, W_n) + b_n + r * (torch.einsum("bk,hk->bh", h, U_n) + d_n)
    return torch.lerp(n.tanh(), h, z)


class GRU(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        super().__init__()
        self.H, self.L, self.D = hidden_size, num_layers, 1 + bool(bidirectional)
        k = 1 / hidden_size**0.5
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[: self.D]:
                columns = input_size if layer == 0 else self.D * hidden_size
                shapes = ((3 * hidden_size, columns), (3 * hidden_size, hidden_size))
                shapes = (*shapes, (3 * hidden_size,), (3 * hidden_size,))
                for name, shape in zip(NAMES, shapes, strict=True):
                    setattr(self, f"{name}_l{layer}{suffix}", nn.Parameter(torch.rand(shape) * k))

    def forward(self, x, h_0=None):
        if h_0 is None:
            h_0 = torch.zeros(self.L * self.D, x.shape[0], self.H, dtype=x.dtype)
        T, ends = x.shape[1], []
        for layer in range(self.L):
            out = x.new_empty(x.shape[0], T, self.D * self.H)
            columns = []
            for d in range(self.D):
                parameters = [getattr(self, f"{n}_l{layer}" + d * "_reverse") for n in NAMES]
                h, by_step = h_0[layer * self.D + d], {}
                for t in range(T) if d == 0 else range(T - 1, -1, -1):
                    h = gru_step(x[:, t], h, *parameters)
                    by_step[t] = h
                columns.append(torch.stack([by_step[t] for t in range(T)], dim=1))
                ends.append(h)
            out = torch.cat(columns, dim=2)
            x = out
        return x, torch.stack(ends)


def count_parameters(input_size, hidden_size, num_layers, bidirectional):
    D = 2 if bidirectional else 1
    features = [input_size] + [D * hidden_size] * (num_layers - 1)
    return sum(D * 3 * hidden_size * (n + hidden_size + 2) for n in features)


def reverse_padded(x, lengths):
    return torch.stack([torch.cat([s[:n].flip(0), s[n:]]) for s, n in zip(x, lengths, strict=True)])


def last_states(out, lengths):
    H = out.shape[2] // 2
    onehot = torch.eye(out.shape[1], dtype=out.dtype)[lengths - 1]  # (B, T)
    return torch.cat([torch.einsum("bt,bth->bh", onehot, out[..., :H]), out[:, 0, H:]], 1)


class SequenceClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        self.there = nn.GRU(input_size, hidden_size, batch_first=True)
        self.back = nn.GRU(input_size, hidden_size, batch_first=True)
        self.head = nn.Linear(2 * hidden_size, num_classes)

    def forward(self, x, lengths):
        rows = torch.arange(x.shape[0])
        there = self.there(x)[0][rows, lengths - 1]
        back = self.back(reverse_padded(x, lengths))[0][rows, lengths - 1]
        return self.head(torch.cat([there, back], dim=1))
