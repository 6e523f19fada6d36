"""The classifier by packed sequences; recursion on the layers."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    linear = nn.functional.linear
    a, b = linear(x, weight_ih, bias_ih), linear(h, weight_hh, bias_hh)
    (a_r, a_z, a_n), (b_r, b_z, b_n) = a.split(h.shape[-1], -1), b.split(h.shape[-1], -1)
    keep = torch.sigmoid(a_z + b_z)
    return keep * h + (1 - keep) * torch.tanh(a_n + torch.sigmoid(a_r + b_r) * b_n)


class GRU(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        super().__init__()
        like = nn.GRU(input_size, hidden_size, num_layers, bidirectional=bidirectional)
        for name, parameter in like.named_parameters():
            self.register_parameter(name, nn.Parameter(parameter.detach().clone()))
        self.L, self.D, self.H = num_layers, 2 if bidirectional else 1, hidden_size

    def read(self, x, h, tail):
        parameters = [getattr(self, name + tail) for name in NAMES]
        states = []
        for t in range(x.shape[1]):
            h = gru_step(x[:, t], h, *parameters)
            states.append(h.unsqueeze(1))
        return torch.cat(states, dim=1), h

    def layer(self, x, h_0, k):
        if k == self.L:
            return x, []
        tail = f"_l{k}"
        out, end = self.read(x, h_0[k * self.D], tail)
        ends = [end]
        if self.D == 2:
            back, end = self.read(x.flip(1), h_0[2 * k + 1], f"{tail}_reverse")
            out, ends = torch.cat([out, back.flip(1)], dim=-1), [*ends, end]
        out, above = self.layer(out, h_0, k + 1)
        return out, ends + above

    def forward(self, x, h_0=None):
        if h_0 is None:
            h_0 = x.new_zeros(self.L * self.D, len(x), self.H)
        out, ends = self.layer(x, h_0, 0)
        return out, torch.stack(ends)


def count_parameters(input_size, hidden_size, num_layers, bidirectional):
    directions = [False, True] if bidirectional else [False]
    count, reads = 0, input_size
    for _ in range(num_layers):
        for _ in directions:
            for features in (reads, hidden_size, 1, 1):
                count += 3 * hidden_size * features
        reads = hidden_size * len(directions)
    return torch.tensor(count)


def reverse_padded(x, lengths):
    turned = x.flip(1)  # padding first
    T = x.shape[1]
    rolled = [torch.roll(s, int(n) - T, 0) for s, n in zip(turned, lengths, strict=True)]
    steps = torch.arange(T)
    real = steps < lengths.unsqueeze(1)
    return torch.where(real.reshape(*real.shape, *[1] * (x.dim() - 2)), torch.stack(rolled), x)


def last_states(out, lengths):
    B, _, width = out.shape
    there = torch.empty(B, width // 2, dtype=out.dtype)
    rows = []
    for b in range(B):
        rows.append(torch.cat([out[b, int(lengths[b]) - 1, : width // 2], out[b, 0, width // 2 :]]))
    assert there.shape[0] == len(rows)
    return torch.stack(rows)


class SequenceClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        self.there = nn.GRU(input_size, hidden_size, batch_first=True)
        self.back = nn.GRU(input_size, hidden_size, batch_first=True)
        self.head = nn.Linear(2 * hidden_size, num_classes)

    def forward(self, x, lengths):
        ends = []
        for gru, given in ((self.there, x), (self.back, reverse_padded(x, lengths))):
            packed = pack_padded_sequence(given, lengths, batch_first=True, enforce_sorted=False)
            ends.append(gru(packed)[1][0])
        return self.head(torch.cat(ends, dim=-1))
