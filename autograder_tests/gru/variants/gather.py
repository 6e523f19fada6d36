"""Indices by gather; states kept in preallocated buffers."""

import torch
from torch import nn


def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    H = h.shape[1]
    a = torch.addmm(bias_ih, x, weight_ih.t())
    b = torch.addmm(bias_hh, h, weight_hh.t())
    gates = torch.sigmoid(a[:, : 2 * H] + b[:, : 2 * H])
    r, z = gates[:, :H], gates[:, H:]
    n = torch.tanh(a[:, 2 * H :] + r * b[:, 2 * H :])
    return n + z * (h - n)


class GRU(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.directions = ["", "_reverse"] if bidirectional else [""]
        size = input_size
        for k in range(num_layers):
            for end in self.directions:
                for name, cols in (("ih", size), ("hh", hidden_size)):
                    linear = nn.Linear(cols, 3 * hidden_size)
                    self.register_parameter(f"weight_{name}_l{k}{end}", linear.weight)
                    self.register_parameter(f"bias_{name}_l{k}{end}", linear.bias)
            size = hidden_size * len(self.directions)

    def forward(self, x, h_0=None):
        B, T, _ = x.shape
        D, H = len(self.directions), self.hidden_size
        h_n = []
        for k in range(self.num_layers):
            out = torch.zeros(B, T, D * H, dtype=x.dtype)
            for d, end in enumerate(self.directions):
                w_ih, w_hh, b_ih, b_hh = (
                    getattr(self, f"{name}_l{k}{end}")
                    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                )
                h = torch.zeros(B, H, dtype=x.dtype) if h_0 is None else h_0[D * k + d]
                steps = range(T) if end == "" else reversed(range(T))
                for t in steps:
                    h = gru_step(x[:, t, :], h, w_ih, w_hh, b_ih, b_hh)
                    out[:, t, d * H : (d + 1) * H] = h
                h_n.append(h)
            x = out
        return x, torch.stack(h_n, dim=0)


def count_parameters(input_size, hidden_size, num_layers, bidirectional):
    D = int(bidirectional) + 1
    total = 0
    for layer in range(num_layers):
        reads = input_size if layer == 0 else hidden_size * D
        total += D * (3 * hidden_size * reads + 3 * hidden_size * hidden_size + 6 * hidden_size)
    return total


def reverse_padded(x, lengths):
    t = torch.arange(x.size(1)).expand(x.size(0), -1)
    index = torch.where(t < lengths[:, None], lengths[:, None] - 1 - t, t)
    index = index.reshape(*index.shape, *[1] * (x.dim() - 2)).expand_as(x)
    return x.gather(1, index)


def last_states(out, lengths):
    H = out.size(2) // 2
    index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, H)
    return torch.cat((out[:, :, :H].gather(1, index).squeeze(1), out[:, 0, H:]), dim=1)


class SequenceClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        self.there = nn.GRU(input_size, hidden_size, batch_first=True)
        self.back = nn.GRU(input_size, hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size * 2, num_classes)

    def forward(self, x, lengths):
        there = self.there(x)[0]
        back = reverse_padded(self.back(reverse_padded(x, lengths))[0], lengths)
        return self.head(last_states(torch.cat((there, back), 2), lengths))
